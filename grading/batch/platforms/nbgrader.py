"""nbgrader: submitted/STUDENT/ASSIGNMENT/, with the time of the hand-in in timestamp.txt.

A course keeps all its assignments in this folder, and each has a time of its own.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from grading.batch.paths import is_folder, is_junk
from grading.batch.people.evidence import Author, Clue, Kind
from grading.batch.platforms.hand_in import NO_STAMP, HandIn, Part, Stamp, seconds
from grading.course.syllabus import zone_named
from grading.errors import UsageError
from grading.submission.file import read_bytes
from grading.text import one_line

TIMESTAMP = "timestamp.txt"
ROOT = "submitted"
# What else nbgrader and its users keep beside that folder.
BESIDE = (
    *("source", "release", "autograded", "feedback", "downloaded", "gradebook.db"),
    *("nbgrader_config.py", "header.ipynb", "grades.csv", "README.md"),
)
MAX_BYTES = 1024


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use.

    Only in a folder `submitted` may the file of a time be one that nbgrader has written.
    """
    if folder.absolute().name != ROOT:
        return [], set()
    students = [name for name in names if is_folder(folder / name)]
    dated = [name for name in students if any((folder / name).glob(f"*/{TIMESTAMP}"))]
    # nbgrader writes a time for everybody; one student alone could have made it.
    if 2 * len(dated) < len(students):
        return [], set()
    hand_ins = [hand_in for name in students for hand_in in _of_student(folder / name)]
    return hand_ins, set(students)


def _of_student(folder: Path) -> Iterator[HandIn]:
    """A hand-in for each assignment, as each has its own time."""
    name = folder.name
    author = Author(one_line(name), (Clue(Kind.ANY, name),), f"nbgrader {name}")
    try:
        assignments = sorted(path for path in folder.iterdir() if _is_assignment(path))
    except OSError:  # the folder itself is listed as one that cannot be read
        assignments = []
    for path in assignments or [folder]:
        stamp = _stamp(path / TIMESTAMP)
        yield HandIn(
            author,
            (Part(path, path.name),),
            stamp,
            order=None if stamp.moment is None else (seconds(stamp.moment),),
            assignment=one_line(path.name) if assignments else "",
            among_others=len(assignments) > 1,
        )


def _is_assignment(path: Path) -> bool:
    return is_folder(path) and not is_junk(path.name)


def _stamp(path: Path) -> Stamp:
    """The time that nbgrader writes: "2026-10-05 21:02:38.123456 UTC".

    Instead of UTC there may be an offset or the full name of a zone; nothing means UTC.
    """
    try:
        text = read_bytes(path, MAX_BYTES).decode("utf-8", "replace").strip()
    except UsageError:
        return NO_STAMP
    last = text.rpartition(" ")[2]
    name = last if "/" in last or last == "UTC" else ""  # EST is not one zone only
    try:
        zone = zone_named(name) if name else UTC
        local = re.sub(r" (?=[+-])", "", text.removesuffix(name).strip())
        moment = datetime.fromisoformat(local)
    except ValueError:
        return NO_STAMP
    return Stamp(moment if moment.tzinfo else moment.replace(tzinfo=zone), "nbgrader")
