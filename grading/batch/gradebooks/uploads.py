"""Everything that goes back to platforms: gradebooks, and feedback in archives."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from grading.batch.generated import Generated
from grading.batch.gradebooks import (
    blackboard,
    brightspace,
    canvas,
    columns,
    exports,
    moodle,
    worksheet,
    zips,
)
from grading.batch.gradebooks.book import Book, graded_there
from grading.batch.gradebooks.entry import Entry, entries_of
from grading.batch.gradebooks.exports import Exports, Platform
from grading.batch.grades import Grade
from grading.batch.intake.collected import Collected
from grading.batch.people.evidence import Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.course.syllabus import Course
from grading.errors import UsageError

# The columns of each platform's own gradebook.
_COLUMNS = {
    Platform.CANVAS: canvas.columns,
    Platform.MOODLE: moodle.columns,
    Platform.BLACKBOARD: blackboard.columns,
    Platform.BRIGHTSPACE: brightspace.columns,
}


def require_columns(course: Course, roster: Roster, with_work: Collection[str]) -> None:
    """Raises UsageError, before anything is graded, for an exercise with work that has no column.

    Of each platform's own gradebook one column must fit; where Canvas is to make new columns, their
    titles must be ones that it can read.
    """
    found = exports.found(roster.sheets)
    exercises = [exercise for exercise in course.exercises.values() if exercise.id in with_work]
    for platform, columns_of in _COLUMNS.items():
        export = found.get(platform)
        if export is None or not (there := columns_of(export)):
            continue
        _, complaints = columns.chosen(exercises, there, export.name)
        if complaints:
            raise UsageError(complaints[0])
    if _makes_columns_in_canvas(found, roster):
        canvas.require_titles(exercises)


def _makes_columns_in_canvas(found: Exports, roster: Roster) -> bool:
    export = found.get(Platform.CANVAS)
    if export is not None:
        return not canvas.columns(export)
    # Where another platform's gradebook is there, the class is not Canvas's.
    return bool(roster.sheets) and not found.of and not found.unused


class Uploads:
    """The files for platforms; `notes` are lines to know, `unwritten` says what is in no file."""

    def __init__(
        self,
        course: Course,
        roster: Roster,
        collected: Sequence[Collected],
        matches: Mapping[str, Match],
    ) -> None:
        self._course = course
        self._exports = exports.found(roster.sheets)
        self._people = roster.people
        self._matches = matches
        self._feedback = zips.planned(collected, matches)
        self.notes = [*self._exports.unused.values(), *self._feedback.notes]
        self.unwritten: list[str] = []

    def gradebooks(
        self, grades: Sequence[Grade], remarks: Mapping[tuple[str, str], str]
    ) -> Iterator[tuple[str, str | bytes]]:
        """The name and content of each gradebook."""
        by_exercise: dict[str, list[Entry]] = {identity: [] for identity in self._course.exercises}
        for entry in entries_of(grades, remarks):
            by_exercise[entry.exercise].append(entry)
        mine = {identity: found for identity, found in by_exercise.items() if found}
        book = Book(self._course, self._people, mine, self._exports, self.notes, self.unwritten)
        book.held = set(self._held(book))
        if Platform.CANVAS not in self._exports.unused:
            yield from canvas.files(book)
        if Platform.MOODLE not in self._exports.unused:
            yield from moodle.files(book)
        yield from worksheet.files(book, self._matches)
        yield from blackboard.files(book)
        yield from brightspace.files(book)
        book.say_left_out()

    def _held(self, book: Book) -> Iterator[tuple[Person, str]]:
        """Whom the platforms' own gradebooks give a grade, with the exercise."""
        for platform, columns_of in _COLUMNS.items():
            if (export := self._exports.get(platform)) is None:
                continue
            found, _ = columns.chosen(book.exercises, columns_of(export), export.name)
            for identity, column in found.items():
                for person in graded_there(export, column.place):
                    yield person, identity
        yield from worksheet.held(book, self._matches)

    def write_feedback(self, files: Generated, pages: Mapping[str, Path]) -> None:
        """Write an archive for each platform that something came from.

        `pages` are the files with the feedback of each submission. Raises OSError.
        """
        for platform in self._feedback.entries:
            if entries := zips.of_pages(self._feedback, platform, pages):
                with files.writing_bytes(f"feedback-{platform}.zip") as file:
                    zips.write(file, entries)
