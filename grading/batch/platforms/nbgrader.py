"""nbgrader: submitted/STUDENT/ASSIGNMENT/, with the time of the hand-in in timestamp.txt."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from grading.batch.people.matching import Author, Clue, Kind
from grading.batch.platforms.hand_in import HandIn, Part, Stamp
from grading.errors import UsageError
from grading.submission.file import read_bytes
from grading.text import one_line

TIMESTAMP = "timestamp.txt"
ROOT = "submitted"
MAX_BYTES = 1024


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use.

    Only in a folder `submitted` may the file of a time be one that nbgrader has written.
    """
    if folder.absolute().name != ROOT:
        return [], set()
    hand_ins, used = [], set()
    for name in names:
        inner = folder / name
        if inner.is_symlink() or not inner.is_dir():
            continue
        author = Author(one_line(name), (Clue(Kind.ANY, name),), f"nbgrader {name}")
        # Each assignment came in at a time of its own.
        stamps = tuple((path.parent, _stamp(path)) for path in inner.glob(f"*/{TIMESTAMP}"))
        stamp = Stamp(source="nbgrader")
        hand_ins.append(HandIn(author, (Part(inner, name),), stamp, stamps=stamps))
        used.add(name)
    return hand_ins, used


def _stamp(path: Path) -> Stamp:
    """The time that nbgrader writes: "2026-10-05 21:02:38.123456 UTC" or with an offset."""
    try:
        text = read_bytes(path, MAX_BYTES).decode("utf-8", "replace").strip()
    except UsageError:
        return Stamp(source="nbgrader")
    text = re.sub(r" (UTC|[+-]\d\d:?\d\d)$", lambda zone: zone[1].replace("UTC", "+00:00"), text)
    try:
        return Stamp(datetime.fromisoformat(text), "nbgrader")
    except ValueError:
        return Stamp(source="nbgrader")
