"""The column of a gradebook that an exercise fills: the one whose title fits.

A title is compared without what the platform appends, whatever its case. It is `column` of the
exercise in course.toml, or else the exercise's title.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grading.batch.gradebooks.exports import spaced
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.text import one_line

MOST_NAMED = 20


@dataclass(frozen=True)
class Column:
    """A column of grades: its header as written, its title, and out of how many points it is.

    `place` is None for a column that the platform is to make. `titles` are readings of a header in
    which nothing tells what the platform has appended. `flaw` says why it cannot be filled.
    """

    place: int | None
    header: str
    titles: tuple[str, ...]
    points: float | None = None
    flaw: str = ""


def wanted(exercise: Exercise) -> str:
    """The title of the exercise's column."""
    return exercise.column or exercise.title


def new(exercise: Exercise) -> Column:
    """A column that the platform has not got yet."""
    return Column(None, wanted(exercise), (wanted(exercise),))


def fitting(exercise: Exercise, columns: Sequence[Column], file: str) -> Column:
    """The column of this exercise. Raises UsageError if none or several fit, or it has a flaw."""
    title = spaced(wanted(exercise))
    # A whole header is meant before a part of one.
    fit = [column for column in columns if spaced(column.header) == title]
    fit = fit or [column for column in columns if title in map(spaced, column.titles)]
    fit = [column for column in fit if not column.flaw] or fit
    if len(fit) == 1 and not fit[0].flaw:
        return fit[0]
    name = f"{exercise.id} ({one_line(wanted(exercise))})"
    if len(fit) == 1:
        raise UsageError(f"{file}: the column of {name} cannot be filled: {fit[0].flaw}")
    remedy = f'name one in course.toml, [exercises.{exercise.id}] column = "..."'
    if fit:
        several = ", ".join(one_line(column.header) for column in fit)
        raise UsageError(f"{file}: {len(fit)} columns fit {name}: {several}; {remedy}")
    there = [one_line(column.titles[-1]) for column in columns[:MOST_NAMED]]
    if more := len(columns) - len(there):
        there.append(f"{more} more")
    raise UsageError(f"{file}: no column fits {name}; there are {', '.join(there)}: {remedy}")


def chosen(
    exercises: Iterable[Exercise], columns: Sequence[Column], file: str
) -> tuple[dict[str, Column], list[str]]:
    """The column of each exercise, and what to say about those that have none of their own.

    Without any columns there, the platform is to make one for each exercise.
    """
    if not columns:
        return {exercise.id: new(exercise) for exercise in exercises}, []
    found: dict[str, Column] = {}
    complaints = []
    taken: dict[int | None, str] = {}
    for exercise in exercises:
        try:
            column = fitting(exercise, columns, file)
        except UsageError as error:
            complaints.append(str(error))
            continue
        if (other := taken.setdefault(column.place, exercise.id)) != exercise.id:
            complaints.append(
                f"{file}: {other} and {exercise.id} would both fill {one_line(column.header)}:"
                f' name another column in course.toml, [exercises.{exercise.id}] column = "..."'
            )
            continue
        found[exercise.id] = column
    return found, complaints
