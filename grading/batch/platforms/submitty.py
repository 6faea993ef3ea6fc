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

ROOT = "submissions"
SETTINGS = "user_assignment_settings.json"
TIMESTAMP = ".submit.timestamp"
MAX_BYTES = 1024 * 1024


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use."""
    hand_ins, used = [], set()
    for name in names:
        inner = folder / name
        if inner.is_symlink() or not inner.is_dir():
            continue
        if (inner / SETTINGS).is_file():
            hand_ins.append(_of_settings(inner))
        elif (inner / TIMESTAMP).is_file():
            hand_ins.append(HandIn(_author(inner), (_part(inner),), _stamp(inner)))
        else:
            continue
        used.add(name)
    return hand_ins, used


def _of_settings(folder: Path) -> HandIn:
    try:
        settings: Any = json.loads(read_bytes(folder / SETTINGS, MAX_BYTES))
        version = int(settings["active_version"])
    except (UsageError, ValueError, KeyError, TypeError, RecursionError):
        return HandIn(_author(folder), (), problem=f"has a {SETTINGS} that cannot be read")
    active = folder / str(version)
    if version < 1 or not active.is_dir():
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
