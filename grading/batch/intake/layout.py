"""Recognizes how a class is laid out in a folder: which platform's download it is, and where.

Each platform takes the names that it knows (grading/batch/platforms/); what is left over belongs
to the person whose name it has. A download is also recognized through folders around it.
"""

import os
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import ModuleType

from grading.batch.intake import choice
from grading.batch.intake.files import MAX_DEPTH, File, files_in
from grading.batch.intake.naming import copy_number, words
from grading.batch.paths import is_file, is_folder, is_junk
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
from grading.batch.vocabulary import COPY_WORDS, TASK_WORDS
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.submission import file as submissions
from grading.text import one_line

# In this order: each takes what it knows, and the last takes all that is left.
PLATFORMS = (gradescope, submitty, nbgrader, blackboard, brightspace, canvas, moodle, clones, plain)
# These tell their downloads by the names alone, in which students' own names of files stand.
_BY_NAMES = (blackboard, brightspace, canvas, moodle)
MAX_WRAPPERS = 4
# No file system that students use has longer names.
MAX_NAME = 255
# Words in the names of folders that one person keeps several versions in.
_OWN_WORDS = (
    COPY_WORDS
    | TASK_WORDS
    | {
        *("archive", "code", "course", "day", "exercises", "jupyter", "labs", "module", "modules"),
        *("nb", "notebooks", "practical", "py", "python", "reference", "script", "scripts"),
        *("session", "set", "sheet", "solutions", "src", "stub", "test", "tests", "unit", "work"),
    }
)


def recognized(
    folder: Path, exercises: Sequence[Exercise], own: Collection[Path] = ()
) -> list[HandIn]:
    """The hand-ins of a class, in whatever way its folder is laid out."""
    for _ in range(MAX_WRAPPERS):
        roots = _roots(folder, own)
        inner = folder / roots[0] if len(roots) == 1 else None
        if inner is None or not is_folder(inner):
            break
        if not _is_class(inner, exercises):
            break
        folder = inner
    names = left = _names(folder, own)
    hand_ins: list[HandIn] = []
    written_by = _platform_by_names(folder, names)
    for platform in PLATFORMS:
        if written_by is not None and platform in _BY_NAMES and platform is not written_by:
            continue
        if platform is plain:
            taken, used = plain.take(folder, left, exercises)
        else:
            taken, used = platform.take(folder, left)
        # A platform names everything in its download. Among other names, these may be students' own
        # inventions, and no evidence of a time, unless it is to their disadvantage.
        is_download = 2 * len(used) >= len(names) or platform is clones
        hand_ins += taken if is_download else [_without_time(hand_in) for hand_in in taken]
        left = [name for name in left if name not in used]
    return hand_ins


def _platform_by_names(folder: Path, names: Sequence[str]) -> ModuleType | None:
    """The platform that wrote most of these names; None if it is none.

    A student may call a file as another platform would. So the platform that reads most names is
    the one, and of several the one that leaves most of them to the students.
    """

    def weight(platform: ModuleType) -> tuple[int, int]:
        hand_ins, used = platform.take(folder, names)
        return len(used), sum(len(part.name) for one in hand_ins for part in one.parts)

    weights = {platform: weight(platform) for platform in _BY_NAMES}
    best = max(_BY_NAMES, key=lambda platform: weights[platform])
    return best if weights[best][0] and 2 * weights[best][0] >= len(names) else None


def is_of_several(hand_in: HandIn, files: Sequence[File], exercises: Sequence[Exercise]) -> bool:
    """Whether an entry is a class or a platform's download of one, and not one person's work.

    A student can make such an entry, too: so nobody is credited with what is in it.
    """
    part = hand_in.parts[0]
    if len(hand_in.parts) > 1 or hand_in.author.account or hand_in.stamp.source == clones.SOURCE:
        return False
    if part.name == nbgrader.ROOT and is_folder(part.path):
        return True
    # In an archive, places may begin at the root, be none, or have thousands of parts.
    places = [PurePosixPath(file.place.lstrip("/")).parts[: MAX_DEPTH + 1] for file in files]
    while len({place[:1] for place in places}) == 1 and min(map(len, places)) > 1:
        places = [place[1:] for place in places]
    names = sorted({place[0] for place in places if place})
    if len(names) < 2:
        return False
    # Longer ones, which only an archive can have, would cost the patterns time and memory.
    possible = [name for name in names if len(name) <= MAX_NAME]
    for platform in _BY_NAMES:
        taken, used = platform.take(part.path, possible)
        if len({one.author for one in taken}) > 1 and 2 * len(used) >= len(names):
            return True
    return any(_are_peoples(files, places, exercise) for exercise in exercises)


def _are_peoples(
    files: Sequence[File], places: Sequence[tuple[str, ...]], exercise: Exercise
) -> bool:
    """Whether folders side by side, called like people, hold different works on an exercise.

    One person's folders are called "old" or "v2".
    """
    both = submissions.both_names(exercise.file)
    inside = [
        (place[0], file)
        for place, file in zip(places, files, strict=True)
        if len(place) > 1 and file.name in both and _may_be_a_person(place[0])
    ]
    if len({name for name, _ in inside}) < 2:
        return False
    works: dict[str, set[str]] = {}
    for name, file in inside[: choice.MAX_CANDIDATES]:  # more are never read
        with suppress(UsageError):
            works.setdefault(name, set()).add(choice.work_in(file, exercise))
    first, *others = [work - {""} for work in works.values() if work - {""}] or [set()]
    return any(first.isdisjoint(work) for work in others)


def _may_be_a_person(folder: str) -> bool:
    found = words(folder)
    return len(folder) > 2 and bool(found) and found.isdisjoint(_OWN_WORDS)


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
    """The names in a folder; beside nbgrader's folder of hand-ins its other ones do not count."""
    names = _names(folder, own)
    if nbgrader.ROOT not in names:
        return names
    return [name for name in names if name not in nbgrader.BESIDE]


def _is_class(folder: Path, exercises: Sequence[Exercise], wrappers: int = MAX_WRAPPERS) -> bool:
    """Whether a folder holds hand-ins of several people, rather than one person's files."""
    if clones.is_clone(folder):
        return False
    names = _names(folder)
    if any(platform.take(folder, names)[1] for platform in PLATFORMS[:-1]):
        return True
    roots = _roots(folder)
    if len(roots) == 1 and is_folder(folder / roots[0]):
        return wrappers > 0 and _is_class(folder / roots[0], exercises, wrappers - 1)
    # Several folders or archives of which each holds the same exercise are several people's.
    held = Counter(identity for name in names for identity in _held(folder / name, exercises))
    return max(held.values(), default=0) > 1


def _held(path: Path, exercises: Sequence[Exercise]) -> set[str]:
    """The exercises whose files a folder or archive holds near its top."""
    if is_file(path) and path.suffix.lower() != ".zip":
        return set()
    try:
        names = {file.name for file in files_in(path, path.name) if not file.is_folder}
    except UsageError:
        return set()
    return {
        exercise.id
        for exercise in exercises
        if any(copy_number(name, exercise) is not None for name in names)
    }
