"""Canvas, "Download Submissions": flat files named NAME[_LATE]_USER_FILE_THEIRS[-N].SUFFIX.

NAME is the author's sortable name in lower case, without what is neither a letter, a mark, a digit
nor an underscore; in an assignment for groups it is the group's name, and USER is one member. USER
and FILE are Canvas's own numbers. Where grading is anonymous, anon_CODE stands for NAME and USER.
LATE is in capitals, which NAME never is. Text typed into a form comes as ..._text.html, an address
as ..._link.html (Canvas's ContentZipper). All files of an author are the latest submission; -N only
makes a name unique among the author's files, so that a higher FILE, not a higher N, tells what was
handed in later.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from grading.batch.people.matching import Author, Clue, Kind
from grading.batch.platforms.hand_in import HandIn, Part, Stamp
from grading.text import one_line

_NAME = re.compile(
    r"(?:(?P<who>.+?)_)??(?P<late>LATE_)?(?P<user>anon_[^\W_]{4,}|\d+)_"
    r"(?:(?P<file>\d+)_(?P<theirs>.+)|(?P<typed>text|link)\.html)",
    re.DOTALL,
)
ANONYMOUS = "anon_"
MAX_ATTEMPTS = 20
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
    if match["late"] or match["user"].startswith(ANONYMOUS):
        return True
    return min(len(match["user"]), len(match["file"] or "")) >= 4


def _of_author(
    folder: Path, who: str, user: str, files: Sequence[re.Match[str]]
) -> Iterator[HandIn]:
    label = one_line(f"{who}_{user}" if who else user)
    clues = [] if user.startswith(ANONYMOUS) else [Clue(Kind.CANVAS, user)]
    clues += [Clue(Kind.NAME, who), Clue(Kind.TEAM, who)] if who else []
    author = Author(label, tuple(clues), f"canvas {user}")
    late = any(match["late"] for match in files)
    stamp = Stamp(source="canvas_late" if late else "canvas", late=late)
    versions: dict[str, list[re.Match[str]]] = {}
    for match in files:
        if match["theirs"]:
            versions.setdefault(_own_name(match["theirs"]).lower(), []).append(match)
    if not versions:
        problem = "holds only text typed into Canvas, and no file"
        yield HandIn(author, (), stamp, problem=problem)
    # Later files have higher numbers, whatever a student called them.
    for same in versions.values():
        same.sort(key=lambda match: int(match["file"]))
    # An attempt is every file as it was then: what has one version belongs to all of them.
    attempts = max(map(len, versions.values()), default=0)
    if attempts > MAX_ATTEMPTS:
        yield HandIn(author, (), stamp, problem=f"holds {attempts} versions of one file")
        return
    uploads = [
        [same[max(0, len(same) - attempts + rank)] for same in versions.values()]
        for rank in range(attempts)
    ]
    numbers = [max(_number(match["theirs"]) for match in upload) for upload in uploads]
    for rank, upload in enumerate(uploads):
        # Without Canvas's number: ex1-1.py, handed in again, is no copy of somebody's ex1.py.
        parts = tuple(Part(folder / match[0], _own_name(match["theirs"])) for match in upload)
        attempt = numbers[rank] + 1 if numbers == sorted(set(numbers)) else rank + 1
        yield HandIn(author, parts, stamp, attempt, (rank,), repeats=rank > 0)


def _number(name: str) -> int:
    match = _COPY.fullmatch(name)
    return int(match["number"]) if match else 0


def _own_name(name: str) -> str:
    """The name of a file without the number that Canvas adds when it is handed in again."""
    match = _COPY.fullmatch(name)
    return match["stem"] + match["suffix"] if match else name
