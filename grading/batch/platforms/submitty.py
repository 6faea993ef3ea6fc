"""Submitty, "Download All Submissions": submissions/USER/VERSION/, each with .submit.timestamp.

user_assignment_settings.json beside the versions says which of them is active, and that one is
graded. A download of active versions only has no folder VERSION. A grader of some sections gets
USER/ without submissions/ above it. results/ beside it holds what the autograder wrote, and
checkout/ the files where students hand in by a repository (Submitty's MiscController).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from grading.batch.paths import is_file, is_folder
from grading.batch.people.evidence import Author, Clue, Kind
from grading.batch.platforms.hand_in import NO_STAMP, HandIn, Part, Stamp
from grading.errors import UsageError
from grading.submission.file import read_bytes
from grading.text import one_line

SETTINGS = "user_assignment_settings.json"
TIMESTAMP = ".submit.timestamp"
ROOT = "submissions"
CHECKOUT = "checkout"
RESULTS = "results"
MAX_BYTES = 1024 * 1024
# "2026-10-05 21:02:38-0400 America/New_York"; the zone's name says no more than the offset.
_TIMESTAMP = re.compile(
    r"(?P<local>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?P<offset> ?[+-]\d\d(?::?\d\d)?)?( [\w/+-]+)?"
)
MAX_VERSION = 10**6


def take(folder: Path, names: Sequence[str]) -> tuple[list[HandIn], set[str]]:
    """The hand-ins among these names, and the names that they use.

    One student alone could have made these files; in a download most people have them.
    """
    if ROOT in names and set(names) <= {ROOT, CHECKOUT, RESULTS} and is_folder(folder / ROOT):
        try:
            inner = sorted(path.name for path in (folder / ROOT).iterdir())
        except OSError:  # the folder itself is listed as one that cannot be read
            return [], set()
        hand_ins, used = take(folder / ROOT, inner)
        if used:
            return [_with_checkout(folder, hand_in) for hand_in in hand_ins], set(names)
    users = [folder / name for name in names if is_folder(folder / name)]
    if not users or (len(users) < 2 and folder.absolute().name != ROOT):
        return [], set()
    if _have_most(users, SETTINGS):
        return [_of_settings(user) for user in users], {user.name for user in users}
    if _have_most(users, TIMESTAMP):
        hand_ins = [HandIn(_author(user), (_part(user),), _stamp(user)) for user in users]
        return hand_ins, {user.name for user in users}
    return [], set()


def _with_checkout(folder: Path, hand_in: HandIn) -> HandIn:
    """The same with the files of checkout/, where submissions/ holds only a note of the hand-in."""
    parts = list(hand_in.parts)
    for part in hand_in.parts:
        checkout = folder / CHECKOUT / part.path.relative_to(folder / ROOT)
        if is_folder(checkout):
            parts.append(Part(checkout, part.name))
    return replace(hand_in, parts=tuple(parts))


def _have_most(users: Sequence[Path], name: str) -> bool:
    having = sum(is_file(user / name) for user in users)
    return len(users) < 2 * having


def _of_settings(folder: Path) -> HandIn:
    try:
        settings: Any = json.loads(read_bytes(folder / SETTINGS, MAX_BYTES))
        version = int(settings["active_version"])
    except (UsageError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return HandIn(_author(folder), (), problem=f"has a {SETTINGS} that cannot be read")
    active = folder / str(version)
    if not 0 < version <= MAX_VERSION or not is_folder(active):
        return HandIn(_author(folder), (), problem="has no active version")
    return HandIn(_author(folder), (_part(active),), _stamp(active), version, (version,))


def _author(folder: Path) -> Author:
    user = folder.name
    clues = (Clue(Kind.LOGIN, user), Clue(Kind.TEAM, user))
    return Author(one_line(user), clues, f"submitty {user}")


def _part(folder: Path) -> Part:
    return Part(folder, folder.name)


def _stamp(folder: Path) -> Stamp:
    """The time in the file that Submitty writes: local, with its offset and its zone's name."""
    try:
        text = read_bytes(folder / TIMESTAMP, MAX_BYTES).decode("utf-8", "replace").strip()
    except UsageError:
        return NO_STAMP
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return NO_STAMP
    offset = (match["offset"] or "").strip()
    try:
        return Stamp(datetime.fromisoformat(match["local"] + offset), "submitty")
    except ValueError:  # no such day
        return NO_STAMP
