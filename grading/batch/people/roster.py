"""Reads rosters: a course's own columns, and what platforms export.

A table of headers says which column holds what. So one table serves the exports of Canvas (the
gradebook), Moodle (participants, and the worksheet for offline grading), Gradescope, Blackboard,
Brightspace and Submitty; docs/batch.md lists them.
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
    # Tells people apart of whom a roster knows one name, and nothing else.
    namesake: int = 0

    @property
    def section(self) -> str:
        return ", ".join(self.sections)

    @property
    def key(self) -> str:
        """What identifies the person from one run to the next."""
        return self.id or self.login or self.email or self.name


# The headers of each column, in lower case, with single spaces. The first line of each is ours.
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
    "teams": ("team", "group", "groups", "group name", "group_name"),
    "canvas": ("id",),
    "moodle": ("identifier",),
}
# In an export of Canvas `ID` is the platform's own number, in every other roster it is not.
_OF_CANVAS = {"student", "id"}
_NAMED = ("name", "family", "given")
_PREVIEWS = re.compile(r"(student, test|test student)|.*_previewuser", re.IGNORECASE)
_TEACHERS = {"instructor", "ta", "reader"}
_PARTICIPANT = re.compile(r"\D*(\d+)")


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
    names: dict[str, int] = {}
    for row in rows[1:]:
        cells = {column: _cell(row, place) for column, place in places.items()}
        person = _person(cells)
        if person is None:
            continue
        if not any(_identities(person)):
            names[person.name] = names.get(person.name, -1) + 1
            person = replace(person, namesake=names[person.name])
        people.append(person)
    return people


def table(path: Path) -> list[list[str]]:
    """The rows of a CSV file: comma, semicolon or tab; UTF-8, UTF-16 or Windows-1252.

    Raises UsageError.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path.name} is larger than 16 MB: give a CSV file")
        text = _decoded(path.read_bytes(), path.name)
        return list(csv.reader(io.StringIO(text), delimiter=_delimiter(text)))
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
    if set(headers) >= _OF_CANVAS:
        del places["id"]
        if of_school := [header for header in HEADERS["id"][1:] if header in headers]:
            places["id"] = headers.index(of_school[0])
    else:
        places.pop("canvas", None)
    if "role" in headers:
        places["role"] = headers.index("role")
    return places


def _header(text: str) -> str:
    return " ".join(text.replace("\ufeff", "").split()).lower()


def _cell(row: Sequence[str], place: int) -> str:
    return one_line(row[place].strip(), MAX_CELL) if place < len(row) else ""


def _person(cells: Mapping[str, str]) -> Person | None:
    """The person in a row, or None for a row without one."""
    # Brightspace writes a # in front, so that spreadsheets keep leading zeros.
    given = {column: text.removeprefix("#") for column, text in cells.items()}
    name = given.get("name", "")
    first, last = given.get("given", ""), given.get("family", "")
    name = name or " ".join(part for part in (first, last) if part)
    login, role = given.get("login", ""), given.get("role", "").lower()
    if name == "Points Possible" or role in _TEACHERS:
        return None
    if _PREVIEWS.fullmatch(name) or _PREVIEWS.fullmatch(login):
        return None
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


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[,;]", text) if part.strip())


def merged(people: Iterable[Person]) -> list[Person]:
    """The same people, each once: rows that agree on id, address or login are one person.

    Raises UsageError where they contradict each other.
    """
    result: list[Person | None] = []
    by_key: dict[tuple[str, str], int] = {}
    for person in people:
        places = {by_key[key] for key in _identities(person) if key in by_key}
        for place in sorted(places):
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
