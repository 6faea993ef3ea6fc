"""What a class shows as a whole: scores, checks, mistakes, losses."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from grading.batch.grades import Grade

BINS = 10


@dataclass(frozen=True)
class CheckStatistics:
    """One check over a class.

    `discrimination` is the correlation of the points for it with the score of everything else:
    near 0, the check says nothing about how well somebody does; None where it does not vary.
    `seconds` is the median over those to whom the check was put.
    """

    exercise: str
    id: str
    title: str
    count: int
    passed: float
    discrimination: float | None
    seconds: float


@dataclass(frozen=True)
class Entry:
    """A line of the leaderboard."""

    check: str
    submission: str
    value: float


def histogram(grades: Iterable[Grade]) -> list[int]:
    """How many scores lie in each tenth of the maximum; full marks are in the last."""
    counts = [0] * BINS
    for grade in grades:
        if grade.score is not None and grade.max_score:
            counts[min(BINS - 1, int(BINS * grade.score / grade.max_score))] += 1
    return counts


def of_checks(grades: Sequence[Grade]) -> list[CheckStatistics]:
    """Every check of every exercise, in their order."""
    by_exercise: dict[str, list[Grade]] = {}
    for grade in grades:
        if grade.report is not None and grade.status == "graded":
            by_exercise.setdefault(grade.exercise, []).append(grade)
    return [one for group in by_exercise.values() for one in _of_exercise(group)]


def _of_exercise(grades: Sequence[Grade]) -> list[CheckStatistics]:
    reports = [grade.report for grade in grades if grade.report is not None]
    rows = [{check["id"]: check for check in report["checks"]} for report in reports]
    totals = np.array([sum(check["points"] for check in row.values()) for row in rows])
    found = []
    for identity, sample in rows[-1].items():
        mine = [row[identity] for row in rows if identity in row]
        points = np.array([check["points"] for check in mine], dtype=float)
        rest = totals - points if len(mine) == len(rows) else points * 0
        found.append(
            CheckStatistics(
                grades[0].exercise,
                identity,
                sample["title"],
                len(mine),
                sum(check["status"] == "passed" for check in mine) / len(mine),
                _correlation(points, rest),
                float(np.median([check["seconds"] for check in mine if check["seconds"]] or [0.0])),
            )
        )
    return found


def _correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def misconceptions(grades: Iterable[Grade]) -> list[tuple[str, str, str, int]]:
    """(exercise, name, sentence, submissions that show it), the most frequent first."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for grade in grades:
        if grade.report is None:
            continue
        seen = {
            (grade.exercise, check["misconception"], check["explanation"])
            for check in grade.report["checks"]
            if check["misconception"]
        }
        counts.update(seen)
    return [(*mistake, count) for mistake, count in counts.most_common()]


def leaderboard(grades: Iterable[Grade]) -> list[Entry]:
    """Measured losses of passed checks, the lowest first within each check."""
    found = [
        Entry(f"{grade.exercise}: {check['title']}", grade.submission, check["measured"])
        for grade in grades
        if grade.report is not None
        for check in grade.report["checks"]
        if check["measured"] is not None and check["status"] == "passed"
    ]
    return sorted(found, key=lambda entry: (entry.check, entry.value))
