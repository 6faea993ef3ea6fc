"""What every gradebook is made from, and what a person should know about the files."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grading.batch.gradebooks import columns
from grading.batch.gradebooks.columns import Column
from grading.batch.gradebooks.entry import Entry, shown
from grading.batch.gradebooks.exports import Export, Exports, Platform, spaced
from grading.batch.people.decisions import described
from grading.batch.people.person import Person
from grading.course.syllabus import Course, Exercise
from grading.tables import number

FEW = 3
NO_POINTS = "a grade out of 0 points"
# What platforms write where there is no grade.
_NO_GRADE = ("", "-")
EXCUSED = "excused, for which there is no word"


@dataclass
class Book:
    """The entries of a class by exercise, in the course's order, and the platforms' own gradebooks.

    `people` are everybody of the rosters, with a grade or without. `notes` are lines to know and
    nothing to settle; `unwritten` says which grades could not be written although the platform's
    own gradebook is there.
    """

    course: Course
    people: Sequence[Person]
    entries: Mapping[str, Sequence[Entry]]
    exports: Exports
    notes: list[str] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)
    # Whom one of the platforms' own gradebooks gives a grade already, with the exercise.
    held: set[tuple[Person, str]] = field(default_factory=set)
    _left_out: dict[tuple[str, str, bool], list[str]] = field(default_factory=dict, repr=False)

    @property
    def exercises(self) -> list[Exercise]:
        """The exercises that somebody has a grade or an excuse for."""
        return [self.course.exercises[identity] for identity in self.entries]

    def file_name(self, platform: Platform, exercise: Exercise) -> str:
        """The file of an exercise: with its id, unless it is the only one."""
        return f"{platform}.csv" if len(self.entries) == 1 else f"{platform}-{exercise.id}.csv"

    def columns(self, export: Export | None, there: Sequence[Column]) -> dict[str, Column]:
        """The column of each exercise: of the export if that has any, else a new one."""
        name = "" if export is None else export.name
        found, complaints = columns.chosen(self.exercises, there, name)
        self.unwritten += complaints
        return found

    def out_of(self, exercise: Exercise, column: Column) -> float:
        """The points of a column: the platform's own, the course's, or the exercise's."""
        return column.points or exercise.points or self.max_final(exercise)

    def max_final(self, exercise: Exercise) -> float:
        # With points by hand, some may have more than others: all are out of the same number.
        return max((entry.max_final for entry in self.entries[exercise.id]), default=0.0)

    def points(self, entry: Entry, out_of: float) -> str:
        """The cell of an entry; empty if it has no points."""
        points = entry.points(out_of, self.course.decimals)
        return "" if points is None else shown(points)

    def replacing(self, entries: Sequence[Entry], export: Export | None, file: str) -> list[Entry]:
        """The entries without zeros for nothing handed in where a platform has a grade."""
        spared = [
            entry
            for entry in entries
            if entry.is_missing and (entry.person, entry.exercise) in self.held
        ]
        kept = [entry for entry in entries if entry not in spared]
        self.left_out(
            file, spared, "nothing came in here, but there is a grade already", export is not None
        )
        return kept

    def known(self, entries: Sequence[Entry], export: Export | None, file: str) -> list[Entry]:
        """The entries of people who have one row in the export, if there is one."""
        if export is None:
            return list(entries)
        doubled = [entry for entry in entries if entry.person in export.doubled]
        strange = [entry for entry in entries if entry.person not in export.rows]
        self.left_out(file, doubled, f"two different rows in {export.name}", True)
        self.left_out(file, strange, f"not in {export.name}", True)
        return [
            entry
            for entry in entries
            if entry.person in export.rows and entry.person not in export.doubled
        ]

    def graded(
        self, exercise: Exercise, column: Column, export: Export | None, file: str
    ) -> list[tuple[Entry, str]]:
        """Entries and their points, for a platform that has no word for excused people."""
        mine = self.entries[exercise.id]
        excused = [entry for entry in mine if entry.excused]
        self.left_out(file, excused, EXCUSED, False)
        entries = self.known([one for one in mine if not one.excused], export, file)
        entries = self.replacing(entries, export, file)
        out_of = self.out_of(exercise, column)
        pairs = [(entry, self.points(entry, out_of)) for entry in entries]
        pointless = [entry for entry, points in pairs if not points]
        self.left_out(file, pointless, NO_POINTS, export is not None)
        return [(entry, points) for entry, points in pairs if points]

    def say_above(self, pairs: Iterable[tuple[Entry, str]], file: str, effect: str) -> None:
        """Say whose grades are above the maximum, and what the platform makes of them."""
        above = [entry for entry, _ in pairs if (entry.final or 0.0) > entry.max_final]
        if above:
            self.notes.append(f"{file}: {_named(above)} above the maximum: {effect}")

    def left_out(self, file: str, entries: Sequence[Entry], why: str, to_settle: bool) -> None:
        """Keep in mind whose grades a file lacks, and why, until `say_left_out`.

        What is to settle has a line for each person, so that everybody is named.
        """
        named = [described(entry.person) for entry in entries] if to_settle else [_named(entries)]
        for people in named if entries else ():
            self._left_out.setdefault((people, why, to_settle), []).append(file)

    def say_left_out(self) -> None:
        """Say whose grades are in no file: one line for all files that lack the same people."""
        for (people, why, to_settle), files in self._left_out.items():
            lack = "lacks" if len(files) == 1 else "lack"
            lines = self.unwritten if to_settle else self.notes
            lines.append(f"{', '.join(files)} {lack} {people}: {why}")
        self._left_out.clear()


def graded_there(export: Export, place: int | None) -> Iterator[Person]:
    """The people whom a column of a platform's own gradebook gives something but a zero."""
    for person in export.rows:
        cell = export.cell(person, place)
        if cell not in _NO_GRADE and number(cell) != 0:
            yield person


def shared(values: Iterable[str]) -> set[str]:
    """What several people have, and so identifies none of them."""
    counts = Counter(map(spaced, values))
    return {value for value, count in counts.items() if value and count > 1}


def _named(entries: Iterable[Entry]) -> str:
    """The people of entries: the first three, and how many more there are."""
    names = list(dict.fromkeys(described(entry.person) for entry in entries))
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + more
