"""Statistics of a whole class: scores, checks, mistakes, losses."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import correlation, fmean, median, stdev

from grading.batch.grades import Grade
from grading.report import Report, Status

BINS = 10
# Distinct values on a board.
LEADERS = 10


@dataclass(frozen=True)
class Spread:
    """How scores are spread. `deviation` is the sample's (n - 1); None for a single score."""

    count: int
    mean: float
    median: float
    deviation: float | None
    zero: int
    full: int


@dataclass(frozen=True)
class CheckStatistics:
    """The statistics of one check.

    `counts` says how many submissions ended it in each status. `discrimination` is the correlation
    of its points with the score on everything else: near 0, the check says nothing about how well a
    student does; None where one of them does not vary. `seconds` is the median over the submissions
    on which the check ran.
    """

    exercise: str
    id: str
    title: str
    counts: Mapping[Status, int]
    discrimination: float | None
    seconds: float

    @property
    def passed(self) -> float:
        """The share of all graded submissions that pass it, from 0 to 1."""
        return self.counts.get(Status.PASSED, 0) / sum(self.counts.values())

    def number(self, *statuses: Status) -> int:
        """How many submissions ended it in one of these."""
        return sum(self.counts.get(status, 0) for status in statuses)


@dataclass(frozen=True)
class Mistake:
    """A known mistake, what students are told about it, and the submissions that show it."""

    exercise: str
    name: str
    sentence: str
    submissions: Sequence[str]


@dataclass(frozen=True)
class Entry:
    """A value on a board, to four digits, and every submission that reaches it."""

    value: float
    submissions: Sequence[str]


@dataclass(frozen=True)
class Board:
    """The lowest values of one check that measures something; `more` submissions lie above them."""

    exercise: str
    title: str
    entries: Sequence[Entry]
    more: int


def spread(scores: Sequence[float], max_score: float) -> Spread:
    """The spread of one score or more, out of `max_score`."""
    return Spread(
        len(scores),
        fmean(scores),
        median(scores),
        stdev(scores) if len(scores) > 1 else None,
        sum(score == 0 for score in scores),
        sum(score >= max_score for score in scores),
    )


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
    counts: Counter[Status] = field(default_factory=Counter)
    points: "array[float]" = field(default_factory=lambda: array("d"))
    rest: "array[float]" = field(default_factory=lambda: array("d"))
    seconds: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass
class _Leaders:
    """The submissions of the lowest values of one check, and how many were measured."""

    title: str
    measured: int = 0
    submissions: dict[float, list[str]] = field(default_factory=dict)

    def add(self, submission: str, value: float) -> None:
        self.measured += 1
        # Values that look equal are equal: one row holds all of their submissions.
        self.submissions.setdefault(float(f"{value:.4g}"), []).append(submission)
        if len(self.submissions) > 2 * LEADERS:
            self.submissions = dict(self.lowest())

    def lowest(self) -> list[tuple[float, list[str]]]:
        return sorted(self.submissions.items())[:LEADERS]


class ClassStatistics:
    """Takes one report after another and keeps none of them."""

    def __init__(self) -> None:
        self._columns: dict[str, dict[str, _Column]] = {}
        self._mistakes: dict[tuple[str, str, str], list[str]] = {}
        self._leaders: dict[tuple[str, str], _Leaders] = {}

    def add(self, grade: Grade, report: Report) -> None:
        """Count a grade and its report, in which the grader must not have failed."""
        self._count_mistakes(grade, report)
        self._look_for_leaders(grade, report)
        columns = self._columns.setdefault(grade.exercise, {})
        total = sum(check.points for check in report.checks)
        for check in report.checks:
            column = columns.setdefault(check.id, _Column(check.title))
            column.counts[check.status] += 1
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

    def mistakes(self) -> list[Mistake]:
        """Known mistakes, the most frequent first."""
        found = [Mistake(*mistake, labels) for mistake, labels in self._mistakes.items()]
        return sorted(found, key=lambda mistake: -len(mistake.submissions))

    def leaderboard(self) -> list[Board]:
        """What passed checks measured (losses, say): the lowest values of each check."""
        boards = []
        for (exercise, _), leaders in sorted(self._leaders.items()):
            entries = [Entry(*entry) for entry in leaders.lowest()]
            shown = sum(len(entry.submissions) for entry in entries)
            boards.append(Board(exercise, leaders.title, entries, leaders.measured - shown))
        return boards

    def _count_mistakes(self, grade: Grade, report: Report) -> None:
        mistakes = (
            (grade.exercise, check.misconception, check.explanation)
            for check in report.checks
            if check.misconception
        )
        # Each once, in order: the order of a set differs from run to run.
        for mistake in dict.fromkeys(mistakes):
            self._mistakes.setdefault(mistake, []).append(grade.submission)

    def _look_for_leaders(self, grade: Grade, report: Report) -> None:
        for check in report.checks:
            if check.measured is not None and check.status is Status.PASSED:
                place = (grade.exercise, check.id)
                leaders = self._leaders.setdefault(place, _Leaders(check.title))
                leaders.add(grade.submission, check.measured)

    def _of_check(self, exercise: str, identity: str, column: _Column) -> CheckStatistics:
        return CheckStatistics(
            exercise,
            identity,
            column.title,
            dict(column.counts),
            _correlation(column.points, column.rest),
            median(column.seconds or [0.0]),
        )


def _correlation(mine: "array[float]", theirs: "array[float]") -> float | None:
    if len(mine) < 3 or min(mine) == max(mine) or min(theirs) == max(theirs):
        return None
    return correlation(mine, theirs)
