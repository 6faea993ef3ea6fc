"""Submitty, "Download All Submissions": submissions/USER/VERSION/, each with .submit.timestamp.

user_assignment_settings.json beside the versions says which of them is active, and that one is
graded. A download of active versions only has no folder VERSION (Submitty's MiscController).
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from grading.batch.people.matching import Author, Clue, Kind
from grading.batch.platforms.hand_in import NO_STAMP, HandIn, Part, Stamp
from grading.errors import UsageError
from grading.submission.file import read_bytes
from grading.text import one_line

SETTINGS = "user_assignment_settings.json"
TIMESTAMP = ".submit.timestamp"
ROOT = "submissions"
MAX_BYTES = 1024 * 1024
MAX_VERSION = 10**6


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use.

    One student alone could have made these files; in a download everybody has them.
    """
    users = [folder / name for name in names if _is_folder(folder / name)]
    if len(users) < 2 and folder.name != ROOT:
        return [], set()
    if _have_most(users, SETTINGS):
        return [_of_settings(user) for user in users], {user.name for user in users}
    if _have_most(users, TIMESTAMP):
        hand_ins = [HandIn(_author(user), (_part(user),), _stamp(user)) for user in users]
        return hand_ins, {user.name for user in users}
    return [], set()


def _have_most(users: Sequence[Path], name: str) -> bool:
    having = sum((user / name).is_file() for user in users)
    return 0 < len(users) <= 2 * having


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _of_settings(folder: Path) -> HandIn:
    try:
        settings: Any = json.loads(read_bytes(folder / SETTINGS, MAX_BYTES))
        version = int(settings["active_version"])
    except (UsageError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return HandIn(_author(folder), (), problem=f"has a {SETTINGS} that cannot be read")
    active = folder / str(version)
    if not 0 < version <= MAX_VERSION or not active.is_dir():
        return HandIn(_author(folder), (), problem="has no active version")
    return HandIn(_author(folder), (_part(active),), _stamp(active), version, (version,))


def _author(folder: Path) -> Author:
    user = folder.name
    clues = (Clue(Kind.LOGIN, user), Clue(Kind.ID, user), Clue(Kind.TEAM, user))
    return Author(one_line(user), clues, f"submitty {user}")


def _part(folder: Path) -> Part:
    return Part(folder, folder.name)


def _stamp(folder: Path) -> Stamp:
    """The time in the file that Submitty writes: local, with its offset or its zone's name."""
    try:
        text = read_bytes(folder / TIMESTAMP, MAX_BYTES).decode("utf-8", "replace").strip()
    except UsageError:
        return NO_STAMP
    for form in ("%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M:%S %z"):
        try:
            return Stamp(datetime.strptime(text, form), "submitty")
        except ValueError:
            continue
    return Stamp(source="submitty")
