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

from grading.batch.people.names import plain, squeezed
from grading.errors import UsageError
from grading.text import one_line

MAX_BYTES = 16 * 1024 * 1024
MAX_CELL = 200
# Empty lines above the headers, and the line that tells Excel what separates cells.
_LEAD = re.compile(r"\A(?:[,;\t ]*\r?\n|sep=.\r?\n)*", re.IGNORECASE)


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
    # Further logins and addresses, where rosters of several platforms have different ones.
    also: tuple[str, ...] = ()
    # Tells people apart of whom a roster knows one name, and nothing else.
    namesake: int = 0

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
    "login": (
        *("login", "sis login id", "username", "user id", "login id", "user name"),
        "github username",
    ),
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
# What people write where they know nothing, which is nobody's address.
_NOTHING = re.compile(r"[\W_]*|#?n/a|none|null", re.IGNORECASE)
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
    return _with_sections(people)


def table(path: Path) -> list[list[str]]:
    """The rows of a CSV file, empty ones left out: comma, semicolon, tab; UTF-8, UTF-16, cp1252.

    Raises UsageError.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path.name} is larger than 16 MB: give a CSV file")
        text = _LEAD.sub("", _decoded(path.read_bytes(), path.name))
        # Strict, as a quotation mark that is never closed would swallow the rest of the class.
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
    for column in ("id", "email", "login", "canvas"):
        if _NOTHING.fullmatch(given.get(column, "")):
            given[column] = ""
    login = given.get("login", "")
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


def _may_be_one(person: Person, other: Person) -> bool:
    """Whether two names have a word in common, in whatever script; people change names in part."""
    if any(one.name in (one.id, one.email, one.login, one.canvas) for one in (person, other)):
        return True  # a row without a name
    mine, theirs = (
        {spelling for word in one.name.replace(",", " ").split() for spelling in plain(word)}
        for one in (person, other)
    )
    return bool(mine & theirs) or squeezed(person.name) == squeezed(other.name)


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
    if person.id:
        yield "id", without_zeros(person.id)
    for value in (person.email, person.login, *person.also):
        if value:
            yield "email" if "@" in value else "login", value.casefold()


def without_zeros(identity: str) -> str:
    """An id without the leading zeros that spreadsheets drop from numbers."""
    folded = identity.casefold()
    return folded.lstrip("0") or "0" if folded.isdigit() else folded


def _both(person: Person, other: Person) -> Person:
    """One person from two rows. Raises UsageError if an identity differs, or the whole name."""
    if not _may_be_one(person, other):
        raise UsageError(
            f"the roster has {person.name} and {other.name} with one id, address or login:"
            " correct it"
        )
    for column in ("id", "canvas", "moodle"):
        mine, theirs = getattr(person, column), getattr(other, column)
        if mine and theirs and without_zeros(mine) != without_zeros(theirs):
            raise UsageError(
                f"the roster has {person.name} and {other.name} as one person, but with different"
                f" values of {column}, {mine} and {theirs}: correct it"
            )
    values = {
        field.name: getattr(person, field.name) or getattr(other, field.name)
        for field in fields(Person)
    }
    logins = (*person.also, *other.also, other.email, other.login)
    kept = (values["email"], values["login"], "")
    return replace(
        Person(**values),
        # The longer one has the zeros.
        id=max(person.id, other.id, key=len),
        also=tuple(dict.fromkeys(login for login in logins if login not in kept)),
        sections=tuple(dict.fromkeys(person.sections + other.sections)),
        teams=tuple(dict.fromkeys(person.teams + other.teams)),
    )
