"""Grades: the raw score of the attempt that counts, the late penalty, and the score."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

from grading.batch.collect import Collected
from grading.batch.people import Person, Roster
from grading.batch.store import Result
from grading.course.questions import Question
from grading.course.syllabus import LatePolicy
from grading.report import QuestionResult, Report

SECONDS_PER_DAY = 24 * 3600


@dataclass(frozen=True)
class Graded:
    """A collected attempt and its result: None if it could not be graded; `problem` says why.

    `load` reads the whole report.
    """

    collected: Collected
    person: Person | None
    result: Result | None
    load: Callable[[], Report | None]
    problem: str = ""

    @property
    def raw_score(self) -> float | None:
        return None if self.result is None else self.result.score


@dataclass(frozen=True)
class Grade:
    """One entry of a gradebook. Scores are None where nothing could be graded.

    `received` is in seconds since 1970. `questions` hold the points given by hand, which count
    toward no score.
    """

    submission: str
    exercise: str
    person: Person | None
    attempt: int
    attempts: int
    status: str
    raw_score: float | None
    received: float
    late_days: int
    penalty: float
    score: float | None
    max_score: float
    problem: str
    load: Callable[[], Report | None]
    questions: Sequence[QuestionResult] = ()
    answers: Callable[[], Sequence[Question]] = tuple

    @property
    def report(self) -> Report | None:
        """The whole report, read again each time: those of a large class would fill the memory."""
        return self.load()

    @property
    def by_hand(self) -> tuple[float, float] | None:
        """The points given by hand, and out of how many; None if there are none."""
        marks = [question.mark for question in self.questions if question.mark is not None]
        if not marks:
            return None
        return sum(mark.points for mark in marks), sum(mark.max_points for mark in marks)


def late_days(policy: LatePolicy | None, received: float, late: bool | None = None) -> int:
    """Days begun after the deadline and its grace period.

    If the platform says whether it was late, that counts, and the time only tells by how much.
    """
    if policy is None or late is False:
        return 0
    days = max(0, ceil((received - policy.due - policy.grace) / SECONDS_PER_DAY))
    return max(1, days) if late else days


def penalty(policy: LatePolicy | None, days: int, raw_score: float) -> float:
    """Points off for lateness: percent of the raw score for each day begun, up to the cap."""
    if policy is None:
        return 0.0
    return round(raw_score * min(policy.cap, days * policy.percent_per_day) / 100, 4)


def grades(
    graded: Iterable[Graded],
    policy: LatePolicy | None,
    attempts: str,
    max_scores: Mapping[str, float],
    questions: Callable[[Collected], Sequence[QuestionResult]] = lambda collected: (),
    answers: Callable[[Collected], Sequence[Question]] = lambda collected: (),
) -> list[Grade]:
    """One grade for each submission and exercise, from its `latest` or `best` attempt."""
    grouped: dict[tuple[str, str], list[Graded]] = {}
    for attempt in graded:
        key = attempt.collected.origin.label, attempt.collected.exercise
        grouped.setdefault(key, []).append(attempt)
    grades = []
    for group in grouped.values():
        chosen = _chosen(group, policy, attempts)
        grade = _grade(chosen, len(group), policy, max_scores)
        collected = chosen.collected
        results, reader = questions(collected), partial(answers, collected)
        grades.append(replace(grade, questions=results, answers=reader))
    return grades


def _days(policy: LatePolicy | None, attempt: Graded) -> int:
    return late_days(policy, attempt.collected.received, attempt.collected.origin.late)


def _chosen(group: Sequence[Graded], policy: LatePolicy | None, attempts: str) -> Graded:
    def final(attempt: Graded) -> float:
        if attempt.raw_score is None:
            return -1.0
        return attempt.raw_score - penalty(policy, _days(policy, attempt), attempt.raw_score)

    def when(attempt: Graded) -> tuple[int, float]:
        return attempt.collected.origin.attempt, attempt.collected.received

    if attempts == "best":
        return max(group, key=lambda attempt: (final(attempt), when(attempt)))
    return max(group, key=when)


def _grade(
    graded: Graded, attempts: int, policy: LatePolicy | None, max_scores: Mapping[str, float]
) -> Grade:
    raw, days = graded.raw_score, _days(policy, graded)
    off = 0.0 if raw is None else penalty(policy, days, raw)
    status = "not_gradable" if graded.result is None else graded.result.status
    if graded.collected.work is None:
        status = "no_submission" if not graded.collected.exercise else "unreadable"
    return Grade(
        submission=graded.collected.origin.label,
        exercise=graded.collected.exercise,
        person=graded.person,
        attempt=graded.collected.origin.attempt,
        attempts=attempts,
        status=status,
        raw_score=raw,
        received=graded.collected.received,
        late_days=days,
        penalty=off,
        score=None if raw is None else round(raw - off, 4),
        max_score=max_scores.get(graded.collected.exercise, 0.0),
        problem=graded.collected.problem or graded.problem,
        load=graded.load,
    )


def without_submission(roster: Roster, grades: Iterable[Grade]) -> list[Person]:
    """The people in a roster who handed in nothing."""
    seen = {grade.person for grade in grades}
    return [person for person in roster.people if person not in seen]


def strangers(grades: Iterable[Grade]) -> list[str]:
    """The submissions of nobody in the roster."""
    return list(dict.fromkeys(grade.submission for grade in grades if grade.person is None))
