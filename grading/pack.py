"""Packs a student's work into one zip, with a list that says which file is which exercise's.

    unrolled-hand-in.json   {"format": ..., "exercises": {ID: NAME}, "files": {NAME: SHA-256}}

A batch reads the list first, and then has nothing to guess.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grading.course import answer_sheet, edition, questions
from grading.course.syllabus import Course, Exercise
from grading.errors import UsageError
from grading.submission import file as submissions

LIST = "unrolled-hand-in.json"
FORMAT = "unrolled/hand-in/1"
MAX_BYTES = 64 * 1024
# The oldest time that a zip can hold: the same work makes the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass
class Packed:
    """The files by name, the one that counts for each exercise, what does not, what is missing.

    `doubts` say where answers may stand that nobody sees.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    exercises: dict[str, str] = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def pack(course: Course, folder: Path) -> Packed:
    """What `folder` holds of the course's exercises. Raises UsageError if there is no work."""
    packed, untouched = Packed(), edition.untouched(course)
    for exercise in course.exercises.values():
        _add_work(packed, exercise, folder, untouched)
        _add_answers(packed, exercise, folder)
    if not packed.files:
        raise UsageError(f"{folder} holds no work yet: fill an exercise first")
    return packed


def _add_work(packed: Packed, exercise: Exercise, folder: Path, untouched: Set[str]) -> None:
    """Add the module and the notebook, if somebody has worked on them."""
    module, notebook = submissions.both_names(exercise.file)
    worked_on: list[str] = []
    for place in (module, notebook, f"notebooks/{notebook}"):
        path = folder / place
        if path.exists():
            data = submissions.read_bytes(path, submissions.max_bytes(path.name))
            submissions.from_bytes(data, path.name)
            # git for Windows may have given the stub other line ends.
            is_stub = hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest() in untouched
            if not is_stub and packed.files.get(path.name) != data:
                # Of two notebooks with one name, the second keeps its folder.
                name = place if path.name in packed.files else path.name
                packed.files[name] = data
                worked_on.append(name)
    if worked_on:
        counting, *others = worked_on
        packed.exercises[exercise.id] = counting
        packed.chosen += [f"{exercise.id}: {counting}, and not {other}" for other in others]
    else:
        is_there = (folder / exercise.file).exists()
        state = "is untouched" if is_there else "is not there"
        packed.missing.append(f"{exercise.id}: {exercise.file} {state}")


def _add_answers(packed: Packed, exercise: Exercise, folder: Path) -> None:
    path = folder / "questions" / exercise.questions.name
    if not path.exists():
        return
    answered = answer_sheet.read(path, answer_sheet.form_of(exercise))
    if answered.given:
        packed.files[path.name] = submissions.read_bytes(path, questions.MAX_BYTES)
    packed.doubts += [f"{path.name}: {doubt}" for doubt in answered.doubts]
    if answered.unanswered:
        packed.missing.append(f"{exercise.id}: no answer to {', '.join(answered.unanswered)}")


def as_zip(packed: Packed) -> bytes:
    """The zip: every file, and the list."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in packed.files.items()}
    listed = {"format": FORMAT, "exercises": packed.exercises, "files": sums}
    everything = {LIST: (json.dumps(listed, indent=1) + "\n").encode(), **packed.files}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in everything.items():
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@dataclass(frozen=True)
class Listed:
    """The SHA-256 of each exercise's file in a list, and of all files in it."""

    exercises: Mapping[str, str] = field(default_factory=dict)
    files: Set[str] = frozenset()


def listed_in(data: bytes) -> Listed:
    """What a list says; nothing if it is malformed, as students can write one."""
    try:
        content: Any = json.loads(data)
        if content["format"] != FORMAT:
            return Listed()
        sums = {str(name): str(value) for name, value in content["files"].items()}
        named = {str(key): str(name) for key, name in content["exercises"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Listed()
    exercises = {key: sums[name] for key, name in named.items() if name in sums}
    return Listed(exercises, frozenset(sums.values()))


def summary(packed: Packed, out: Path) -> Iterator[str]:
    """What was packed, which files count, what is missing and what to look at, line by line."""
    yield f"packed: {out}, {', '.join(sorted(packed.files))}"
    yield from (f"counts: {line}" for line in packed.chosen)
    yield from (f"missing: {line}" for line in packed.missing)
    yield from (f"look at {line}" for line in packed.doubts)
    yield f"hand in {out.name}"
