"""moodle_worksheet.csv: Moodle's worksheet for offline grading, filled in.

The rules are those of moodle/moodle, public/mod/assign/feedback/offline/importgradeslib.php @
806e2d49ac36 and locallib.php @ 0bd8f1fdf8c8: the row is found by the participant's number, an empty
grade changes nothing, text that is no number counts as 0, a changed feedback replaces the one that
is there, and a row is skipped if the grade was changed after `Last modified (grade)`. So every cell
but the grade and its feedback stays as Moodle wrote it, and rows without a grade are left out.
"""

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from grading.batch.gradebooks.book import Book, graded_there
from grading.batch.gradebooks.columns import Column, wanted
from grading.batch.gradebooks.csv_writer import as_written, encoded
from grading.batch.gradebooks.exports import Export, Platform, spaced
from grading.batch.gradebooks.moodle import feedback
from grading.batch.people.evidence import Evidence, Kind, Match
from grading.batch.people.names import squeezed
from grading.batch.people.person import Person
from grading.course.syllabus import Exercise
from grading.tables import number
from grading.text import one_line

NAME = "moodle_worksheet.csv"
_GRADE, _MAXIMUM, _LOCKED = "grade", "maximum grade", "grade can be changed"
_FEEDBACK = "feedback comments"
_NUMBER = re.compile(r"-\d+\s*(?:\(\d+\))?\Z")


def files(book: Book, matches: Mapping[str, Match]) -> Iterator[tuple[str, bytes]]:
    """The name and content of the file, if a worksheet is among the rosters."""
    export = book.exports.get(Platform.WORKSHEET)
    if export is None or not book.entries:
        return
    exercise, said = _exercise(book, export, matches)
    place = None if exercise is None else _grade_place(export, exercise)
    maximum = None if place is None else _maximum_place(export, place)
    if exercise is not None and place is None:
        said = f'no column is called Grade: name it, [exercises.{exercise.id}] column = "..."'
    elif place is not None and maximum is None:
        said = "nothing tells the points of its assignment, which may be graded with a scale"
    if exercise is None or place is None or maximum is None:
        book.notes.append(f"{NAME} is not written: {said}")
        return
    if said:
        book.notes.append(f"{NAME} holds {exercise.id}: {said}")
    yield NAME, _file(book, export, exercise, place, maximum)


def held(book: Book, matches: Mapping[str, Match]) -> Iterator[tuple[Person, str]]:
    """Whom the worksheet gives a grade already, with the exercise that it is of."""
    export = book.exports.get(Platform.WORKSHEET)
    if export is None or not book.entries:
        return
    exercise, _ = _exercise(book, export, matches)
    if exercise is not None:
        for person in graded_there(export, _grade_place(export, exercise)):
            yield person, exercise.id


def _exercise(
    book: Book, export: Export, matches: Mapping[str, Match]
) -> tuple[Exercise | None, str]:
    """The exercise whose assignment the worksheet is of, and what is doubtful about it.

    The numbers of participants are another assignment's if they fit no submission. The name of the
    file holds the title of the assignment, unless somebody has changed it.
    """
    if any(match.ignored is Kind.MOODLE for match in matches.values()):
        return None, f"the participants of {export.name} are another assignment's"
    file = squeezed(PurePath(export.name).stem)
    titles = {one: squeezed(wanted(one)) for one in book.course.exercises.values()}
    titles = {one: title for one, title in titles.items() if title and title in file}
    # "RNN" is part of "Vanilla RNN".
    named = [
        one
        for one, title in titles.items()
        if not any(title != other and title in other for other in titles.values())
    ]
    there = book.exercises
    if len(named) == 1 and named[0] in there:
        # Moodle writes the title, a dash and a number; a browser may add another in brackets.
        before = _NUMBER.sub("", PurePath(export.name).stem)
        is_whole = squeezed(before).endswith(titles[named[0]])
        return named[0], "" if is_whole else f"{export.name} may be of another assignment"
    if not named and len(there) == 1:
        is_sure = any(match.evidence is Evidence.MOODLE for match in matches.values())
        advice = "upload it to the assignment of that exercise only"
        return there[0], "" if is_sure else f"the name of {export.name} tells no other; {advice}"
    return None, f"nothing tells which exercise {one_line(export.name)} is of: give --exercise"


def _grade_place(export: Export, exercise: Exercise) -> int | None:
    """The place of the grade: by its header, by the course's, or left of the maximum."""
    for header in (_GRADE, spaced(exercise.column)):
        if (place := export.place(header)) is not None:
            return place
    maximum = export.place(_MAXIMUM)
    return maximum - 1 if maximum else None


def _maximum_place(export: Export, place: int) -> int | None:
    """The place of the points of the assignment, right of the grade; None if it holds others."""
    found = export.place(_MAXIMUM) or place + 1
    points = {number(export.cell(person, found)) for person in export.rows}
    return found if len(points) == 1 and all(points) else None


def _file(book: Book, export: Export, exercise: Exercise, place: int, maximum: int) -> bytes:
    locked, comments = export.place(_LOCKED), export.place(_FEEDBACK)
    rows = [list(export.heading)]
    fixed, zeros, written = [], [], []
    most = number(export.cell(next(iter(export.rows)), maximum))
    column = Column(place, export.heading[place], (), most)
    for entry, points in book.graded(exercise, column, export, NAME):
        if spaced(export.cell(entry.person, locked)) == "no":
            fixed.append(entry)
            continue
        row = list(export.rows[entry.person])
        row += [""] * (len(export.heading) - len(row))
        row[place] = points
        if comments is not None:
            row[comments] = html.escape(feedback(book, entry), quote=False)
        rows.append(row)
        written.append((entry, points))
        zeros += [entry] if points == "0" else []
    book.left_out(NAME, fixed, "Moodle says that the grade cannot be changed", True)
    book.say_above(written, NAME, "Moodle skips such rows")
    if zeros:
        book.notes.append(
            f"{NAME}: Moodle versions with several markers do not import a grade of 0"
            f" ({len(zeros)} here): moodle.csv takes it"
        )
    return encoded(as_written(rows, export.delimiter), export.encoding)
