"""Cloned repositories, as GitHub Classroom leaves them: ASSIGNMENT-LOGIN/, each with .git."""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from grading.batch.people.matching import Author, Clue, Kind
from grading.batch.platforms.hand_in import HandIn, Part, Stamp
from grading.text import one_line

SOURCE = "commit (set by the student)"


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use."""
    clones = [name for name in names if is_clone(folder / name)]
    beginning = _common_beginning(clones)
    return [_hand_in(folder, name, beginning) for name in clones], set(clones)


def is_clone(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and (path / ".git").exists()


def _hand_in(folder: Path, name: str, beginning: str) -> HandIn:
    # Logins may begin alike, too: any hyphen of the beginning may be the last of the assignment.
    cuts = [0, *(at + 1 for at, letter in enumerate(beginning) if letter == "-")]
    # A student chooses the login of such a service, which is therefore never taken for an id.
    clues = tuple(
        Clue(kind, name[cut:])
        for cut in cuts
        for kind in ((Kind.LOGIN, Kind.NAME) if cut else (Kind.ANY,))
    )
    return HandIn(Author(one_line(name), clues), (Part(folder / name, name),), Stamp(source=SOURCE))


def _common_beginning(names: Sequence[str]) -> str:
    """The name of the assignment, hyphen included, from the names of two or more clones."""
    if len(names) < 2:
        return ""
    # The last part of a name always belongs to the owner.
    parts = zip(*(name.split("-")[:-1] for name in names), strict=False)
    common = [part[0] for part in takewhile(lambda part: len(set(part)) == 1, parts)]
    return "-".join([*common, ""]) if common else ""
