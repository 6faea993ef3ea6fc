"""Canvas, "Download Submissions": flat files named NAME[_LATE]_USER_FILE_THEIRS[-N].SUFFIX.

NAME is the author's sortable name in lower case, without what is neither a letter, a mark, a digit
nor an underscore; in an assignment for groups it is the group's name, and USER is one member. USER
and FILE are Canvas's own numbers. Where grading is anonymous, anon_CODE stands for NAME and USER.
LATE is in capitals, which NAME never is. Text typed into a form comes as ..._text.html, an address
as ..._link.html (Canvas's ContentZipper). All files of an author are the latest submission; -N only
makes a name unique among the author's files, so that a higher FILE, not a higher N, tells what was
handed in later.

A group's name may end with a number, and a student's own name of a file may begin with one. Where
more than two numbers follow each other, each two of them may be USER and FILE, and a roster tells.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grading.batch.paths import is_folder
from grading.batch.people.evidence import Author, Clue, Kind
from grading.batch.platforms.hand_in import HandIn, Part, Stamp
from grading.text import one_line

_REST = r"(?:(?P<file>\d+)_(?P<theirs>.+)|(?P<typed>text|link)\.html)"
_NAME = re.compile(
    rf"(?:(?P<who>.+?)_)??(?P<late>LATE_)?(?P<user>anon_[^\W_]{{4,}}|\d+)_{_REST}", re.DOTALL
)
_AFTER_USER = re.compile(_REST, re.DOTALL)
_AFTER_FILE = re.compile(rf"LATE_(?P<user>\d+)_{_REST}", re.DOTALL)
ANONYMOUS = "anon_"
# "Student, Test": an instructor who looks at the course as students see it.
PREVIEW = "studenttest"
MAX_ATTEMPTS = 20
_COPY = re.compile(r"(?P<stem>.+?)-(?P<number>\d{1,3})(?P<suffix>(?:\.\w+)*)")


@dataclass(frozen=True)
class _File:
    """The parts of a name; text typed into a form has neither `number` nor `theirs`."""

    full: str
    who: str
    late: bool
    user: str
    number: str
    theirs: str


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use."""
    flat = [name for name in names if not is_folder(folder / name)]
    found = [file for name in flat if (file := _parsed(name))]
    if 2 * len(found) < len(flat):  # no download, but a student's own name may look like this
        found = [file for file in found if _is_surely_canvas(file)]
    authors: dict[tuple[str, str], list[_File]] = {}
    for file in _without_repeats(found):
        authors.setdefault((file.who, file.user), []).append(file)
    hand_ins = [
        hand_in
        for (who, _), files in authors.items()
        if who != PREVIEW
        for hand_in in _of_author(folder, files)
    ]
    return hand_ins, {file.full for file in found}


def _parsed(name: str) -> _File | None:
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    who, number, theirs = (match[part] or "" for part in ("who", "file", "theirs"))
    return _File(name, who, match["late"] is not None, match["user"], number, theirs)


def _is_surely_canvas(file: _File) -> bool:
    if file.late or file.user.startswith(ANONYMOUS):
        return True
    return min(len(file.user), len(file.number)) >= 4


def _readings(file: _File) -> Iterator[_File]:
    """Every way to read a name: as it is, and with one number more in WHO for each way."""
    yield file
    # What stands before USER is certain after LATE, and where grading is anonymous.
    if file.late or file.user.startswith(ANONYMOUS):
        return
    while rest := _AFTER_USER.fullmatch(file.theirs):
        who = f"{file.who}_{file.user}" if file.who else file.user
        number, theirs = rest["file"] or "", rest["theirs"] or ""
        file = replace(file, who=who, user=file.number, number=number, theirs=theirs)
        yield file
    # A name with numbers in it must not hide that a submission was late.
    if late := _AFTER_FILE.fullmatch(file.theirs):
        who = "_".join(filter(None, (file.who, file.user, file.number)))
        number, theirs = late["file"] or "", late["theirs"] or ""
        yield _File(file.full, who, True, late["user"], number, theirs)


def _without_repeats(files: Sequence[_File]) -> Sequence[_File]:
    """The same files; a FILE that comes twice is USER, as Canvas gives each file its own."""
    while True:
        counts = Counter((file.who, file.user, file.number) for file in files if file.number)
        read = []
        for file in files:
            first, *others = _readings(file)
            repeats = counts[file.who, file.user, file.number] > 1
            read.append(others[0] if repeats and others else first)
        if read == files:
            return read
        files = read


def _author(files: Iterable[_File]) -> Author:
    """The author of files that are read alike; what else their names may say are clues as well."""
    read = dict.fromkeys((one.who, one.user) for file in files for one in _readings(file))
    (who, user), *_ = read
    clues: list[Clue] = []
    for name, number in read:
        clues += [] if number.startswith(ANONYMOUS) else [Clue(Kind.CANVAS, number)]
        clues += [Clue(Kind.NAME, name), Clue(Kind.TEAM, name)] if name else []
    account = " or ".join(number for _, number in read)
    return Author(one_line(f"{who}_{user}" if who else user), tuple(clues), f"canvas {account}")


def _of_author(folder: Path, files: Sequence[_File]) -> Iterator[HandIn]:
    author = _author(files)
    late = any(one.late for file in files for one in _readings(file))
    stamp = Stamp(source="canvas_late" if late else "canvas", late=late)
    versions: dict[str, list[_File]] = {}
    for file in files:
        if file.theirs:
            versions.setdefault(_own_name(file.theirs).lower(), []).append(file)
    if not versions:
        problem = "holds only text typed into Canvas, and no file"
        yield HandIn(author, (), stamp, problem=problem)
    # Later files have higher numbers, whatever a student called them.
    for same in versions.values():
        same.sort(key=lambda file: int(file.number))
    # An attempt is every file as it was then: what has one version belongs to all of them.
    attempts = max(map(len, versions.values()), default=0)
    if attempts > MAX_ATTEMPTS:
        yield HandIn(author, (), stamp, problem=f"holds {attempts} versions of one file")
        return
    uploads = [
        [same[max(0, len(same) - attempts + rank)] for same in versions.values()]
        for rank in range(attempts)
    ]
    numbers = [max(_number(file.theirs) for file in upload) for upload in uploads]
    for rank, upload in enumerate(uploads):
        # Without Canvas's number: ex1-1.py, handed in again, is no copy of somebody's ex1.py.
        parts = tuple(Part(folder / file.full, _own_name(file.theirs)) for file in upload)
        attempt = numbers[rank] + 1 if numbers == sorted(set(numbers)) else rank + 1
        yield HandIn(author, parts, stamp, attempt, (rank,), repeats=rank > 0)


def _number(name: str) -> int:
    match = _COPY.fullmatch(name)
    return int(match["number"]) if match else 0


def _own_name(name: str) -> str:
    """The name of a file without the number that Canvas adds when it is handed in again."""
    match = _COPY.fullmatch(name)
    return match["stem"] + match["suffix"] if match else name
