"""Hints, one tier at a time, for what failed last.

A known mistake has three tiers: a nudge, the concept, where to look. A check that failed for
another reason has its own hint. The course's .unrolled/ID.json keeps the last failures and every
hint shown; the next report lists these hints with their prices.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from grading.course.syllabus import Course, Exercise
from grading.errors import UsageError
from grading.files import require_own_copy, write_text
from grading.report import HintShown, Report

FOLDER = ".unrolled"


@dataclass(frozen=True)
class Failure:
    """A check that did not pass, as the report told the student."""

    check: str
    title: str
    status: str
    message: str
    hint: str
    misconception: str | None


@dataclass
class Record:
    """What failed in the last grading of an exercise, and every hint shown so far."""

    failures: list[Failure] = field(default_factory=list)
    shown: list[HintShown] = field(default_factory=list)


@dataclass(frozen=True)
class Hint:
    """A hint to show: the failure, the text, and which of how many tiers it is."""

    failure: Failure
    text: str
    tier: int
    tiers: int
    is_new: bool


def remember(exercise: Exercise, report: Report) -> None:
    """Keep what failed, so that `next_hint` can help. Raises OSError."""
    record = read(exercise) or Record()
    record.failures = [
        Failure(check.id, check.title, check.status, check.message, check.hint, check.misconception)
        for check in report.checks
        if check.status.is_open and check.status.wants_help
    ]
    _write(exercise, record)


def shown(exercise: Exercise) -> list[HintShown]:
    """Every hint shown so far."""
    return (read(exercise) or Record()).shown


def next_hint(course: Course, exercise: Exercise) -> Hint | None:
    """The next hint, recorded as shown; None if nothing failed last time.

    Once all hints have been shown, the last one comes again, at no charge. Raises UsageError if the
    course gives no hints, if there was no grading yet, or if the record cannot be written.
    """
    if not course.hints:
        raise UsageError("this course gives no hints (course.toml: hints)")
    record = read(exercise)
    if record is None:
        require_own_copy(_path(exercise))
        command = f"python grader.py {exercise.id}"
        raise UsageError(f"there is nothing to give a hint for yet: run {command} first")
    if not record.failures:
        return None
    failure = record.failures[0]
    texts = _texts(exercise, failure)
    seen = [
        hint.tier
        for hint in record.shown
        if (hint.check, hint.misconception) == (failure.check, failure.misconception)
    ]
    tier = min(max(seen, default=0) + 1, len(texts))
    is_new = tier not in seen
    if is_new:
        require_own_copy(_path(exercise))
        price = course.hint_price
        record.shown.append(HintShown(failure.check, failure.misconception, tier, price))
        _write(exercise, record)
    return Hint(failure, texts[tier - 1], tier, len(texts), is_new)


def _texts(exercise: Exercise, failure: Failure) -> Sequence[str]:
    """The hints of the mistake that was named (of two, the first), else the check's own hint."""
    if failure.misconception is not None:
        # It loads numpy, for which the other commands need not wait.
        from grading.judging.recorded import known_mistakes

        name = failure.misconception.split("+")[0]
        for known in known_mistakes(exercise):
            if known.name == name:
                return known.hints
    return [failure.hint or "Read the docstring of what this check is about once more."]


def read(exercise: Exercise) -> Record | None:
    """The record; None if there is none, or if it cannot be read."""
    try:
        content: Any = json.loads(_path(exercise).read_text(encoding="utf-8"))
        record = Record(
            [Failure(**entry) for entry in content["failures"]],
            [HintShown(**entry) for entry in content["shown"]],
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return record if _is_sound(record) else None


def _is_sound(record: Record) -> bool:
    """Whether every field is of its declared type: a student may have edited the file."""
    words = [replace(entry, misconception=entry.misconception or "") for entry in record.failures]
    return all(isinstance(word, str) for entry in words for word in asdict(entry).values()) and all(
        isinstance(entry.check, str)
        and isinstance(entry.misconception, str | None)
        and type(entry.tier) is int
        and entry.tier >= 1
        and type(entry.price) in (int, float)
        and 0 <= entry.price < math.inf
        for entry in record.shown
    )


def _write(exercise: Exercise, record: Record) -> None:
    path = _path(exercise)
    path.parent.mkdir(exist_ok=True)
    write_text(path, json.dumps(asdict(record), indent=1) + "\n")


def _path(exercise: Exercise) -> Path:
    return exercise.root / FOLDER / f"{exercise.id}.json"
