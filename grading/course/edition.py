"""A student edition: the course with recorded answers in place of its reference (recorded.py).

This module is light to import, because the command line reads it before the sandbox starts.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from typing import Any

from grading.course.syllabus import Course, Exercise
from grading.errors import GraderError, UsageError
from grading.files import usable
from grading.report import MAX_SEED

FORMAT = "unrolled/recorded/1"
# The commands that need what an edition does not have.
AUTHORS = ("answers", "audit", "batch", "calibrate", "release", "stubs")


# In an edition: every file that was handed out, with its SHA-256, and the text of the questions.
MANIFEST = "checks/recorded/edition.json"


def untouched(course: Course) -> set[str]:
    """The SHA-256 of every file of an edition, or of every stub of a course. Raises GraderError."""
    exercises = list(course.exercises.values())
    path = exercises[0].root / MANIFEST
    if path.exists():
        with usable(path):
            return set(json.loads(path.read_text(encoding="utf-8"))["files"].values())
    from grading.course import stubs  # not needed to start

    texts = stubs.made(course).values()
    return {hashlib.sha256(text.encode()).hexdigest() for text in texts}


def questions_of(exercise: Exercise) -> str:
    """The file of questions as an edition was handed out with it; empty in the full course."""
    path = exercise.root / MANIFEST
    if not path.exists():
        return ""
    with usable(path):
        asked: dict[str, str] = json.loads(path.read_text(encoding="utf-8")).get("questions", {})
        return str(asked.get(exercise.id, ""))


def index(exercise: Exercise) -> dict[str, Any]:
    """What was recorded for an exercise: everything but the numbers. Raises GraderError."""
    path = exercise.recorded
    with usable(path):
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
    return content


def choose_seed(exercises: Sequence[Exercise], wished: int | None) -> int:
    """The seed to grade with: `wished`, or a random one.

    A student edition takes only seeds with recorded answers. Raises UsageError for any other.
    """
    recorded = [seeds(exercise) for exercise in exercises if exercise.in_edition]
    if not recorded:
        return secrets.randbelow(MAX_SEED) if wished is None else wished
    known = sorted(set(recorded[0]).intersection(*recorded))
    if wished is None:
        return secrets.choice(known)
    if wished not in known:
        listed = ", ".join(map(str, known))
        raise UsageError(f"--seed {wished}: choose one of the recorded seeds: {listed}")
    return wished


def seeds(exercise: Exercise) -> list[int]:
    """The seeds that answers are recorded for. Raises GraderError."""
    return [int(seed) for seed in _value(exercise, "seeds", list)]


def hidden_points(exercise: Exercise) -> float:
    """The points of the checks that an edition does not have; 0 in the full course."""
    return float(_value(exercise, "hidden_points", (int, float))) if exercise.in_edition else 0.0


def lacks(course: Course, command: str) -> bool:
    """Whether this is an edition and `command` needs the full course."""
    return command in AUTHORS and any(exercise.in_edition for exercise in course.exercises.values())


def _value(exercise: Exercise, key: str, kind: Any) -> Any:
    value = index(exercise).get(key)
    if not isinstance(value, kind):
        raise GraderError(f"{exercise.recorded.name} cannot be used: {key} is {value!r}")
    return value
