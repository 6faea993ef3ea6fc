"""What a batch says at its end: counts, changes, choices, and everything left to settle."""

from collections.abc import Sequence

from grading.batch.attention import Attention
from grading.batch.grades import Grade
from grading.batch.intake.identify import Intake
from grading.batch.people import decisions
from grading.batch.people.evidence import Evidence
from grading.batch.run import Outcome
from grading.batch.store import Change
from grading.text import without_commands


def say(
    outcome: Outcome,
    intake: Intake,
    grades: Sequence[Grade],
    unsettled: Attention,
) -> None:
    """Print what happened: counts, changes, and everything left to look at."""
    left = sum(grade.score is None for grade in grades)
    _say(
        f"{len(intake.collected)} attempts: {outcome.graded} graded now, {outcome.known} known"
        f" already, {left} grades open"
    )
    for change in outcome.changes:
        _say(f"changed: {_described(change)}")
    say_what_counts(intake, grades)
    say_what_is_open(unsettled)


def say_what_is_open(unsettled: Attention) -> None:
    """Print what a person must settle."""
    for line in unsettled.shown():
        _say(line)


def say_what_counts(intake: Intake, grades: Sequence[Grade]) -> None:
    """Print notes on the roster, which file and attempt count, which name counts, what was late."""
    for note in intake.roster.notes:
        _say(f"roster: {note}")
    for kind in dict.fromkeys(match.ignored for match in intake.matches.values()):
        if kind is not None:
            print(
                f"matched: by names, as the {kind}s of the roster fit no submission: they may be"
                " another assignment's or platform's"
            )
    for label, match in intake.matches.items():
        if match.evidence in (Evidence.PLAIN, Evidence.PART):
            people = ", ".join(decisions.described(person) for person in match.people)
            _say(f"matched: {label}: {people}, by the {match.evidence}")
    counting = {(grade.submission, grade.exercise, grade.attempt) for grade in grades}
    for found in intake.collected:
        identity = (found.author.label, found.exercise, found.attempt)
        if found.work is not None and found.work.note and identity in counting:
            chosen = f"{found.work.name} ({found.work.note})"
            _say(f"chosen: {found.author.label} {found.exercise}: {chosen}")
        if found.answers_note and identity in counting:
            answers = f"answers {found.answers_note}"
            _say(f"chosen: {found.author.label} {found.exercise}: {answers}")
    for grade in grades:
        if grade.counted:
            _say(f"counted: {grade.submission} {grade.exercise}: {grade.counted}")
    if late := sum(grade.penalty > 0 for grade in grades):
        _say(f"late: {late} grades carry a penalty (grades.csv says when each came in)")


def _say(line: str) -> None:
    """Print a line, in which names from a submission may stand."""
    print(without_commands(line))


def _described(change: Change) -> str:
    before, after = (_score(score) for score in (change.old_score, change.new_score))
    attempt = f" attempt {change.attempt}" if change.attempt > 1 else ""
    return f"{change.submission} {change.exercise}{attempt}: {before} -> {after} ({change.why})"


def _score(score: float | None) -> str:
    return "no score" if score is None else f"{score:g}"
