"""Everything else: files, folders and archives named after their owner, NAME or NAME_attempt2."""

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from grading.batch.paths import is_folder
from grading.batch.people.evidence import Author, Clue, Kind
from grading.batch.platforms.hand_in import HandIn, Part
from grading.text import one_line

# More entries than that are no members of a team.
MAX_INSIDE = 1000
_SUFFIXES = (".py", ".ipynb", ".md", ".zip")
# More digits than that are no number of an attempt.
_ATTEMPT = re.compile(r"(?P<who>.+?)[-_ ]attempt[-_ ]?(?P<number>\d{1,3})", re.IGNORECASE)


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """A hand-in for each of these names, and all of the names."""
    return [_hand_in(folder / name) for name in names], set(names)


def _hand_in(path: Path) -> HandIn:
    stem = path.name
    if path.suffix.lower() in _SUFFIXES and not is_folder(path):
        stem = path.stem
    match = _ATTEMPT.fullmatch(stem)
    who, number = (match["who"], int(match["number"])) if match else (stem, 1)
    author = Author(one_line(who), (Clue(Kind.ANY, who),), inside=_inside(path))
    return HandIn(author, (Part(path, path.name),), attempt=number, order=(number,))


def _inside(path: Path) -> tuple[str, ...]:
    """The names in a folder, without suffixes of files."""
    if not is_folder(path):
        return ()
    try:
        entries = list(islice(path.iterdir(), MAX_INSIDE))
    except OSError:
        return ()
    return tuple(sorted(one.name if is_folder(one) else one.stem for one in entries))
