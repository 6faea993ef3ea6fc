"""canvas.csv, for Canvas, Grades > Import.

The rules are those of instructure/canvas-lms, lib/gradebook_importer.rb @ 00b222d77ee4: the first
columns stand in a fixed order, the first three lines are equally wide, `EX` excuses, and a blank
over a score erases it. So a row is written only for somebody with a grade or an excuse, and where
it has a second column, a cell without one repeats what Canvas's own export has there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from grading.batch.gradebooks.book import NO_POINTS, Book, shared
from grading.batch.gradebooks.columns import Column, new
from grading.batch.gradebooks.csv_writer import as_written
from grading.batch.gradebooks.entry import Entry, number_text
from grading.batch.gradebooks.exports import Export, Platform, spaced
from grading.batch.people.person import Person
from grading.batch.people.roster import POINTS
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.tables import number
from grading.text import one_line

HEADING = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
EXCUSED = "EX"
# What Canvas exports where somebody has not got the assignment; an import ignores the cell.
_NOT_ASSIGNED = "n/a"
_POINTS_ROW = "    Points Possible"
_NUMBERED = re.compile(r"(?P<title>.*)\s\(\d+\)", re.DOTALL)
_READ_ONLY = re.compile(r"read\s+only")
# Canvas ignores a column with such words anywhere in its header, in silence.
_IGNORED = re.compile(r"(?:Current|Final) (?:Score|Points|Grade)|Override (?:Score|Grade|Status)")
# Canvas takes every cell of this form for a number, an id as well, and drops all but one sign.
_AS_NUMBER = re.compile(r"-?[0-9]*[.,][0-9.,]*%?")


def columns(export: Export) -> list[Column]:
    """The assignments of Canvas's own export."""
    points = next((row for row in export.others if POINTS in spaced(row[0])), [])
    found = []
    for place, header in enumerate(export.heading):
        cell = points[place].strip() if place < len(points) else ""
        if match := _NUMBERED.fullmatch(header):
            value = number(cell)
            flaw = _flaw(header) or _flaw_of_points(cell, value)
            found.append(Column(place, header, (match["title"],), value, flaw))
    return found


def require_titles(exercises: Iterable[Exercise]) -> None:
    """Raises UsageError if Canvas would read the title of a new column as something else."""
    titles = {exercise.id: new(exercise) for exercise in exercises}
    for identity, flaw in _flaws(titles).items():
        raise UsageError(
            f"canvas.csv cannot have a column {one_line(titles[identity].header)}: {flaw}; name"
            f' another one in course.toml, [exercises.{identity}] column = "..."'
        )


def _flaws(columns: Mapping[str, Column]) -> dict[str, str]:
    """Why Canvas would lose the new column of an exercise, by its id."""
    taken = set(map(spaced, HEADING))
    flaws: dict[str, str] = {}
    for identity, column in columns.items():
        title = spaced(column.header)
        flaw = "another column of the file is called that" if title in taken else ""
        if flaw := flaw or _flaw(column.header):
            flaws[identity] = flaw
        taken.add(title)
    return flaws


def _flaw(header: str) -> str:
    words = _IGNORED.search(header)
    return f"Canvas ignores columns with {words[0]} in their header" if words else ""


def _flaw_of_points(cell: str, value: float | None) -> str:
    """Why the cell with an assignment's points keeps it from being filled."""
    if _READ_ONLY.search(cell):
        return "Canvas marks it as read only"
    if cell and value is None:
        return f"nothing tells how many points {one_line(cell)} are"
    return "it is out of 0 points" if value == 0 else ""


def files(book: Book) -> Iterator[tuple[str, str]]:
    """The name and text of each file: all exercises in one where no cell can erase a score."""
    export = book.exports.get(Platform.CANVAS)
    there = [] if export is None else columns(export)
    chosen = book.columns(export, there)
    for identity, flaw in _flaws(chosen).items() if not there else ():
        book.notes.append(f"canvas.csv lacks the column of {identity}: {flaw}")
        del chosen[identity]
    # Canvas makes a new column once, and later finds it by its title: it may hold scores by then.
    is_safe = len(chosen) < 2 or all(column.place is not None for column in chosen.values())
    _say_groups(book, export)
    if is_safe:
        yield "canvas.csv", _file(book, export, chosen, "canvas.csv")
        return
    for identity, column in chosen.items():
        name = book.file_name(Platform.CANVAS, book.course.exercises[identity])
        yield name, _file(book, export, {identity: column}, name)


def _file(book: Book, export: Export | None, chosen: Mapping[str, Column], name: str) -> str:
    exercises = book.course.exercises
    out_of = {one: book.out_of(exercises[one], column) for one, column in chosen.items()}
    mine: dict[Person, dict[str, Entry]] = {}
    for exercise in chosen:
        for entry in book.entries[exercise]:
            mine.setdefault(entry.person, {})[exercise] = entry
    namesakes = shared(person.name for person in book.people)
    unidentified, pointless = [], []
    mine = {
        person: _writable(book, entries, chosen, export, name) for person, entries in mine.items()
    }
    rows: list[Sequence[object]] = [
        [*HEADING, *(column.header for column in chosen.values())],
        [_POINTS_ROW, "", "", "", "", *map(number_text, out_of.values())],
    ]
    everybody = [next(iter(entries.values())) for entries in mine.values() if entries]
    for entry in book.known(everybody, export, name):
        person = entry.person
        identity = _identity(person, export)
        if not _is_certain(identity, person, namesakes):
            unidentified.append(entry)
            continue
        cells = [_cell(book, mine[person].get(one), out_of[one]) for one in chosen]
        if any(cells):
            there = [_exported(export, person, column) for column in chosen.values()]
            rows.append([*identity, *(new or old for new, old in zip(cells, there, strict=True))])
        else:
            pointless.append(entry)
    why = "nothing tells Canvas who it is: no number of its own, id, login or name of one person"
    book.left_out(name, unidentified, why, export is not None)
    book.left_out(name, pointless, NO_POINTS, export is not None)
    return as_written(rows)


def _writable(
    book: Book,
    entries: Mapping[str, Entry],
    chosen: Mapping[str, Column],
    export: Export | None,
    name: str,
) -> dict[str, Entry]:
    """A person's entries without those that Canvas ignores, and those that take back its `EX`."""
    kept = {}
    for identity, entry in entries.items():
        column = chosen[identity]
        cell = "" if export is None else export.cell(entry.person, column.place).casefold()
        if cell == _NOT_ASSIGNED:
            # Whom Canvas has not assigned it, it asks for nothing.
            book.left_out(name, [entry], f"{identity} is not assigned in Canvas", not entry.excused)
        elif cell == EXCUSED.casefold() and not (entry.excused or entry.is_overridden):
            why = f"Canvas says EX at {identity}; an override or excuse settles it"
            book.left_out(name, [entry], why, True)
        elif book.replacing([entry], export, name):
            kept[identity] = entry
    return kept


def _cell(book: Book, entry: Entry | None, out_of: float) -> str:
    if entry is None:
        return ""
    return EXCUSED if entry.excused else book.points(entry, out_of)


def _exported(export: Export | None, person: Person, column: Column) -> str:
    """What Canvas has in a cell now, which a blank would erase."""
    cell = "" if export is None else export.cell(person, column.place)
    return "" if cell.casefold() == _NOT_ASSIGNED else cell


def _identity(person: Person, export: Export | None) -> list[str]:
    """The first five cells: as Canvas's own export has them, or else as the roster does."""
    if export is None:
        return [person.name, person.canvas, person.id, person.login, person.section]
    cell = {column: export.cell(person, place) for column, place in export.places.items()}
    both = ", ".join(filter(None, (cell.get("family"), cell.get("given"))))
    cells = [cell.get("name") or both]
    cells += [cell.get(column, "") for column in ("canvas", "id", "login", "sections")]
    # Canvas tells the separator from the first three lines, where no cell may hold a line's end.
    return [" ".join(one.splitlines()) for one in cells]


def _is_certain(identity: Sequence[str], person: Person, namesakes: set[str]) -> bool:
    """Whether Canvas finds this person by these cells, and nobody else."""
    name, number, *others = identity[:4]
    if number:
        return True
    if any(others):
        return not any(_AS_NUMBER.fullmatch(other) for other in others)
    return bool(name) and spaced(name) not in namesakes


def _say_groups(book: Book, export: Export | None) -> None:
    """Say which hand-ins of several people have different grades, where the class is Canvas's."""
    if export is None:
        return
    grades: dict[tuple[str, str], set[float | str | None]] = {}
    for identity, entries in book.entries.items():
        for entry in entries:
            if not entry.submission:
                continue
            grade = EXCUSED if entry.excused else entry.final
            grades.setdefault((entry.submission, identity), set()).add(grade)
    if differ := [f"{label} {name}" for (label, name), finals in grades.items() if len(finals) > 1]:
        more = f" and {len(differ) - 3} more" if len(differ) > 3 else ""
        book.notes.append(
            f"canvas.csv: the members of {', '.join(differ[:3])}{more} have different grades: if"
            " Canvas grades the group as one, it gives all of them the last one of the file"
        )
