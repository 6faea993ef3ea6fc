"""Recognizes how a class is laid out in a folder: which platform's download it is, and where.

Each platform takes the names that it knows (grading/batch/platforms/); what is left over belongs
to the person whose name it has. A download is also recognized through folders around it.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from grading.batch.intake import choice
from grading.batch.intake.files import files_in, is_junk
from grading.batch.platforms import (
    blackboard,
    brightspace,
    canvas,
    clones,
    gradescope,
    moodle,
    nbgrader,
    plain,
    submitty,
)
from grading.batch.platforms.hand_in import NO_STAMP, HandIn
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.text import one_line

# In this order: each takes what it knows, and the last takes all that is left.
PLATFORMS = (gradescope, submitty, nbgrader, blackboard, brightspace, canvas, moodle, clones, plain)
MAX_WRAPPERS = 4


def recognized(
    folder: Path, exercises: Sequence[Exercise], own: Collection[Path] = ()
) -> list[HandIn]:
    """The hand-ins of a class, in whatever way its folder is laid out."""
    for _ in range(MAX_WRAPPERS):
        roots = _roots(folder, own)
        inner = folder / roots[0] if len(roots) == 1 else None
        if inner is None or not _is_folder(inner):
            break
        if not _is_class(inner, exercises):
            break
        folder = inner
    names = left = _names(folder, own)
    hand_ins: list[HandIn] = []
    for platform in PLATFORMS:
        taken, used = platform.take(folder, left)
        # A platform names everything in its download. Among other names, these may be students' own
        # inventions, and no evidence of a time, unless it is to their disadvantage.
        is_download = 2 * len(used) >= len(names) or platform is clones
        hand_ins += taken if is_download else [_without_time(hand_in) for hand_in in taken]
        left = [name for name in left if name not in used]
    return [_refused(hand_in) if _is_download(hand_in) else hand_in for hand_in in hand_ins]


def _is_download(hand_in: HandIn) -> bool:
    """Whether a folder among others is a platform's download of several people.

    A student can make such a folder, too: so nobody is credited with what is in it.
    """
    if len(hand_in.parts) != 1 or not hand_in.parts[0].path.is_dir() or hand_in.author.account:
        return False
    folder = hand_in.parts[0].path
    try:
        names = _names(folder)
    except UsageError:
        return False
    for platform in (blackboard, brightspace, canvas, moodle):  # names alone tell these
        taken, used = platform.take(folder, names)
        if len({one.author for one in taken}) > 1 and 2 * len(used) >= len(names):
            return True
    return False


def _refused(hand_in: HandIn) -> HandIn:
    problem = "looks like a platform's download of several people: give it as SUBMISSIONS itself"
    return replace(hand_in, problem=problem)


def _without_time(hand_in: HandIn) -> HandIn:
    return hand_in if hand_in.stamp.late else replace(hand_in, stamp=NO_STAMP)


def _names(folder: Path, own: Collection[Path] = ()) -> list[str]:
    try:
        paths = [path for path in folder.iterdir() if not is_junk(path.name)]
    except OSError as error:
        shown = one_line(str(folder))
        raise UsageError(f"{shown} cannot be read: {error.strerror}") from error
    mine = {os.path.realpath(path) for path in own}
    names = {os.path.basename(path) for path in mine}
    return sorted(
        path.name for path in paths if path.name not in names or os.path.realpath(path) not in mine
    )


def _roots(folder: Path, own: Collection[Path] = ()) -> list[str]:
    """The names in a folder; beside nbgrader's folder of hand-ins all others are its own."""
    names = _names(folder, own)
    return [nbgrader.ROOT] if nbgrader.ROOT in names else names


def _is_class(folder: Path, exercises: Sequence[Exercise]) -> bool:
    """Whether a folder holds hand-ins of several people, rather than one person's files."""
    if clones.is_clone(folder):
        return False
    names = _names(folder)
    if any(platform.take(folder, names)[1] for platform in PLATFORMS[:-1]):
        return True
    roots = _roots(folder)
    if len(roots) == 1 and _is_folder(folder / roots[0]):
        return _is_class(folder / roots[0], exercises)
    # Several folders or archives of which each holds the same exercise are several people's.
    for exercise in exercises:
        own = [name for name in names if _holds(folder / name, exercise)]
        if len(own) > 1:
            return True
    return False


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _holds(path: Path, exercise: Exercise) -> bool:
    """Whether a folder or archive holds a file with the exercise's name near its top."""
    if path.is_file() and path.suffix.lower() != ".zip":
        return False
    try:
        files = files_in(path, path.name)
    except UsageError:
        return False
    return any(
        choice.copy_number(file.name, exercise) is not None for file in files if not file.is_folder
    )
