"""Reads rosters: a course's own columns, and what platforms export.

A table of headers says which column holds what. So one table serves the exports of Canvas (the
gradebook, and the members of groups), Moodle (participants, and the worksheet for offline
grading), Gradescope, Blackboard, Brightspace, Submitty and GitHub Classroom; docs/batch.md lists
them.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from grading.errors import UsageError
from grading.text import one_line

MAX_BYTES = 16 * 1024 * 1024
MAX_CELL = 200


@dataclass(frozen=True)
class Person:
    """A person of the class; what is not known is empty.

    `canvas` and `moodle` are numbers that these platforms give to their users; they identify
    nobody elsewhere. `teams` are the groups in which the person hands in.
    """

    name: str
    id: str = ""
    email: str = ""
    login: str = ""
    given: str = ""
    family: str = ""
    canvas: str = ""
    moodle: str = ""
    sections: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        return ", ".join(self.sections)

    @property
    def key(self) -> str:
        """What identifies the person from one run to the next."""
        return self.id or self.login or self.email or self.name


# The headers of each column, in lower case, with single spaces, and spaces for underscores. The
# first one of each is ours.
HEADERS = {
    "name": ("name", "student", "full name", "student name"),
    "given": ("first name", "given name", "firstname", "preferred given name"),
    "family": ("last name", "surname", "family name", "lastname", "last name/surname"),
    "id": (
        *("id", "sis user id", "id number", "idnumber", "student id", "sid", "orgdefinedid"),
        *("student number", "org defined id"),
    ),
    "email": ("email", "email address", "e-mail", "e-mail address"),
    "login": ("login", "sis login id", "username", "user id", "login id", "user name"),
    "sections": ("section", "sections", "section name", "registration section"),
    "teams": ("team", "group", "groups", "group name"),
    "canvas": (),
    "moodle": ("identifier",),
    "role": ("role",),
    "identifier": (),
}
# What headers mean in the export of one platform only, which is known by headers that it has. None
# is a column that the export lacks, although a header looks like it. In an export of Canvas `ID` is
# the platform's own number, in every other roster it is not.
_GRADEBOOK = {"canvas": "id", "id": "sis user id"}
_EXPORTS: tuple[tuple[set[str], dict[str, str | None]], ...] = (
    ({"student", "id"}, {**_GRADEBOOK}),
    ({"id", "sis login id"}, {**_GRADEBOOK}),
    ({"canvas user id"}, {"canvas": "canvas user id", "id": "user id", "login": "login id"}),
    # Submitty's list of users: the group says who teaches.
    ({"user id", "registration section", "group"}, {"teams": None, "role": "group"}),
    # GitHub Classroom: the identifier is what the instructor calls a student by.
    (
        {"github username", "identifier"},
        {"login": "github username", "identifier": "identifier", "moodle": None},
    ),
)
_NAMED = ("name", "family", "given")
_PREVIEWS = re.compile(r"(student, test|test student)|.*_previewuser", re.IGNORECASE)
# Of Gradescope, and of Submitty.
_TEACHERS = {
    *("instructor", "ta", "reader"),
    *("full access grader (grad ta)", "limited access grader (mentor)"),
}
# "Participant 12", in the language of the course.
_PARTICIPANT = re.compile(r"\D{2,}(\d+)")


def read(path: Path, columns: Mapping[str, str]) -> list[Person]:
    """The people of a CSV file; `columns` are headers of the course's own, by what they hold.

    Raises UsageError.
    """
    rows = table(path)
    heading = rows[0] if rows else []
    places = _places(heading, columns)
    if not any(column in places for column in _NAMED):
        listed = ", ".join(one_line(header, MAX_CELL) for header in heading) or "nothing"
        raise UsageError(
            f"{path.name} has no column for names: its first line is {listed};"
            ' name one in course.toml, for example [roster] name = "Naam"'
        )
    people = []
    for row in rows[1:]:
        cells = {column: _cell(row, place) for column, place in places.items()}
        if (person := _person(cells)) is not None:
            people.append(person)
    return _with_sections(people)


def table(path: Path) -> list[list[str]]:
    """The rows of a CSV file, empty ones left out: comma, semicolon, tab; UTF-8, UTF-16, cp1252.

    Raises UsageError.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path.name} is larger than 16 MB: give a CSV file")
        text = _decoded(path.read_bytes(), path.name)
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        return [row for row in rows if any(cell.strip() for cell in row)]
    except (OSError, csv.Error) as error:
        raise UsageError(f"{path.name} cannot be read as a CSV file: {error}") from error


def _decoded(data: bytes, name: str) -> str:
    # Blackboard's .xls is text in UTF-16; Excel's "Unicode text" is the same.
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UsageError(f"{name} is not a CSV file: save it as CSV (UTF-8)")


def _delimiter(text: str) -> str:
    """The one that parts the first line into the most cells."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))


def _places(heading: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    """The place of each column that the heading has."""
    headers = [_header(header) for header in heading]
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
    if name == "Points Possible" or role in _TEACHERS:
        return None
    if _PREVIEWS.fullmatch(name) or _PREVIEWS.fullmatch(login):
        return None
    if identifier := given.get("identifier", ""):
        given |= _identified(identifier)
        name = given.get("name", name)
    identities = [given.get(column, "") for column in ("id", "email", "login", "canvas")]
    if not name and not any(identities):
        return None
    participant = _PARTICIPANT.fullmatch(given.get("moodle", ""))
    return Person(
        name=name or next(text for text in identities if text),
        id=given.get("id", ""),
        email=given.get("email", ""),
        login=login,
        given=first,
        family=last,
        canvas=given.get("canvas", ""),
        moodle=participant[1] if participant else "",
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


def merged(people: Iterable[Person]) -> list[Person]:
    """The same people, each once: rows that agree on id, address or login are one person.

    Raises UsageError where they contradict each other.
    """
    result: list[Person | None] = []
    by_key: dict[tuple[str, str], int] = {}
    for person in people:
        places = {by_key[key] for key in _identities(person) if key in by_key}
        for place in sorted(places, reverse=True):
            other = result[place]
            assert other is not None, "a place without a person has no key"
            person, result[place] = _both(other, person), None
        result.append(person)
        by_key |= dict.fromkeys(_identities(person), len(result) - 1)
    return [person for person in result if person is not None]


def _identities(person: Person) -> Iterator[tuple[str, str]]:
    for column in ("id", "email", "login"):
        if value := getattr(person, column):
            yield column, value.casefold()


def _both(person: Person, other: Person) -> Person:
    """One person from two rows. Raises UsageError if an identity differs."""
    for column in ("id", "email", "login", "canvas", "moodle"):
        mine, theirs = getattr(person, column), getattr(other, column)
        if mine and theirs and mine.casefold() != theirs.casefold():
            raise UsageError(
                f"the roster has {person.name} and {other.name} as one person, but with different"
                f" values of {column}, {mine} and {theirs}: correct it"
            )
    values = {
        field.name: getattr(person, field.name) or getattr(other, field.name)
        for field in fields(Person)
    }
    return replace(
        Person(**values),
        sections=tuple(dict.fromkeys(person.sections + other.sections)),
        teams=tuple(dict.fromkeys(person.teams + other.teams)),
    )
