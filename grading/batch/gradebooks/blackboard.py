"""blackboard.csv, for Blackboard, Work Offline > Upload.

Blackboard's source is not public: these rules are those of its help pages (library.blackboard.com,
Upload Grade Center; tips.uark.edu) and of tools (HamletTheHamster/newton, src/blackboard.js @
210d1c6be8cf; nbeaver/offline-grades-upload). The number behind `|` in a header says which column is
meant, and only `Username` says who. What a blank over a grade does is documented nowhere, so that
rows without a grade are left out, and so are all other columns of grades.
"""

import re
from collections.abc import Iterator, Sequence

from grading.batch.gradebooks.book import Book, shared
from grading.batch.gradebooks.columns import Column
from grading.batch.gradebooks.csv_writer import as_written, encoded
from grading.batch.gradebooks.entry import Entry
from grading.batch.gradebooks.exports import Export, Platform, spaced
from grading.course.syllabus import Exercise
from grading.tables import number

_HEADER = re.compile(
    r"(?P<title>.*?)\s*(?:\[Total Pts:\s*(?P<points>[^\]]*)\])?\s*\|\s*\d+\s*", re.DOTALL
)
_POINTS = re.compile(r"(?P<points>[\d.,]+)(?:\s.*)?", re.DOTALL)
# The columns that say who, by what the roster reads from them, in Blackboard's own order.
_IDENTITY = ("family", "given", "login", "id")


def columns(export: Export) -> list[Column]:
    """The columns of grades: their headers end with a number."""
    found = []
    for place, header in enumerate(export.heading):
        if match := _HEADER.fullmatch(header):
            points = _POINTS.fullmatch(match["points"] or "")
            value = number(points["points"]) if points else None
            flaw = "" if value else "its header tells no points, as that of a calculated column"
            found.append(Column(place, header, (match["title"],), value, flaw))
    return found


def files(book: Book) -> Iterator[tuple[str, bytes]]:
    """The name and content of each file: one for each exercise, from the instructor's own export.

    Without a number in its header, Blackboard would make a new column of text.
    """
    export = book.exports.get(Platform.BLACKBOARD)
    if export is None:
        return
    there = columns(export)
    if not there:
        book.notes.append(
            f"blackboard.csv is not written: {export.name} has no column of grades; make one in"
            " Blackboard, and export again"
        )
        return
    for identity, column in book.columns(export, there).items():
        exercise = book.course.exercises[identity]
        name = book.file_name(Platform.BLACKBOARD, exercise)
        yield name, _file(book, export, exercise, column, name)


def _file(book: Book, export: Export, exercise: Exercise, column: Column, name: str) -> bytes:
    places = [export.places[one] for one in _IDENTITY if one in export.places]
    rows: list[Sequence[str]] = [[*(export.heading[place] for place in places), column.header]]
    login = export.places.get("login")
    of_several = shared(export.cell(person, login) for person in export.rows)
    nameless: list[Entry] = []
    ambiguous: list[Entry] = []
    for entry, points in book.graded(exercise, column, export, name):
        user = export.cell(entry.person, login)
        if user and spaced(user) not in of_several:
            rows.append([*(export.cell(entry.person, place) for place in places), points])
        else:
            (ambiguous if user else nameless).append(entry)
    book.left_out(name, ambiguous, "somebody else has the same user name", True)
    book.left_out(name, nameless, "no user name", True)
    return encoded(as_written(rows, export.delimiter, quote_all=True), export.encoding)
