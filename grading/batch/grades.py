"""Grades: the raw score of the attempt that counts, less a late penalty, kept apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from grading.batch.collect import Collected
from grading.batch.roster import Person, Roster
from grading.course import LatePolicy

SECONDS_PER_DAY = 24 * 3600


@dataclass(frozen=True)
class Graded:
    """A collected attempt and its report; None if it could not be graded, `problem` says why."""

    collected: Collected
    person: Person | None
    report: Mapping[str, Any] | None
    problem: str = ""

    @property
    def raw_score(self) -> float | None:
        return None if self.report is None else self.report["score"]


@dataclass(frozen=True)
class Grade:
    """What goes into a gradebook. Scores are None where nothing could be graded."""

    submission: str
    exercise: str
    person: Person | None
    attempt: int
    attempts: int
    status: str
    raw_score: float | None
    late_days: int
    penalty: float
    score: float | None
    max_score: float
    problem: str
    report: Mapping[str, Any] | None


def late_days(policy: LatePolicy | None, received: float) -> int:
    """Days begun after the deadline and its grace."""
    if policy is None:
        return 0
    return max(0, ceil((received - policy.due - policy.grace) / SECONDS_PER_DAY))


def penalty(policy: LatePolicy | None, received: float, raw_score: float) -> float:
    """Points off for lateness: percent of the raw score for each day begun, up to the cap."""
    if policy is None:
        return 0.0
    percent = min(policy.cap, late_days(policy, received) * policy.percent_per_day)
    return round(raw_score * percent / 100, 4)


def grades(
    graded: Iterable[Graded],
    policy: LatePolicy | None,
    attempts: str,
    max_scores: Mapping[str, float],
) -> list[Grade]:
    """One grade for each submission and exercise: of its `latest` or `best` attempt."""
    grouped: dict[tuple[str, str], list[Graded]] = {}
    for one in graded:
        grouped.setdefault((one.collected.origin.label, one.collected.exercise), []).append(one)
    return [
        _grade(_chosen(group, policy, attempts), len(group), policy, max_scores)
        for group in grouped.values()
    ]


def _chosen(group: Sequence[Graded], policy: LatePolicy | None, attempts: str) -> Graded:
    def final(one: Graded) -> float:
        if one.raw_score is None:
            return -1.0
        return one.raw_score - penalty(policy, one.collected.received, one.raw_score)

    def when(one: Graded) -> tuple[int, float]:
        return one.collected.origin.attempt, one.collected.received

    if attempts == "best":
        return max(group, key=lambda one: (final(one), when(one)))
    return max(group, key=when)


def _grade(
    one: Graded, attempts: int, policy: LatePolicy | None, max_scores: Mapping[str, float]
) -> Grade:
    raw, received = one.raw_score, one.collected.received
    off = 0.0 if raw is None else penalty(policy, received, raw)
    status = "not_gradable" if one.report is None else str(one.report["status"])
    if one.collected.work is None:
        status = "no_submission" if not one.collected.exercise else "unreadable"
    return Grade(
        submission=one.collected.origin.label,
        exercise=one.collected.exercise,
        person=one.person,
        attempt=one.collected.origin.attempt,
        attempts=attempts,
        status=status,
        raw_score=raw,
        late_days=late_days(policy, received),
        penalty=off,
        score=None if raw is None else round(raw - off, 4),
        max_score=max_scores.get(one.collected.exercise, 0.0),
        problem=one.collected.problem or one.problem,
        report=one.report,
    )


def without_submission(roster: Roster, found: Iterable[Grade]) -> list[Person]:
    """The people of a roster of whom nothing came in."""
    seen = {grade.person for grade in found}
    return [person for person in roster.people if person not in seen]
