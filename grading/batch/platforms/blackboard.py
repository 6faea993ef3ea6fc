"""Blackboard, "Assignment File Download": flat files TITLE_USERNAME_attempt_STAMP[_THEIRS].

Each attempt has a receipt, the file that ends with the stamp. It tells the person, and which file
in the folder is which of theirs. What a student typed stands in it as well, and can imitate its
labels: the list of files is the last one. The labels and the word attempt are in the language of
the course, and the stamp is a local time without a zone (the formats: public parsers, named in the
tests).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from grading.batch.people.evidence import Author, Clue, Kind
from grading.batch.platforms.hand_in import NO_STAMP, HandIn, Part, Stamp
from grading.errors import UsageError
from grading.submission.file import read_bytes
from grading.text import one_line

MAX_RECEIPT = 1024 * 1024
MAX_NAME = 1000
# The login of an instructor who looks at the course as students see it.
PREVIEW = "_previewuser"
# So many people do not have logins with one beginning by chance.
ENOUGH = 3
_NAME = re.compile(
    r"(?P<before>.+?)_[^\W\d_]{2,20}_(?P<stamp>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)"
    r"(?:_(?P<theirs>.+)|(?P<receipt>\.txt))",
    re.DOTALL,
)
# "Name: Jane Doe (jdoe)", whatever the word before the colon.
_PERSON = re.compile(r"[^:\n]{1,40}:(?P<name>.*?)(?:\((?P<login>[^()\n]*)\))?")
_FILES = re.compile(r"^\t[^:\n]+:(?P<theirs>[^\n]+)\n\t[^:\n]+:(?P<name>[^\n]+)$", re.M)


@dataclass
class _Attempt:
    """The files of one attempt, by the name that they have in the folder."""

    receipt: Path | None = None
    files: dict[str, str] = field(default_factory=dict)


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use."""
    attempts: dict[tuple[str, str], _Attempt] = {}
    used = set()
    for name in names:
        if match := _NAME.fullmatch(name):
            used.add(name)
            if match["before"].endswith(PREVIEW):
                continue
            attempt = attempts.setdefault((match["before"], match["stamp"]), _Attempt())
            if match["receipt"]:
                attempt.receipt = folder / name
            else:
                attempt.files[name] = match["theirs"]
    return list(_hand_ins(folder, attempts)), used


def _hand_ins(folder: Path, attempts: dict[tuple[str, str], _Attempt]) -> Iterator[HandIn]:
    numbers: dict[str, int] = {}
    receipts = {key: _receipt(attempt.receipt) for key, attempt in attempts.items()}
    # One receipt tells the login for all attempts, and the name as well.
    known = {
        before: (name, login)
        for (before, _), (name, login, _) in receipts.items()
        if login and before.endswith(f"_{login}")
    }
    title = _title([before for before, _ in attempts], known)
    for (before, stamp), attempt in sorted(attempts.items()):
        numbers[before] = numbers.get(before, 0) + 1
        name, _, listed = receipts[before, stamp]
        name, login = known.get(before, (name, ""))
        if not login and title and before.startswith(title):
            login = before.removeprefix(title)
        # A title may hold underscores, and so may a user name.
        pieces = before.split("_")
        logins = ["_".join(pieces[at:]) for at in range(1, len(pieces))] or [before]
        logins = [login] if login else logins
        is_certain = len(logins) == 1
        account = f"blackboard {logins[0] if is_certain else before}"
        clues = [Clue(Kind.LOGIN if is_certain else Kind.POSSIBLE_LOGIN, one) for one in logins]
        clues += [Clue(Kind.NAME, name)] if name else []
        parts = tuple(
            Part(folder / file, listed.get(file, theirs)) for file, theirs in attempt.files.items()
        )
        yield HandIn(
            Author(one_line(before), tuple(clues), account),
            parts,
            _stamp(stamp),
            numbers[before],
            (numbers[before],),
            "" if parts else "holds no file: only the receipt of an attempt",
        )


def _title(befores: Sequence[str], known: Mapping[str, tuple[str, str]]) -> str:
    """The title of the assignment with the underscore behind it; empty if nothing tells.

    Receipts tell it, or what the names of several people have in common.
    """
    titles = {before.removesuffix(login) for before, (_, login) in known.items()}
    different = set(befores)
    if not known and len(different) >= ENOUGH:
        pieces = zip(*(before.split("_")[:-1] for before in different), strict=False)
        common = [piece[0] for piece in takewhile(lambda piece: len(set(piece)) == 1, pieces)]
        titles = {"_".join([*common, ""])}
    return titles.pop() if len(titles) == 1 else ""


def _receipt(path: Path | None) -> tuple[str, str, dict[str, str]]:
    """The name, the login and the students' own names of the files; empty without a receipt."""
    if path is None:
        return "", "", {}
    try:
        text = read_bytes(path, MAX_RECEIPT).decode("utf-8-sig", "replace")
    except UsageError:
        return "", "", {}
    text = text.replace("\r\n", "\n")
    person = _PERSON.fullmatch(text.partition("\n")[0][:MAX_NAME].strip())
    name, login = (person["name"].strip(), person["login"] or "") if person else ("", "")
    # Free text comes before the list of files, which is the last block of indented lines.
    *_, last = re.split(r"\n\n(?=[^\t\n:]+:[ \t]*+\n\t)", text)
    files = {match["name"].strip(): match["theirs"].strip() for match in _FILES.finditer(last)}
    return name, login, files


def _stamp(text: str) -> Stamp:
    try:
        return Stamp(datetime.strptime(text, "%Y-%m-%d-%H-%M-%S"), "blackboard")
    except ValueError:
        return NO_STAMP
