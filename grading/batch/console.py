"""What a batch says at its end: counts, changes, choices, and everything left to settle."""

from collections.abc import Sequence

from grading.batch.attention import Attention
from grading.batch.grades import Grade
from grading.batch.intake.identify import Intake
from grading.batch.people import decisions
from grading.batch.people.matching import Evidence
from grading.batch.run import Outcome
from grading.batch.store import Change


def say(
    outcome: Outcome,
    intake: Intake,
    grades: Sequence[Grade],
    unsettled: Attention,
) -> None:
    """Print what happened: counts, changes, and everything left to look at."""
    left = sum(grade.score is None for grade in grades)
    print(
        f"{len(intake.collected)} attempts: {outcome.graded} graded now, {outcome.known} known"
        f" already, {left} grades open"
    )
    for change in outcome.changes:
        print(f"changed: {described(change)}")
    say_what_counts(intake, grades)
    for line in unsettled.shown():
        print(line)


def say_what_counts(intake: Intake, grades: Sequence[Grade]) -> None:
    """Print which file and attempt count, whose name was only spelled alike, and what was late."""
    for label, match in intake.matches.items():
        if match.evidence is Evidence.PLAIN:
            people = ", ".join(decisions.described(person) for person in match.people)
            print(f"matched: {label}: {people}, by the {match.evidence}")
    counting = {(grade.submission, grade.exercise, grade.attempt) for grade in grades}
    for found in intake.collected:
        identity = (found.author.label, found.exercise, found.attempt)
        if found.work is not None and found.work.note and identity in counting:
            chosen = f"{found.work.name} ({found.work.note})"
            print(f"chosen: {found.author.label} {found.exercise}: {chosen}")
        if found.answers_note and identity in counting:
            answers = f"answers {found.answers_note}"
            print(f"chosen: {found.author.label} {found.exercise}: {answers}")
    for grade in grades:
        if grade.counted:
            print(f"counted: {grade.submission} {grade.exercise}: {grade.counted}")
    if late := sum(grade.penalty > 0 for grade in grades):
        print(f"late: {late} grades carry a penalty (grades.csv says when each came in)")


def described(change: Change) -> str:
    before, after = (_score(score) for score in (change.old_score, change.new_score))
    attempt = f" attempt {change.attempt}" if change.attempt > 1 else ""
    return f"{change.submission} {change.exercise}{attempt}: {before} -> {after} ({change.why})"


def _score(score: float | None) -> str:
    return "no score" if score is None else f"{score:g}"
