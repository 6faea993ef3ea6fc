"""brightspace.csv, for Brightspace, Grades > Enter Grades > Import.

Brightspace's source is not public: these rules are those of its help pages
(community.d2l.com/brightspace/kb/articles/3538-importing-grades) and of universities (kb.wisc.edu,
page 4330). An item is found by its name, a person by OrgDefinedId or Username; a `#` keeps leading
zeros and ends each row. What a blank over a grade does is documented nowhere, so that each exercise
has a file of its own, without rows that have no grade.
"""

import re
from collections.abc import Iterator, Sequence

from grading.batch.gradebooks.book import Book, shared
from grading.batch.gradebooks.columns import Column
from grading.batch.gradebooks.csv_writer import as_written
from grading.batch.gradebooks.entry import Entry
from grading.batch.gradebooks.exports import Export, Platform, spaced
from grading.course.syllabus import Exercise
from grading.tables import number

END = "End-of-Line Indicator"
_ITEM = re.compile(r"(?P<title>.*) Points Grade\s*(?:<(?P<about>.*)>\s*)?", re.DOTALL)
_MOST = re.compile(r"\bMaxPoints:\s*(?P<points>[\d.,]+)")
_IDENTITY = ("id", "login")


def columns(export: Export) -> list[Column]:
    """The items that are graded with points."""
    found = []
    for place, header in enumerate(export.heading):
        if match := _ITEM.fullmatch(header):
            most = _MOST.search(match["about"] or "")
            value = number(most["points"]) if most else None
            flaw = "nothing tells out of how many points it is" if most and not value else ""
            found.append(Column(place, header, (match["title"],), value, flaw))
    return found


def files(book: Book) -> Iterator[tuple[str, str]]:
    """The name and text of each file: one for each exercise, if Brightspace's export is there."""
    export = book.exports.get(Platform.BRIGHTSPACE)
    if export is None or not book.entries:
        return
    there = columns(export)
    for identity, column in book.columns(export, there).items():
        exercise = book.course.exercises[identity]
        name = book.file_name(Platform.BRIGHTSPACE, exercise)
        yield name, _file(book, export, exercise, column, name)
    book.notes.append(
        "brightspace.csv: a grade of an item that belongs to an assignment is published to the"
        " student at once"
    )


def _file(book: Book, export: Export, exercise: Exercise, column: Column, name: str) -> str:
    places = [export.places[one] for one in _IDENTITY if one in export.places]
    item = f"{column.titles[0]} Points Grade"
    rows: list[Sequence[str]] = [[*(export.heading[place] for place in places), item, END]]
    nameless: list[Entry] = []
    ambiguous: list[Entry] = []
    written = []
    of_several = [shared(export.cell(one, place) for one in export.rows) for place in places]
    for entry, points in book.graded(exercise, column, export, name):
        identity = [export.cell(entry.person, place) for place in places]
        # Nobody says by which of the two Brightspace goes: one that is somebody else's is left out.
        telling = [
            "" if spaced(one) in others else one
            for one, others in zip(identity, of_several, strict=True)
        ]
        if any(one.removeprefix("#") for one in telling):
            rows.append([*telling, points, "#"])
            written.append((entry, points))
        else:
            (ambiguous if any(one.removeprefix("#") for one in identity) else nameless).append(
                entry
            )
    book.left_out(name, ambiguous, "somebody else has the same OrgDefinedId or Username", True)
    book.left_out(name, nameless, "neither OrgDefinedId nor Username", True)
    book.say_above(written, name, "Brightspace caps them, unless the item can exceed its points")
    return as_written(rows)
