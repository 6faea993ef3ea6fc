"""moodle.csv, for Moodle, Grades > Import > CSV file.

The rules are those of moodle/moodle, public/grade/import/csv/classes/load_data.php @ ead32c158ee5
and public/grade/import/lib.php @ f747c15cbf1c: an empty cell and `-` mean "no grade" and overwrite
one, an empty feedback erases the one that is there, and one unknown person ends the import, as does
an empty cell for the person, which in older versions meant the person of the row above. So each
exercise has a file of its own, in which no cell is empty.
"""

import re
from collections.abc import Iterator, Sequence

from grading.batch.gradebooks.book import Book, shared
from grading.batch.gradebooks.columns import Column
from grading.batch.gradebooks.csv_writer import as_written, guarded
from grading.batch.gradebooks.entry import Entry, number_text
from grading.batch.gradebooks.exports import DOWNLOADED, Export, Platform, is_moment, spaced
from grading.batch.people.person import Person
from grading.course.syllabus import Exercise

# What a person may be found by, and what Moodle calls it; the first of equal ones is taken.
_FOUND_BY = {"email": "email", "id": "idnumber", "login": "username"}
# Fields of a person that no roster needs.
_NO_GRADES = ("institution", "department", "suspended", "city/town", "country")
_FEEDBACK = "feedback:"
# An export may show a grade in several ways, and its feedback. A letter is no number of points.
_NO_POINTS = ("(letter)", "(percentage)")
# "Assignment: RNN (Real)", in the language of the course.
_PREFIX = re.compile(r"\A[^:]+:\s*")
_SUFFIX = re.compile(r"\s*\([^()]*\)\s*\Z")


def columns(export: Export) -> list[Column]:
    """What is graded, of Moodle's own export: it stands between the people and the time."""
    first = max(export.places.values(), default=-1) + 1
    moment = _moment_place(export)
    return [
        Column(place, header, tuple(dict.fromkeys(_titles(header))), flaw=_flaw(header))
        for place, header in enumerate(export.heading)
        if place >= first
        and place != moment
        and spaced(header) not in _NO_GRADES
        and not spaced(header).startswith(_FEEDBACK)
        and not spaced(header).endswith("(feedback)")
    ]


def _flaw(header: str) -> str:
    """Why a column cannot be filled with points."""
    if not spaced(header).endswith(_NO_POINTS):
        return ""
    return "it holds no points; export the grades as real ones"


def _titles(header: str) -> list[str]:
    """A header, and what is left of it without what Moodle may have put around the title."""
    without_suffix = _SUFFIX.sub("", header)
    return [header, _PREFIX.sub("", header), without_suffix, _PREFIX.sub("", without_suffix)]


def _moment_place(export: Export) -> int | None:
    """The place of the time at which Moodle wrote the export; None if the last column is none."""
    last = len(export.heading) - 1
    cells = (export.cell(person, last) for person in export.rows)
    is_last = spaced(export.heading[last]) == DOWNLOADED or all(map(is_moment, cells))
    return last if is_last and last not in export.places.values() else None


def files(book: Book) -> Iterator[tuple[str, str]]:
    """The name and text of each file: one for each exercise."""
    export = book.exports.get(Platform.MOODLE)
    there = [] if export is None else columns(export)
    if not book.entries:
        yield "moodle.csv", as_written([["email", "grade", "feedback"]])
    for identity, column in book.columns(export, there).items():
        exercise = book.course.exercises[identity]
        name = book.file_name(Platform.MOODLE, exercise)
        yield name, _file(book, export, exercise, column, name)
    if export is not None and book.entries:
        _say_points(book)
        book.notes.append(
            "moodle.csv: an imported grade of an assignment counts as overridden: what is graded"
            " in the assignment later no longer reaches the gradebook"
        )


def _say_points(book: Book) -> None:
    """Say out of how many points the grades are: Moodle's export does not tell."""
    for exercise in book.exercises:
        if not exercise.points:
            most = number_text(book.max_final(exercise))
            book.notes.append(
                f"moodle.csv: the points of {exercise.id} are out of {most}; if its item is out of"
                f" others, set [exercises.{exercise.id}] points in course.toml"
            )


def _file(book: Book, export: Export | None, exercise: Exercise, column: Column, name: str) -> str:
    pairs = book.graded(exercise, column, export, name)
    everybody = list(book.people if export is None else export.rows)
    found_by = _found_by([entry.person for entry, _ in pairs], everybody, export)
    identities = [_identity(entry.person, export, found_by) for entry, _ in pairs]
    of_several = shared(_identity(person, export, found_by) for person in everybody)
    moment = None if export is None else _moment_place(export)
    header = _FOUND_BY[found_by]
    if export is not None and found_by in export.places:
        header = export.heading[export.places[found_by]]
    rows: list[Sequence[object]] = [[header, column.header, f"{column.header} feedback"]]
    if export is not None and moment is not None:
        rows = [[*rows[0], export.heading[moment]]]
    nameless: list[Entry] = []
    ambiguous: list[Entry] = []
    written: list[tuple[Entry, str]] = []
    for (entry, points), identity in zip(pairs, identities, strict=True):
        if not identity or spaced(identity) in of_several:
            (ambiguous if identity else nameless).append(entry)
            continue
        row = [identity, points, feedback(book, entry)]
        if export is not None and moment is not None:
            row.append(export.cell(entry.person, moment))
        written.append((entry, points))
        rows.append(row)
    own = export is not None
    book.left_out(name, nameless, f"no {header}, by which the file names people", own)
    book.left_out(name, ambiguous, f"somebody else has the same {header}", own)
    if own:
        book.say_above(written, name, "Moodle refuses the whole file, unless it allows such grades")
    return as_written(rows)


def _found_by(people: Sequence[Person], everybody: Sequence[Person], export: Export | None) -> str:
    """What tells most of these people from everybody else, of what Moodle finds people by."""

    def told_apart(column: str) -> int:
        of_several = shared(_identity(person, export, column) for person in everybody)
        mine = (spaced(_identity(person, export, column)) for person in people)
        return sum(bool(one) and one not in of_several for one in mine)

    return max(_FOUND_BY, key=told_apart)


def _identity(person: Person, export: Export | None, column: str) -> str:
    if export is not None:
        place = export.places.get(column)
        return "" if place is None else export.cell(person, place)
    return str(getattr(person, column))


def feedback(book: Book, entry: Entry) -> str:
    """A sentence, which is never empty.

    Moodle's reader of CSV files takes a backslash before a quotation mark for another beginning of
    the cell (PHP's fgetcsv), so there is none.
    """
    points = f"{number_text(entry.final or 0.0)} of {number_text(entry.max_final)} points."
    text = " ".join(entry.remark.replace("\\", "/").split()) or points
    return str(guarded(text))
