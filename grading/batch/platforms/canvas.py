"""Canvas, "Download Submissions": flat files named NAME[_LATE]_USER_FILE_THEIRS[-N].SUFFIX.

NAME is the author's sortable name in lower case, without what is neither a letter, a mark nor a
digit. USER and FILE are Canvas's own numbers; where grading is anonymous there is no NAME, and USER
is anon_ with five letters and digits. Text typed into a form comes as ..._text.html, an address as
..._link.html (Canvas's ContentZipper). -N only makes a name unique among the author's files: of
those that differ in N alone, the one with the higher FILE was handed in later.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from grading.batch.people.matching import Author, Clue, Kind
from grading.batch.platforms.hand_in import HandIn, Part, Stamp
from grading.text import one_line

_NAME = re.compile(
    # Names are in lower case: nobody's is LATE.
    r"(?:(?P<who>.+?)_)??(?P<late>LATE_)?(?P<user>\d+|anon_[A-Za-z0-9]+)_"
    r"(?:(?P<file>\d+)_(?P<theirs>.+)|(?P<typed>text|link)\.html)",
    re.DOTALL,
)
_COPY = re.compile(r"(?P<stem>.+?)-(?P<number>\d{1,3})(?P<suffix>(?:\.\w+)*)")


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use."""
    flat = [name for name in names if not (folder / name).is_dir()]
    found = {name: match for name in flat if (match := _NAME.fullmatch(name))}
    if 2 * len(found) < len(flat):  # no download, but a student's own name may look like this
        found = {name: match for name, match in found.items() if _is_surely_canvas(match)}
    authors: dict[tuple[str, str], list[re.Match[str]]] = {}
    for match in found.values():
        authors.setdefault((match["who"] or "", match["user"]), []).append(match)
    hand_ins = [
        hand_in
        for (who, user), files in authors.items()
        for hand_in in _of_author(folder, who, user, files)
    ]
    return hand_ins, set(found)


def _is_surely_canvas(match: re.Match[str]) -> bool:
    return bool(match["late"]) or min(len(match["user"]), len(match["file"] or "")) >= 4


def _of_author(
    folder: Path, who: str, user: str, files: Sequence[re.Match[str]]
) -> Iterator[HandIn]:
    label = one_line(f"{who}_{user}" if who else user)
    clues = (Clue(Kind.CANVAS, user), *([Clue(Kind.NAME, who)] if who else []))
    author = Author(label, clues, f"canvas {user}")
    late = any(match["late"] for match in files)
    stamp = Stamp(source="canvas_late" if late else "canvas", late=late)
    uploads = _uploads([match for match in files if match["theirs"]])
    if not uploads:
        problem = "holds only text typed into Canvas, and no file"
        yield HandIn(author, (), stamp, problem=problem)
    copies = [max(_copy(match["theirs"])[1] for match in upload) for upload in uploads]
    rises = copies == sorted(set(copies))
    for rank, (upload, copy) in enumerate(zip(uploads, copies, strict=True)):
        parts = tuple(Part(folder / match[0], match["theirs"]) for match in upload)
        yield HandIn(author, parts, stamp, copy + 1 if rises else rank + 1, (rank,))


def _uploads(files: Iterable[re.Match[str]]) -> list[list[re.Match[str]]]:
    """The files of one author, the latest last; a file without another of its name is among these.

    Later files have higher numbers, whatever a student called them.
    """
    by_name: dict[str, list[re.Match[str]]] = {}
    for match in sorted(files, key=lambda match: int(match["file"])):
        by_name.setdefault(_copy(match["theirs"])[0], []).append(match)
    most = max(map(len, by_name.values()), default=0)
    uploads: list[list[re.Match[str]]] = [[] for _ in range(most)]
    for versions in by_name.values():
        for upload, match in zip(uploads[most - len(versions) :], versions, strict=True):
            upload.append(match)
    return uploads


def _copy(name: str) -> tuple[str, int]:
    """A student's name for a file without Canvas's -N, and N."""
    match = _COPY.fullmatch(name)
    return (match["stem"] + match["suffix"], int(match["number"])) if match else (name, 0)
