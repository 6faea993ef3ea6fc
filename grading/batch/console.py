"""What a batch says at its end: counts, changes, choices, and everything left to settle."""

from collections.abc import Iterable, Mapping, Sequence

from grading.batch.attention import Attention
from grading.batch.changes import Change
from grading.batch.grades import Grade
from grading.batch.intake.collected import Collected
from grading.batch.intake.identify import Intake
from grading.batch.people import decisions
from grading.batch.people.evidence import Evidence, Match
from grading.batch.run import Outcome
from grading.batch.taking import TakenIn
from grading.text import number_of, without_commands

# A note that more than MANY submissions share is one line, which names FEW of them.
MANY = 10
FEW = 3
# Evidence that a person should see, as it rests on a spelling or a part.
_BY = {Evidence.PART: "part of the label", Evidence.PLAIN: "the name without accents"}


def say(
    outcome: Outcome,
    taken: TakenIn,
    grades: Sequence[Grade],
    changed: Sequence[Change],
    unsettled: Attention,
) -> None:
    """Print what happened: counts, changes, and everything left to look at."""
    intake = taken.intake
    left = sum(grade.is_open for grade in grades)
    _say(
        f"{number_of(len(intake.collected), 'attempt')}: {outcome.graded} graded now,"
        f" {outcome.known} known already, {number_of(left, 'grade')} open"
    )
    say_lines(taken.said)
    if taken.pruned:
        _say(f"pruned: {number_of(len(taken.pruned), 'attempt')} that this folder lacks")
    # What is new, and what was decided without another grade, is in changes.csv.
    for change in changed:
        if change.before is not None and change.is_of_points:
            _say(f"changed: {_described(change)}")
    counting = {(grade.submission, grade.exercise, grade.attempt) for grade in grades}
    counted = [
        found
        for found in intake.collected
        if (found.author.label, found.exercise, found.attempt) in counting
    ]
    say_what_counts(intake, grades, counted, " (grades.csv says when each came in)")
    for note in unsettled.notes:
        _say(f"gradebook: {note}")
    say_what_is_open(unsettled)


def what_is_gone(changed: Sequence[Change]) -> list[str]:
    """A line on grades that there were, as a platform that has them keeps them."""
    gone = [f"{one.person} {one.exercise}" for one in changed if one.after is None]
    if not gone:
        return []
    more = f" and {len(gone) - FEW} more" if len(gone) > FEW else ""
    verb = "has" if len(gone) == 1 else "have"
    return [
        f"{', '.join(gone[:FEW])}{more} {verb} no grade any more: one that a platform has imported"
        " stays there"
    ]


def say_lines(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        _say(line)


def say_what_is_open(unsettled: Attention) -> None:
    """Print what a person must settle."""
    say_lines(unsettled.shown())


def say_what_counts(
    intake: Intake, grades: Sequence[Grade], counting: Sequence[Collected], remark: str = ""
) -> None:
    """Print notes on the roster, which file and attempt count, which name counts, what was late.

    `counting` are the attempts that count, or that may count if nothing is graded yet; `remark`
    says more about what was late.
    """
    for note in intake.roster.notes:
        _say(f"roster: {note}")
    _say_who(intake.matches)
    for (exercise, chosen), labels in _chosen(counting).items():
        # The whole class may have the same beside its work, such as the course's own notebook.
        more = f" and {len(labels) - FEW} more" if len(labels) > MANY else ""
        for shown in [", ".join(labels[:FEW])] if more else labels:
            _say(f"chosen: {shown}{more} {exercise}: {chosen}")
    for grade in grades:
        if grade.counted:
            _say(f"counted: {grade.submission} {grade.exercise}: {grade.counted}")
    if late := sum(grade.penalty > 0 for grade in grades):
        _say(f"late: {number_of(late, 'grade')} with a penalty{remark}")


def _say_who(matches: Mapping[str, Match]) -> None:
    for kind in dict.fromkeys(match.ignored for match in matches.values()):
        if kind is not None:
            print(
                f"matched: by names, as the {kind}s of the roster fit no submission: they may be"
                " another assignment's or platform's"
            )
    for label, match in matches.items():
        if by := _BY.get(match.evidence):
            people = ", ".join(decisions.described(person) for person in match.people)
            _say(f"matched: {label}: {people}, by {by}")


def _chosen(counting: Sequence[Collected]) -> dict[tuple[str, str], list[str]]:
    """The submissions by what is to say about the files that count in them, and by exercise."""
    said: dict[tuple[str, str], list[str]] = {}
    for found in counting:
        if found.work is not None and found.work.note:
            chosen = f"{found.work.name} ({found.work.note})"
            said.setdefault((found.exercise, chosen), []).append(found.author.label)
        if found.answers_note:
            answers = f"answers {found.answers_note}"
            said.setdefault((found.exercise, answers), []).append(found.author.label)
    return said


def _say(line: str) -> None:
    """Print a line, in which names from a submission may stand."""
    print(without_commands(line))


def _described(change: Change) -> str:
    before, after = (_grade(grade) for grade in (change.before, change.after))
    return f"{change.person} {change.exercise}: {before} -> {after} ({change.why})"


def _grade(grade: float | str | None) -> str:
    if grade is None:
        return "no grade"
    return grade if isinstance(grade, str) else f"{grade:g}"
