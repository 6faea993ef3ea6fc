"""Gradescope, "Download Submissions": folders submission_N beside submission_metadata.yml.

The metadata name every submitter, as a group may hand in together, and the time.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from grading.batch.paths import is_file
from grading.batch.people.evidence import Author, Clue, Kind
from grading.batch.platforms.hand_in import NO_STAMP, HandIn, Part, Stamp
from grading.errors import UsageError
from grading.text import one_line

METADATA = "submission_metadata.yml"
_KINDS = {"sid": Kind.ID, "email": Kind.EMAIL, "name": Kind.NAME}
_SUBMITTERS = re.compile(
    r"^  :submitters:\n((?P<indent> +)- .*\n(?:(?P=indent)(?:- |  ).*\n)*)", re.M
)
# Long values go on in the next line, further in than any key of a submitter: such a line may look
# like a key or like another submitter, as students choose their names.
_CONTINUED = re.compile(r"\n {3,}")
_FIELD = re.compile(r"^(?:  )?:(name|sid|email): (['\"]?)(.*?)\2$", re.M)
_ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use. Raises UsageError."""
    path = folder / METADATA
    if METADATA not in names or not is_file(path):
        return [], set()
    try:
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise UsageError(f"{METADATA} cannot be read: {error.strerror}") from error
    blocks = re.split(r"^(submission_\d+):\s*$", text, flags=re.M)
    by_name = dict(zip(blocks[1::2], blocks[2::2], strict=True))
    hand_ins = []
    for name, block in sorted(by_name.items()):
        found = list(_of(folder, name, block))
        if name not in names:
            problem = f"{METADATA} lists {name}, which is not in the folder"
            found = [replace(hand_in, parts=(), problem=problem) for hand_in in found]
        hand_ins += found
    return hand_ins, {name for name in names if name in by_name} | {METADATA}


def _of(folder: Path, name: str, block: str) -> Iterator[HandIn]:
    """One hand-in for each submitter.

    The file is a fixed subset of YAML. Only the list of submitters and the time are read: what a
    student's program printed comes further down.
    """
    listed = _SUBMITTERS.search(block)
    created = re.search(r"^  :created_at: ['\"]?(.+?)['\"]?$", block, re.M)
    stamp = _stamp(created[1] if created else "")
    lines = re.sub(f"^{listed['indent']}", "", listed[1], flags=re.M) if listed else ""
    people = re.split(r"^- ", _CONTINUED.sub(" ", lines), flags=re.M)[1:]
    if not people:
        yield HandIn(Author(name, (), f"gradescope {name}"), (Part(folder / name, name),), stamp)
    for person in people:
        fields = _FIELD.findall(person)
        values = {key: _unquoted(quote, text) for key, quote, text in fields if text}
        clues = tuple(Clue(kind, values[key]) for key, kind in _KINDS.items() if key in values)
        label = one_line(f"{values.get('name') or name}_{name}")
        account = values.get("email") or values.get("sid") or label
        author = Author(label, clues, f"gradescope {account}")
        yield HandIn(author, (Part(folder / name, name),), stamp)


def _unquoted(quote: str, text: str) -> str:
    """The value of a scalar in one of YAML's three styles, with single spaces."""
    if quote == "'":
        text = text.replace("''", "'")
    elif quote:
        text = _ESCAPED.sub(_unescaped, text)
    return " ".join(text.split())


def _unescaped(match: re.Match[str]) -> str:
    """The character of a YAML escape; a space for a tab and other letters that stand for none."""
    code = int(match[1] or match[2] or match[3] or "0", 16)
    if code:
        is_character = code < 0xD800 or 0xDFFF < code < 0x110000
        return chr(code) if is_character else "\N{REPLACEMENT CHARACTER}"
    return match[4] if match[4] in ('"', "\\", "/") else " "


def _stamp(text: str) -> Stamp:
    try:
        return Stamp(datetime.fromisoformat(re.sub(r" (?:UTC|Z)$", "+00:00", text)), "gradescope")
    except ValueError:
        return NO_STAMP
