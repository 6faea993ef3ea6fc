"""Reads rosters: a course's own columns, and what platforms export.

A table of headers says which column holds what. So one table serves the exports of Canvas (the
gradebook, and the members of groups), Moodle (participants, and the worksheet for offline
grading), Gradescope, Blackboard, Brightspace, Submitty and GitHub Classroom; docs/batch.md lists
them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from grading import tables
from grading.batch.people.merging import Tell, tell_nobody, without_shared
from grading.batch.people.names import words
from grading.batch.people.person import NUMBERS, Person, identities
from grading.batch.people.sheet import Sheet
from grading.errors import UsageError
from grading.text import one_line, unknown

MAX_CELL = 200

_PREFERRED = "preferred given name"
# The headers of each column, in lower case, with single spaces, and spaces for underscores. The
# first one of each is ours.
HEADERS = {
    "name": ("name", "student", "full name", "student name"),
    "given": ("first name", "given name", "firstname", _PREFERRED),
    "family": ("last name", "surname", "family name", "lastname", "last name/surname"),
    "id": (
        *("id", "sis user id", "id number", "idnumber", "student id", "sid", "orgdefinedid"),
        *("student number", "org defined id"),
    ),
    "email": ("email", "email address", "e-mail", "e-mail address"),
    "login": ("login", "sis login id", "username", "user id", "login id", "user name"),
    "handle": ("github username", "github", "github login", "github handle", "github user"),
    "sections": ("section", "sections", "section name", "registration section"),
    "teams": ("team", "group", "groups", "group name"),
    "canvas": (),
    "moodle": ("identifier",),
    "role": ("role",),
    "identifier": (),
}
# What course.toml calls columns, as docs/batch.md does, where this module has another word.
_DOCUMENTED = {"github": "handle", "section": "sections", "team": "teams"}
# What headers mean in the export of one platform only, which is known by headers that it has. None
# is a column that the export lacks, although a header looks like it. In an export of Canvas `ID` is
# the platform's own number, in every other roster it is not.
_GRADEBOOK = {"canvas": "id", "id": "sis user id"}
# A row of Canvas's that tells as much as a header.
POINTS = "points possible"
_EXPORTS: tuple[tuple[set[str], dict[str, str | None]], ...] = (
    ({"id", "sis user id"}, {**_GRADEBOOK}),
    ({"id", "sis login id"}, {**_GRADEBOOK}),
    ({"student", "id", "section"}, {**_GRADEBOOK}),
    ({"student", "id", POINTS}, {**_GRADEBOOK}),
    ({"canvas user id"}, {"canvas": "canvas user id", "id": "user id", "login": "login id"}),
    # Submitty's list of users: the group says who teaches.
    ({"user id", "registration section", "group"}, {"teams": None, "role": "group"}),
    # GitHub Classroom: the identifier is what the instructor calls a student by.
    ({"github username", "identifier"}, {"identifier": "identifier", "moodle": None}),
)
# Headers that only platforms write: beside them any others are the platform's, too.
_OF_PLATFORMS = {
    *("sis user id", "sis login id", "canvas user id", "sid", "orgdefinedid", "last access"),
    *("end-of-line indicator", "registration section", "identifier", "github username", POINTS),
    *("email address", "id number"),
}
_IDENTITIES = (*NUMBERS, "handle")
_NAMED = ("name", "family", "given")
# What a spreadsheet makes of a long number, and what no spreadsheet can make longer again.
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
# What keeps a spreadsheet from reading text as a number, and what remains of a number that it read.
_WRAPPED = re.compile(r"=\"(?P<formula>.*)\"|'(?P<text>.*)|(?P<number>\d+)\.0+")
_PREVIEWS = re.compile(r"(student, test|test student)|.*_previewuser", re.IGNORECASE)
# Of Gradescope, and of Submitty.
_TEACHERS = {
    *("instructor", "ta", "reader"),
    *("full access grader (grad ta)", "limited access grader (mentor)"),
}
# What people write where they know nothing, which is nobody's address.
_NOTHING = re.compile(r"[\W_]*|#?n/a|none|null|tb[ad]|unknown", re.IGNORECASE)
# "Participant 12", in the language of the course.
_PARTICIPANT = re.compile(r"\D{2,}(\d+)")


def own_columns(given: Mapping[str, str]) -> dict[str, str]:
    """The headers in [roster] of course.toml, by what they hold. Raises UsageError.

    A key is a column's name in docs/batch.md (`section`) or in this module (`sections`).
    """
    documented = {column: name for name, column in _DOCUMENTED.items()}
    known = [documented.get(column, column) for column in HEADERS]
    if said := unknown([key for key in given if key not in HEADERS], known):
        raise UsageError(f"[roster] in course.toml: {said}")
    columns: dict[str, str] = {}
    for key, header in given.items():
        column = _DOCUMENTED.get(key, key)
        if column in columns:
            raise UsageError(f"[roster] in course.toml names {documented[column]} twice")
        columns[column] = header
    return columns


def read(path: Path, columns: Mapping[str, str], tell: Tell = tell_nobody) -> list[Person]:
    """The people of a CSV file; `columns` are headers of the course's own, by what they hold.

    `tell` is given a line about what is not used. Raises UsageError.
    """
    return read_sheet(path, columns, tell).everybody


def read_sheet(path: Path, columns: Mapping[str, str], tell: Tell = tell_nobody) -> Sheet:
    """The same file with its cells, for a gradebook that is made from them. Raises UsageError."""
    file = tables.read(path)
    rows = file.rows
    written = rows[0] if rows else []
    heading = [_header(header) for header in written]
    if any(_header(row[0]) == POINTS for row in rows[1:3]):
        heading.append(POINTS)
    places = _places(heading, columns)
    if not any(column in places for column in _NAMED):
        listed = ", ".join(one_line(header, MAX_CELL) for header in written) or "nothing"
        raise UsageError(
            f"{path.name} has no column for names: its first line is {listed};"
            ' name one in course.toml, for example [roster] name = "Naam"'
        )
    if _has_last_names(rows[1:], heading, places):
        places["family"] = places.pop("name")
    if unused := _unused(rows, heading, places.values()):
        tell(f"{path.name}: not used: {', '.join(unused)}")
    # A course's own column may hold logins of either kind.
    own_logins = {HEADERS["login"][0], _header(columns.get("login", ""))}
    if "handle" not in places and "login" in places and heading[places["login"]] in own_logins:
        places["handle"] = places["login"]
    people: list[Person | None] = []
    for row in rows[1:]:
        cells = {column: _cell(row, place) for column, place in places.items()}
        for column in _IDENTITIES:
            if _SHORTENED.fullmatch(cells.get(column, "")):
                raise UsageError(
                    f"{path.name}: a spreadsheet has shortened the number {cells[column]}: export"
                    " the roster again, and do not save it in a spreadsheet"
                )
        people.append(_person(cells))
    sheet = Sheet(path.name, file, places, people)
    known = without_shared(sheet.everybody, path.name, tell)
    return sheet.with_people(_with_sections(_with_namesakes(known)))


def _has_last_names(
    rows: Iterable[Sequence[str]], heading: Sequence[str], places: Mapping[str, int]
) -> bool:
    """Whether "Name" is the last name, as in most rows it lacks the first name beside it.

    A preferred name may be a nickname, and is blank for people without one.
    """
    if not {"name", "given"} <= places.keys() or "family" in places:
        return False
    if heading[places["given"]] == _PREFERRED:
        return False
    pairs = [(_cell(row, places["name"]), _cell(row, places["given"])) for row in rows]
    lacking = [
        bool(first) and set(words(first)).isdisjoint(words(name)) for name, first in pairs if name
    ]
    return 2 * sum(lacking) > len(lacking)


def _unused(
    rows: Sequence[Sequence[str]], heading: Sequence[str], places: Iterable[int]
) -> list[str]:
    """The headers of columns that hold something and are not used, unless a platform wrote them."""
    if _OF_PLATFORMS & set(heading):
        return []
    return [
        one_line(header, MAX_CELL)
        for place, header in enumerate(rows[0])
        if place not in places and any(_cell(row, place) for row in rows[1:])
    ]


def _with_namesakes(people: Iterable[Person]) -> list[Person]:
    """The same people; each of those of whom only one name is known has a number."""
    count: dict[str, int] = {}
    result = []
    for person in people:
        if not any(identities(person)):
            count[person.name] = count.get(person.name, -1) + 1
            person = replace(person, namesake=count[person.name])
        result.append(person)
    return result


def _places(headers: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    """The place of each column that the heading has."""
    places: dict[str, int] = {}
    for column, known in HEADERS.items():
        own = [_header(columns[column])] if column in columns else []
        for header in (*own, *known):
            if header in headers and column not in places:
                places[column] = headers.index(header)
    for typical, meant in _EXPORTS:
        if not typical <= set(headers):
            continue
        for column in meant.keys() - columns.keys():
            places.pop(column, None)
            if (named := meant[column]) in headers:
                places[column] = headers.index(named)
    return places


def _header(text: str) -> str:
    return " ".join(text.replace("\ufeff", "").replace("_", " ").split()).lower()


def _cell(row: Sequence[str], place: int) -> str:
    return one_line(row[place].strip(), MAX_CELL) if place < len(row) else ""


def _person(cells: Mapping[str, str]) -> Person | None:
    """The person in a row, or None for a row without one."""
    # Brightspace writes a # in front, so that spreadsheets keep leading zeros.
    given = {column: text.removeprefix("#").strip() for column, text in cells.items()}
    name = given.get("name", "")
    first, last = given.get("given", ""), given.get("family", "")
    name = name or " ".join(part for part in (first, last) if part)
    login, role = given.get("login", ""), given.get("role", "").lower()
    if name.lower() == POINTS or role in _TEACHERS:
        return None
    if _PREVIEWS.fullmatch(name) or _PREVIEWS.fullmatch(login):
        return None
    if identifier := given.get("identifier", ""):
        given |= _identified(identifier)
        name = given.get("name", name)
    for column in _IDENTITIES:
        text = given.get(column, "")
        if wrapped := _WRAPPED.fullmatch(text):
            text = next(part for part in wrapped.groups() if part is not None).strip()
        given[column] = "" if _NOTHING.fullmatch(text) else text
    identities = [given[column] for column in _IDENTITIES]
    if not name and not any(identities):
        return None
    participant = _PARTICIPANT.fullmatch(given.get("moodle", ""))
    return Person(
        name=name or next(text for text in identities if text),
        id=given.get("id", ""),
        email=given.get("email", ""),
        login=given["login"],
        given=first,
        family=last,
        canvas=given.get("canvas", ""),
        moodle=participant[1] if participant else "",
        handles=(given["handle"],) if given["handle"] else (),
        sections=_several(given.get("sections", "")),
        teams=_several(given.get("teams", "")),
    )


def _identified(identifier: str) -> dict[str, str]:
    """What an identifier of GitHub Classroom is: an address, a number or a name.

    A name in it was written by the instructor, and counts more than the one in the account.
    """
    if "@" in identifier:
        return {"email": identifier}
    if re.search(r"\d", identifier) and not re.search(r"\s", identifier):
        return {"id": identifier}
    return {"name": identifier}


def _several(text: str) -> tuple[str, ...]:
    # Canvas writes "A, B, and C".
    parts = [part.strip() for part in re.split(r",\s+and\s+|[,;]", text)]
    return tuple(part for part in parts if part)


def _with_sections(people: Sequence[Person]) -> list[Person]:
    """The same people, with "A and B" as two sections if others are in A and in B alone.

    That is how Canvas writes two sections; the name of one may hold the word as well.
    """
    alone = {person.sections[0] for person in people if len(person.sections) == 1}
    result = []
    for person in people:
        halves = tuple(person.section.split(" and "))
        two = len(person.sections) == 1 and len(halves) == 2 and alone.issuperset(halves)
        result.append(replace(person, sections=halves) if two else person)
    return result
