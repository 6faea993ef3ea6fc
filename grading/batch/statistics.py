"""Statistics of a whole class: scores, checks, mistakes, losses."""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import correlation, median

from grading.batch.grades import Grade
from grading.report import Report, Status

BINS = 10
LEADERS = 20


@dataclass(frozen=True)
class CheckStatistics:
    """The statistics of one check.

    `discrimination` is the correlation of its points with the score on everything else: near 0,
    the check says nothing about how well a student does; None where one of them does not vary.
    `seconds` is the median over the submissions on which the check ran.
    """

    exercise: str
    id: str
    title: str
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
    """The number of scores in each tenth of the maximum; full marks are in the last."""
    counts = [0] * BINS
    for grade in grades:
        if grade.score is not None and grade.max_score:
            counts[min(BINS - 1, int(BINS * grade.score / grade.max_score))] += 1
    return counts


@dataclass
class _Column:
    """One check: only numbers, so that a large class fits into memory.

    `rest` is the score on everything else. Reports of an earlier run may have had other checks.
    """

    title: str
    passed: int = 0
    points: "array[float]" = field(default_factory=lambda: array("d"))
    rest: "array[float]" = field(default_factory=lambda: array("d"))
    seconds: "array[float]" = field(default_factory=lambda: array("d"))


class ClassStatistics:
    """Takes one report after another and keeps none of them."""

    def __init__(self) -> None:
        self._columns: dict[str, dict[str, _Column]] = {}
        self._mistakes: Counter[tuple[str, str, str]] = Counter()
        self._leaders: dict[str, list[Entry]] = {}

    def add(self, grade: Grade, report: Report) -> None:
        """Count a grade and its report, in which the grader must not have failed."""
        self._count_mistakes(grade, report)
        self._look_for_leaders(grade, report)
        columns = self._columns.setdefault(grade.exercise, {})
        total = sum(check.points for check in report.checks)
        for check in report.checks:
            column = columns.setdefault(check.id, _Column(check.title))
            column.passed += check.status is Status.PASSED
            column.points.append(check.points)
            column.rest.append(round(total - check.points, 6))
            if check.seconds:
                column.seconds.append(check.seconds)

    def checks(self) -> list[CheckStatistics]:
        """Every check of every exercise, in order."""
        return [
            self._of_check(exercise, identity, column)
            for exercise, columns in self._columns.items()
            for identity, column in columns.items()
        ]

    def misconceptions(self) -> list[tuple[str, str, str, int]]:
        """(exercise, name, sentence, submissions that show it), the most frequent first."""
        return [(*mistake, count) for mistake, count in self._mistakes.most_common()]

    def leaderboard(self) -> list[Entry]:
        """Measured losses of passed checks: the LEADERS lowest of each check, lowest first."""
        return [entry for _, entries in sorted(self._leaders.items()) for entry in entries]

    def _count_mistakes(self, grade: Grade, report: Report) -> None:
        mistakes = (
            (grade.exercise, check.misconception, check.explanation)
            for check in report.checks
            if check.misconception
        )
        # Each once, in order: the order of a set differs from run to run.
        self._mistakes.update(list(dict.fromkeys(mistakes)))

    def _look_for_leaders(self, grade: Grade, report: Report) -> None:
        for check in report.checks:
            if check.measured is not None and check.status is Status.PASSED:
                name = f"{grade.exercise}: {check.title}"
                entries = self._leaders.setdefault(name, [])
                entries.append(Entry(name, grade.submission, check.measured))
                entries.sort(key=lambda entry: entry.value)
                del entries[LEADERS:]

    def _of_check(self, exercise: str, identity: str, column: _Column) -> CheckStatistics:
        return CheckStatistics(
            exercise,
            identity,
            column.title,
            column.passed / len(column.points),
            _correlation(column.points, column.rest),
            median(column.seconds or [0.0]),
        )


def _correlation(mine: "array[float]", theirs: "array[float]") -> float | None:
    if len(mine) < 3 or min(mine) == max(mine) or min(theirs) == max(theirs):
        return None
    return correlation(mine, theirs)
