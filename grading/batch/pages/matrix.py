"""The class as a table: a row for each person, a column for each exercise."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grading.batch.grades import Grade
from grading.batch.pages import wording
from grading.batch.pages.plan import key_of
from grading.batch.people.person import Person


@dataclass(frozen=True, slots=True)
class Cell:
    """Final points, and a word about them or in their place. `page` only if it is not the row's."""

    points: float | None
    word: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A person, or a submission that is nobody's; `identity` and `labels` tell namesakes apart."""

    name: str
    identity: str
    section: str
    labels: tuple[str, ...]
    page: str
    cells: tuple[Cell, ...]


def rows(
    grades: Iterable[Grade],
    people: Sequence[Person],
    exercises: Sequence[str],
    pages: Mapping[str, str],
) -> list[Row]:
    """The people of the roster and everybody else with a grade, then what is nobody's.

    `pages` has the feedback pages by their keys.
    """
    found: dict[tuple[Person | None, str], dict[str, Grade]] = {
        (person, ""): {} for person in people
    }
    for grade in grades:
        whose = (grade.person, "" if grade.person else grade.submission)
        found.setdefault(whose, {})[grade.exercise] = grade
    # Sorting is stable: people come first, each group in its order.
    ordered = sorted(found.items(), key=lambda item: item[0][0] is None)
    return [_row(person, mine, exercises, pages) for (person, _), mine in ordered]


def _row(
    person: Person | None,
    mine: Mapping[str, Grade],
    exercises: Sequence[str],
    pages: Mapping[str, str],
) -> Row:
    labels = tuple(dict.fromkeys(grade.submission for grade in mine.values() if grade.submission))
    page = next((of_grade for grade in mine.values() if (of_grade := _page(grade, pages))), "")
    cells = tuple(_cell(mine, exercise, page, pages) for exercise in exercises)
    if person is None:
        return Row(labels[0], "", "", (), page, cells)
    identity = person.id or person.login or person.email
    others = tuple(label for label in labels if label not in (person.name, identity))
    return Row(person.name, identity, person.section, others, page, cells)


def _page(grade: Grade, pages: Mapping[str, str]) -> str:
    """The page of a grade: the person's own, if there is one, or else that of the submission."""
    return pages.get(key_of(grade)) or pages.get(grade.submission, "")


def _cell(mine: Mapping[str, Grade], exercise: str, page: str, pages: Mapping[str, str]) -> Cell:
    # Something that is no exercise's came in: it may have been meant for any.
    grade = mine.get(exercise, mine.get(""))
    if grade is None:
        return Cell(None, "missing")
    other = _page(grade, pages)
    final = None if grade.excused or not grade.exercise else grade.final
    return Cell(final, wording.state(grade), "" if other == page else other)
