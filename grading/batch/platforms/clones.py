"""Cloned repositories, as GitHub Classroom leaves them: ASSIGNMENT-LOGIN/, each with .git.

ASSIGNMENT and LOGIN may hold hyphens. `gh classroom clone student-repos` puts the clones into a
folder ASSIGNMENT-submissions/, which tells where the login begins. Elsewhere it begins after some
part that all names share.
"""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from grading.batch.intake.files import is_folder
from grading.batch.people.matching import Author, Clue, Kind
from grading.batch.platforms.hand_in import HandIn, Part, Stamp
from grading.text import one_line

SOURCE = "commit (set by the student)"
SUBMISSIONS = "-submissions"


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use."""
    clones = [name for name in names if is_clone(folder / name)]
    beginnings = _beginnings(folder, clones)
    return [_hand_in(folder, name, beginnings) for name in clones], set(clones)


def is_clone(path: Path) -> bool:
    return is_folder(path) and (path / ".git").exists()


def _hand_in(folder: Path, name: str, beginnings: Sequence[str]) -> HandIn:
    logins = dict.fromkeys(name.removeprefix(beginning) for beginning in beginnings)
    clues = (Clue(Kind.ANY, name), *(Clue(Kind.HANDLE, login) for login in logins))
    author = Author(one_line(name), clues, f"clone {name}")
    return HandIn(author, (Part(folder / name, name),), Stamp(source=SOURCE))


def _beginnings(folder: Path, names: Sequence[str]) -> list[str]:
    """What may be the name of the assignment, hyphen included, in front of each login."""
    slug = folder.name.removesuffix(SUBMISSIONS) + "-"
    if folder.name.endswith(SUBMISSIONS) and all(name.startswith(slug) for name in names):
        return [slug]
    if len(names) < 2:
        return []
    # The last part of a name always belongs to the owner.
    parts = zip(*(name.split("-")[:-1] for name in names), strict=False)
    common = [part[0] for part in takewhile(lambda part: len(set(part)) == 1, parts)]
    return ["-".join([*common[:count], ""]) for count in range(1, len(common) + 1)]
