"""A roster as its file has it: the cells of each row, and the person whose row it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from grading.batch.people.person import Person
from grading.tables import Table


@dataclass(frozen=True)
class Sheet:
    """A file of people: its table, the place of each column that is used, the person of each row.

    The first row of the table holds the headers. `people` has one entry for each row below it, None
    for a row that is nobody's, such as that of the points.
    """

    name: str
    table: Table
    places: Mapping[str, int]
    people: Sequence[Person | None]

    @property
    def heading(self) -> list[str]:
        return self.table.rows[0]

    @property
    def rows(self) -> list[list[str]]:
        return self.table.rows[1:]

    @property
    def everybody(self) -> list[Person]:
        """The people, in the order of their rows."""
        return [person for person in self.people if person is not None]

    def with_people(self, everybody: Iterable[Person]) -> "Sheet":
        """The same file; its rows are these people's, in their order."""
        given = iter(everybody)
        return replace(
            self, people=[None if person is None else next(given) for person in self.people]
        )
