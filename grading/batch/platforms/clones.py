"""Cloned repositories, as GitHub Classroom leaves them: ASSIGNMENT-LOGIN/, each with .git.

ASSIGNMENT and LOGIN may hold hyphens. `gh classroom clone student-repos` puts the clones into a
folder ASSIGNMENT-submissions/, which tells where the login begins. Elsewhere it begins after some
part that most names share.
"""

import os
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from grading.batch.paths import is_folder
from grading.batch.people.evidence import Author, Clue, Kind
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
    """Whether this is a folder with .git in it."""
    return is_folder(path) and os.path.lexists(path / ".git")


def _hand_in(folder: Path, name: str, beginnings: Sequence[str]) -> HandIn:
    logins = dict.fromkeys(name.removeprefix(beginning) for beginning in beginnings)
    clues = (Clue(Kind.ANY, name), *(Clue(Kind.HANDLE, login) for login in logins))
    author = Author(one_line(name), clues, f"clone {name}")
    return HandIn(author, (Part(folder / name, name),), Stamp(source=SOURCE))


def _beginnings(folder: Path, names: Sequence[str]) -> list[str]:
    """What may be the name of the assignment, hyphen included, in front of each login."""
    around = folder.absolute().name  # a folder given as "." has no name of its own
    slug = around.removesuffix(SUBMISSIONS) + "-"
    if around.endswith(SUBMISSIONS) and all(name.startswith(slug) for name in names):
        return [slug]
    # The last part of a name always belongs to the owner. An owner may rename a repository.
    shared = Counter(
        beginning
        for name in names
        for beginning in accumulate(f"{part}-" for part in name.split("-")[:-1])
    )
    return sorted(
        beginning for beginning, count in shared.items() if count > max(1, len(names) // 2)
    )
