"""Grades: the raw score of the attempt that counts, the late penalty, and the score."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

from grading.batch.intake.collected import Collected
from grading.batch.intake.times import Received, days_late
from grading.batch.people.evidence import Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.store import Result
from grading.course.questions import Question
from grading.course.syllabus import Course, LatePolicy
from grading.report import QuestionResult, Report

UNSETTLED = "several hand-ins, and nothing tells which came later: the better one counts for now"
UNREAD = "another hand-in has no work that can be read"


@dataclass(frozen=True, slots=True)
class Graded:
    """A collected attempt and its result: None if it could not be graded; `problem` says why.

    `load` reads the whole report.
    """

    collected: Collected
    match: Match
    received: Received
    result: Result | None
    load: Callable[[], Report | None]
    problem: str = ""

    @property
    def raw_score(self) -> float | None:
        return None if self.result is None else self.result.score


@dataclass(frozen=True, slots=True)
class Grade:
    """One entry of a gradebook. Scores are None where nothing could be graded.

    `questions` hold the points given by hand, which count toward no score. `unsettled` says why
    another attempt might have counted, and `counted` which of several did.
    """

    submission: str
    exercise: str
    person: Person | None
    attempt: int
    attempts: int
    status: str
    raw_score: float | None
    received: Received
    late_days: int
    penalty: float
    score: float | None
    max_score: float
    problem: str
    load: Callable[[], Report | None]
    questions: Sequence[QuestionResult] = ()
    answers: Callable[[], Sequence[Question]] = tuple
    unsettled: str = ""
    counted: str = ""

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


def penalty(policy: LatePolicy | None, days: int, raw_score: float) -> float:
    """Points off for lateness: percent of the raw score for each day begun, up to the cap."""
    if policy is None:
        return 0.0
    return round(raw_score * min(policy.cap, days * policy.percent_per_day) / 100, 4)


def grades(
    graded: Iterable[Graded],
    course: Course,
    max_scores: Mapping[str, float],
    questions: Callable[[Collected], Sequence[QuestionResult]] = lambda collected: (),
    answers: Callable[[Collected], Sequence[Question]] = lambda collected: (),
) -> list[Grade]:
    """One grade for each person and exercise, from the `latest` or `best` attempt.

    What belongs to nobody has a grade for each submission.
    """
    grades = []
    for (_, person, exercise), group in _grouped(graded).items():
        policy = course.exercises[exercise].late if exercise else None
        chosen, unsettled = counting(group, policy, course.attempts)
        grade = _grade(chosen, person, len(group), policy, max_scores)
        collected = chosen.collected
        grades.append(
            replace(
                grade,
                questions=questions(collected),
                answers=partial(answers, collected),
                unsettled=unsettled,
                counted=_counted(chosen, group, bool(unsettled) or course.attempts == "best"),
            )
        )
    return grades


def may_count(
    course: Course,
    collected: Sequence[Collected],
    matches: Mapping[str, Match],
    received: Mapping[Collected, Received],
) -> set[Collected]:
    """What has to be graded: attempts that a later one replaces for certain are left out."""
    waiting = [
        Graded(found, matches[found.author.label], received[found], None, lambda: None)
        for found in collected
    ]
    needed: set[Collected] = set()
    for everything in _grouped(waiting).values():
        group = _worked_on(everything)
        ordered = in_order(group)
        if ordered is not None and course.attempts == "latest":
            group = ordered[-1:]
        needed |= {attempt.collected for attempt in group}
    return needed


def _grouped(graded: Iterable[Graded]) -> dict[tuple[str, Person | None, str], list[Graded]]:
    """The attempts of each person at each exercise; of nobody, those with one label."""
    grouped: dict[tuple[str, Person | None, str], list[Graded]] = {}
    for attempt in graded:
        for person in attempt.match.people or (None,):
            label = attempt.collected.author.label if person is None else ""
            grouped.setdefault((label, person, attempt.collected.exercise), []).append(attempt)
    return grouped


def counting(
    group: Sequence[Graded], policy: LatePolicy | None, attempts: str
) -> tuple[Graded, str]:
    """The attempt that counts, and why that is not settled (empty if it is)."""

    def final(attempt: Graded) -> tuple[bool, bool, float]:
        """The sort key of an attempt; ungraded attempts rank as if they had equal scores."""
        raw = attempt.raw_score
        days, points = days_late(policy, attempt.received), 1.0 if raw is None else raw
        final_score = points - penalty(policy, days, points)
        return raw is not None, attempt.collected.work is not None, final_score

    works = _worked_on(group)
    ordered, everything = in_order(works), in_order(group)
    # An attempt without work replaces none, but somebody should look at it if it came later.
    is_read = all(_identity(attempt) for attempt in (everything[-1:] if everything else group))
    unread = UNREAD if _identity(works[0]) and not is_read else ""
    if ordered is None:
        best = max(works, key=final)
        identities = {_identity(attempt) for attempt in works}
        late = {days_late(policy, attempt.received) for attempt in works}
        # The same work at the same price is the same grade, such as that of each member of a team.
        is_one = len(identities) == 1 and None not in identities and len(late) == 1
        return best, unread if is_one else UNSETTLED
    if attempts == "best":
        return max(reversed(ordered), key=final), unread
    return ordered[-1], unread


def _identity(attempt: Graded) -> str | None:
    return None if attempt.collected.work is None else attempt.collected.work.identity


def _worked_on(group: Sequence[Graded]) -> Sequence[Graded]:
    """The attempts with work; without any, those with the untouched stub; failing that, all."""
    works = [attempt for attempt in group if attempt.collected.work is not None]
    touched = [one for one in works if one.collected.work and one.collected.work.worked_on]
    return touched or works or group


def in_order(group: Sequence[Graded]) -> list[Graded] | None:
    """Attempts by the time at which they came in, or by their numbers; None if neither tells."""
    times = {attempt.received.seconds for attempt in group}
    if None not in times and len(times) == len(group):
        by_time = sorted(group, key=lambda attempt: attempt.received.seconds or 0.0)
        is_certain = all(one.received.is_before(other.received) for one, other in pairwise(by_time))
        # Their numbers may come from the same clock.
        return by_time if is_certain else None
    orders = {attempt.collected.order for attempt in group}
    one_author = len({attempt.collected.author for attempt in group}) == 1
    if len(group) == 1 or (one_author and None not in orders and len(orders) == len(group)):
        return sorted(group, key=lambda attempt: attempt.collected.order or ())
    return None


def _counted(chosen: Graded, group: Sequence[Graded], by_score: bool) -> str:
    if len(group) == 1:
        return ""
    others = dict.fromkeys(
        attempt.collected.author.label
        for attempt in group
        if attempt.collected.author != chosen.collected.author
    )
    works = [attempt for attempt in group if attempt.collected.work is not None]
    stubs = len(works) - len(_worked_on(works))
    untouched = f"; {stubs} with the untouched stub" if stubs else ""
    if by_score and _is_open(group):
        beside = f", also {', '.join(others)}" if others else ""
        return f"the best of {len(group)} attempts, once they are graded{beside}{untouched}"
    instead = f", and not {', '.join(others)}" if others else ""
    work = _identity(chosen)
    again = [one for one in group if one is not chosen and work and _identity(one) == work]
    same = f"; {len(again)} with the same work" if again else ""
    return f"attempt {chosen.collected.attempt} of {len(group)}{instead}{untouched}{same}"


def _is_open(group: Sequence[Graded]) -> bool:
    """Whether attempts that differ wait for their scores."""
    rivals = _worked_on(group)
    waiting = {attempt.collected.work.identity for attempt in rivals if attempt.collected.work}
    return len(waiting) > 1 and all(attempt.raw_score is None for attempt in rivals)


def _grade(
    graded: Graded,
    person: Person | None,
    attempts: int,
    policy: LatePolicy | None,
    max_scores: Mapping[str, float],
) -> Grade:
    raw, days = graded.raw_score, days_late(policy, graded.received)
    off = 0.0 if raw is None else penalty(policy, days, raw)
    status = "not_gradable" if graded.result is None else graded.result.status
    if graded.collected.work is None:
        status = "no_submission" if not graded.collected.exercise else "unreadable"
    return Grade(
        submission=graded.collected.author.label,
        exercise=graded.collected.exercise,
        person=person,
        attempt=graded.collected.attempt,
        attempts=attempts,
        status=status,
        raw_score=raw,
        received=graded.received,
        late_days=days,
        penalty=off,
        score=None if raw is None else round(raw - off, 4),
        max_score=max_scores.get(graded.collected.exercise, 0.0),
        problem=graded.collected.problem or graded.problem,
        load=graded.load,
    )


def missing(
    roster: Roster, grades: Iterable[Grade], exercises: Iterable[str]
) -> dict[str, list[Person]]:
    """The people of a roster without work, by exercise."""
    there: dict[str, set[Person]] = {}
    for grade in grades:
        if grade.person is not None and grade.exercise:
            there.setdefault(grade.exercise, set()).add(grade.person)
    return {
        exercise: [person for person in roster.people if person not in there.get(exercise, ())]
        for exercise in exercises
    }
