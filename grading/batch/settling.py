"""Gathers what a person must settle from all that a run has found."""

from collections.abc import Collection, Iterator, Sequence

from grading.batch import grades as grading_rules
from grading.batch.attention import (
    ANSWERS,
    CHANGED,
    EDITED,
    FILES,
    NOT_HERE,
    UNREADABLE,
    Attention,
    attention,
)
from grading.batch.grades import Grade
from grading.batch.intake.collected import Collected
from grading.batch.intake.identify import Intake
from grading.batch.people.person import Person
from grading.batch.taking import TakenIn
from grading.course.syllabus import Course
from grading.text import number_of


def to_settle(
    course: Course,
    taken: TakenIn,
    grades: Sequence[Grade],
    unfit: Collection[str] = (),
    edited: Sequence[str] = (),
) -> Attention:
    """Everything that a person must look at.

    `unfit` holds the reason of each exercise that cannot be graded on this machine, and `edited` a
    line on each file that somebody edited.
    """
    intake = taken.intake
    doubts = [doubt for found in intake.everything for doubt in _doubts(found)]
    doubts += [(ANSWERS, line, label) for label, line in taken.hand.doubts]
    doubts += _marks_elsewhere(taken, grades)
    doubts += _decided_on_nothing(taken, grades)
    doubts += [(EDITED, line, "") for line in edited]
    identities = [exercise.id for exercise in intake.exercises]
    missing = grading_rules.missing(intake.roster, grades, identities)
    has_roster = bool(intake.roster.sheets)
    notes = [*intake.notes, *taken.hand.problems]
    found = attention(course, grades, intake.matches, doubts, missing, notes, has_roster, unfit)
    if lines := list(_not_here(intake)):
        found.missing[NOT_HERE] = lines
    return found


def _marks_elsewhere(taken: TakenIn, grades: Sequence[Grade]) -> Iterator[tuple[str, str, str]]:
    """A line for each grade without points by hand, where the person's other hand-in has some."""
    labels: dict[Person, list[str]] = {}
    for label, match in taken.intake.matches.items():
        for person in match.people:
            labels.setdefault(person, []).append(label)
    for grade in grades:
        if grade.person is None or taken.hand.has_marks(grade.submission, grade.exercise):
            continue
        for label in labels.get(grade.person, ()):
            if taken.hand.has_marks(label, grade.exercise):
                what = f"{grade.submission} {grade.exercise}"
                yield ANSWERS, f"{what}: the points by hand are those of {label}", grade.submission


def _decided_on_nothing(taken: TakenIn, grades: Sequence[Grade]) -> Iterator[tuple[str, str, str]]:
    """A line for each decision on a submission that holds nothing of the exercise."""
    there = {(grade.submission, grade.exercise) for grade in grades}
    for label, exercise in taken.decided.on_labels():
        if (label, exercise) not in there:
            yield UNREADABLE, f"{label} {exercise}: decided, but nothing came in", label


def _not_here(intake: Intake) -> Iterator[str]:
    """A line for each submission that this folder lacks; one line if it lacks an exercise."""
    here = {found.exercise for found in intake.collected}
    others: dict[str, int] = {}
    for label, exercise in dict.fromkeys(one.collected.place for one in intake.earlier):
        if exercise in here or not exercise:
            yield f"{label} {exercise}".strip()
        else:
            others[exercise] = others.get(exercise, 0) + 1
    for exercise, count in others.items():
        yield f"{exercise}: {number_of(count, 'submission')} of earlier runs"


def _doubts(found: Collected) -> Iterator[tuple[str, str, str]]:
    """The kind and line of each doubt about what counts in an attempt, and the submission."""
    label = found.author.label
    what = f"{label} {found.exercise}"
    if found.work is not None and not found.work.settled:
        yield FILES, f"{what}: {found.work.name} ({found.work.note})", label
    if not found.answers_settled:
        yield FILES, f"{what}: answers {found.answers_note}", label
    if found.doubt:
        yield CHANGED, f"{what}: {found.doubt}", label
