"""Grades: what a gradebook gets for each person and exercise.

    penalty    percent of raw_score for each day late, up to the cap
    score      raw_score - penalty
    final      the override, else score (+ points by hand, where the course counts them)
    max_final  max_score (+ the most points by hand, where the course counts them)

A gradebook writes final x points / max_final, rounded once; `points` are those of the platform's
column, or of `[exercises.ID] points`, or else max_final.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from grading.batch import counting
from grading.batch.by_hand import ByHand
from grading.batch.counting import Graded
from grading.batch.decisions import Decided, InForce
from grading.batch.intake.collected import Collected
from grading.batch.intake.times import Received
from grading.batch.lateness import days_late, penalty
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.course.questions import Question
from grading.course.syllabus import Course, LatePolicy
from grading.report import QuestionResult, Report

# The status of somebody from whom nothing came in.
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Grade:
    """One entry of a gradebook. Scores are None where nothing could be graded.

    `final` is None as well for somebody who is excused, or whose answers wait for points that
    count. `submission` is empty if nothing came in. `basis` is the key of the result. `unsettled`
    says why another attempt might have counted, and `counted` which of several did.
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
    # What a gradebook gets, and out of how many points.
    final: float | None = None
    max_final: float = 0.0
    # What a person decided about this grade, in words, and whether that is to excuse the person.
    decided: tuple[str, ...] = ()
    excused: bool = False
    questions: Sequence[QuestionResult] = ()
    answers: Callable[[], Sequence[Question]] = tuple
    unsettled: str = ""
    counted: str = ""
    basis: str = ""
    # Whether somebody decided how many points this is, out of how many at that time, and what it
    # is without any decision.
    overridden: bool = False
    overridden_of: float | None = None
    undecided: float | None = None

    @property
    def decision(self) -> str:
        """Everything that a person decided about this grade."""
        return "; ".join(self.decided)

    @property
    def is_missing(self) -> bool:
        """Whether nothing came in that this could be the grade of."""
        return self.status == MISSING

    @property
    def is_decided(self) -> bool:
        """Whether a person decided what the grade is."""
        return self.overridden or self.excused

    @property
    def is_only_missing(self) -> bool:
        """Whether nothing came in, and nobody decided what to make of that."""
        return self.is_missing and not self.is_decided

    @property
    def is_open(self) -> bool:
        """Whether something came in and has no grade, and nobody is excused from it."""
        return self.final is None and not self.excused and not self.is_missing

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


@dataclass(frozen=True)
class Rules:
    """What a grade depends on beside the result: the course, points by hand, and decisions.

    `max_scores` are the points of each exercise that takes part.
    """

    course: Course
    max_scores: Mapping[str, float]
    hand: ByHand | None = None
    decided: Decided | None = None

    def in_force(self, person: Person | None, label: str, exercise: str) -> InForce:
        """What somebody decided on a grade."""
        return InForce() if self.decided is None else self.decided.on(person, label, exercise)

    def policy(self, exercise: str) -> LatePolicy | None:
        """The late policy of an exercise, before extensions."""
        return self.course.exercises[exercise].late if exercise else None

    def most_by_hand(self, exercise: str) -> float:
        """The most points by hand that count, and 0 if none do."""
        if self.hand is None or self.course.by_hand != "counts":
            return 0.0
        return self.hand.most(exercise)

    def is_waiting(self, grade: Grade) -> bool:
        """Whether an answer waits for points that count."""
        if self.hand is None or self.course.by_hand != "counts":
            return False
        return self.hand.is_waiting(grade.exercise, grade.questions)

    def max_final(self, exercise: str) -> float:
        """The points of an exercise in a gradebook, before they are scaled."""
        return self.max_scores.get(exercise, 0.0) + self.most_by_hand(exercise)


def grades(graded: Iterable[Graded], rules: Rules) -> list[Grade]:
    """One grade for each person and exercise, from the `latest` or `best` attempt.

    What belongs to nobody has a grade for each submission.
    """
    return [
        _of_group(person, exercise, group, rules)
        for (_, person, exercise), group in counting.grouped(graded).items()
    ]


def _of_group(person: Person | None, exercise: str, group: Sequence[Graded], rules: Rules) -> Grade:
    """The grade that several attempts of one person make."""
    attempts = rules.course.attempts
    # Attempts under several labels are one person's; what is nobody's has one.
    in_force = rules.in_force(person, group[0].collected.author.label, exercise)
    policy = in_force.policy(rules.policy(exercise))
    if in_force.extension is not None:
        # A platform's "late" is about its own deadline, which does not know of the extension.
        group = [replace(one, received=replace(one.received, late=None)) for one in group]
    chosen, unsettled = counting.counting(group, policy, attempts)
    grade = _grade(chosen, person, len(group), policy, rules)
    said = counting.said(chosen, group, bool(unsettled) or attempts == "best")
    grade = replace(grade, unsettled=unsettled, counted=said)
    return finished(grade, in_force, rules)


def _grade(
    graded: Graded, person: Person | None, attempts: int, policy: LatePolicy | None, rules: Rules
) -> Grade:
    """The grade of the attempt that counts, without what a person has decided."""
    collected, raw = graded.collected, graded.raw_score
    days = days_late(policy, graded.received)
    off = 0.0 if raw is None else penalty(policy, days, raw)
    status = "not_gradable" if graded.result is None else graded.result.status
    if collected.work is None:
        status = "no_submission" if not collected.exercise else "unreadable"
    hand = rules.hand
    return Grade(
        submission=collected.author.label,
        exercise=collected.exercise,
        person=person,
        attempt=collected.attempt,
        attempts=attempts,
        status=status,
        raw_score=raw,
        received=graded.received,
        late_days=days,
        penalty=off,
        score=None if raw is None else round(raw - off, 4),
        # A grade of an earlier run is out of the points of that time.
        max_score=rules.max_scores.get(collected.exercise, 0.0)
        if graded.result is None
        else graded.result.max_score,
        problem=collected.problem or graded.problem,
        load=graded.load,
        questions=() if hand is None else hand.results(collected),
        answers=tuple if hand is None else partial(hand.answers, collected),
        basis=graded.basis,
    )


def finished(grade: Grade, in_force: InForce, rules: Rules) -> Grade:
    """The grade with its final points: what a person decided, or else what the formula says."""
    most = rules.most_by_hand(grade.exercise)
    undecided, override = grade.score, in_force.override
    if undecided is not None and most:
        undecided = None if rules.is_waiting(grade) else round(undecided + _by_hand(grade), 4)
    excused = in_force.is_excused
    return replace(
        grade,
        final=None if excused else undecided if override is None else override,
        max_final=round(grade.max_score + most, 4),
        decided=in_force.decided,
        excused=excused,
        overridden=override is not None,
        overridden_of=in_force.overridden_of(grade.exercise),
        undecided=undecided,
    )


def _by_hand(grade: Grade) -> float:
    return 0.0 if grade.by_hand is None else grade.by_hand[0]


def of_missing(
    roster: Roster,
    grades: Sequence[Grade],
    rules: Rules,
    waiting: Set[str],
    now: float,
) -> list[Grade]:
    """Grades of people from whom nothing came in: what was decided, or else a zero.

    A zero is for courses with `missing = "zero"`, after the deadline (`now`, seconds since 1970).
    Exercises that are `waiting` have none yet: a submission there may still be anybody's. Nor have
    those that nobody has handed in: a run may be about others.
    """
    found = []
    handed_in = {grade.exercise for grade in grades}
    for exercise, people in missing(roster, grades, rules.max_scores).items():
        for person in people:
            in_force = rules.in_force(person, "", exercise)
            grade = finished(_nothing(person, exercise, rules), in_force, rules)
            may_be_zero = exercise in handed_in and not {exercise, ""} & waiting
            if grade.is_decided:
                found.append(grade)
            elif may_be_zero and _is_zero(in_force, exercise, rules, now):
                found.append(replace(grade, score=0.0, final=0.0, undecided=0.0))
            elif in_force.extension is not None:
                found.append(grade)
    return found


def waiting(grades: Iterable[Grade], collected: Iterable[Collected]) -> set[str]:
    """The exercises in which a submission is unsettled, unreadable or nobody's; "" is any of them.

    Nobody has a zero there yet: the submission may be anybody's.
    """
    open_ones = {
        grade.exercise
        for grade in grades
        if grade.person is None or grade.is_open or (grade.unsettled and not grade.overridden)
    }
    doubtful = {
        found.exercise
        for found in collected
        if not found.exercise or (found.work is not None and not found.work.settled)
    }
    return open_ones | doubtful


def _is_zero(in_force: InForce, exercise: str, rules: Rules, now: float) -> bool:
    policy = in_force.policy(rules.policy(exercise))
    if rules.course.missing != "zero" or policy is None:
        return False
    return now > (policy.due + timedelta(seconds=policy.grace)).timestamp()


def _nothing(person: Person, exercise: str, rules: Rules) -> Grade:
    return Grade(
        submission="",
        exercise=exercise,
        person=person,
        attempt=0,
        attempts=0,
        status=MISSING,
        raw_score=None,
        received=Received(),
        late_days=0,
        penalty=0.0,
        score=None,
        max_score=rules.max_scores.get(exercise, 0.0),
        problem="nothing came in",
        load=lambda: None,
    )


def missing(
    roster: Roster, grades: Iterable[Grade], exercises: Iterable[str]
) -> dict[str, list[Person]]:
    """The people of a roster from whom nothing came in and about whom nothing was decided."""
    there: dict[str, set[Person]] = {}
    for grade in grades:
        if grade.person is not None and grade.exercise and not grade.is_only_missing:
            there.setdefault(grade.exercise, set()).add(grade.person)
    return {
        exercise: [person for person in roster.people if person not in there.get(exercise, ())]
        for exercise in exercises
    }
