"""Reads rosters: a course's own columns, and what platforms export.

A table of headers says which column holds what. So one table serves the exports of Canvas (the
gradebook, and the members of groups), Moodle (participants, and the worksheet for offline
grading), Gradescope, Blackboard, Brightspace, Submitty and GitHub Classroom; docs/batch.md lists
them.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from pathlib import Path

from grading.batch.people.names import is_one_name, words
from grading.errors import UsageError
from grading.text import one_line

MAX_BYTES = 16 * 1024 * 1024
MAX_CELL = 200
# So many lines tell what separates cells.
MAX_LINES = 1000
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
    def keys(self) -> list[str]:
        """What identifies the person from one run to the next, the strongest first."""
        number = f"#{self.namesake}" if self.namesake else ""
        name = f"name:{' '.join(words(self.name))}{number}"
        return [*(f"{column}:{value}" for column, value in _identities(self)), name]


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
    (
        {"github username", "identifier"},
        {"login": "github username", "identifier": "identifier", "moodle": None},
    ),
)
# Headers that only platforms write: beside them any others are the platform's, too.
_OF_PLATFORMS = {
    *("sis user id", "sis login id", "canvas user id", "sid", "orgdefinedid", "last access"),
    *("end-of-line indicator", "registration section", "identifier", "github username", POINTS),
    *("email address", "id number"),
}
_NAMED = ("name", "family", "given")
_NUMBERS = ("id", "email", "login", "canvas")
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
# Takes a line about a roster that a person should see.
Tell = Callable[[str], None]


def tell_nobody(line: str) -> None:
    pass


def read(path: Path, columns: Mapping[str, str], tell: Tell = tell_nobody) -> list[Person]:
    """The people of a CSV file; `columns` are headers of the course's own, by what they hold.

    `tell` is given a line about what is not used. Raises UsageError.
    """
    rows = table(path)
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
    if unused := _unused(rows, heading, places.values()):
        tell(f"{path.name}: not used: {', '.join(unused)}")
    people = []
    for row in rows[1:]:
        cells = {column: _cell(row, place) for column, place in places.items()}
        for column in _NUMBERS:
            if _SHORTENED.fullmatch(cells.get(column, "")):
                raise UsageError(
                    f"{path.name}: a spreadsheet has shortened the number {cells[column]}: export"
                    " the roster again, and do not save it in a spreadsheet"
                )
        if (person := _person(cells)) is not None:
            people.append(person)
    people = _without_shared(people, path.name, tell)
    return _with_sections(_with_namesakes(people))


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
        if not any(_identities(person)):
            count[person.name] = count.get(person.name, -1) + 1
            person = replace(person, namesake=count[person.name])
        result.append(person)
    return result


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
        reason = one_line(str(error))  # which may name a tab
        raise UsageError(f"{path.name} cannot be read as a CSV file: {reason}") from error


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
    """The one that parts the first line into the most cells, and most lines into as many.

    If that leaves a choice, the comma is part of a name.
    """
    lines = [line for line in text.splitlines()[:MAX_LINES] if line.strip()]

    def cells(mark: str) -> tuple[int, int]:
        counts = [len(next(csv.reader([line], delimiter=mark), [])) for line in lines]
        return (counts[0], counts.count(counts[0])) if counts else (0, 0)

    return max("\t;,", key=cells)


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
    for column in _NUMBERS:
        text = given.get(column, "")
        if wrapped := _WRAPPED.fullmatch(text):
            text = next(part for part in wrapped.groups() if part is not None).strip()
        given[column] = "" if _NOTHING.fullmatch(text) else text
    login = given["login"]
    identities = [given[column] for column in _NUMBERS]
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


def merged(people: Iterable[Person], tell: Tell = tell_nobody) -> list[Person]:
    """The same people, each once: rows that agree on an identity and on the name are one person.

    `tell` is given a line about each two who may be one, or may not. Raises UsageError where rows
    of one person contradict each other.
    """
    result: list[Person | None] = []
    by_key: dict[tuple[object, ...], list[int]] = {}
    for person in people:
        keys = _identities(person)
        nameless = [("name", words(person.name), person.namesake)]  # no identity, but the same row
        places = {place for key in keys or nameless for place in by_key.get(key, ())}
        for place in sorted(places, reverse=True):
            other = result[place]
            if other is not None and _are_one(person, other):
                person, result[place] = _both(other, person), None
            elif other is not None:
                tell(
                    f"{other.name} and {person.name} stay two people, although both have"
                    f" {_shared(person, other)[0]}"
                )
        result.append(person)
        for key in _identities(person) or nameless:
            by_key.setdefault(key, []).append(len(result) - 1)
    everybody = [person for person in result if person is not None]
    if twins := _twins(everybody):
        tell(
            f"{_few(twins)}: there twice, with nothing to compare; give both rows an id, a login or"
            " an address"
        )
    return everybody


def _few(texts: Sequence[str]) -> str:
    """The first three, and how many more there are."""
    more = [f"and {len(texts) - 3} more"] if len(texts) > 3 else []
    return ", ".join([*texts[:3], *more])


def _are_one(person: Person, other: Person) -> bool:
    """Whether two rows that share an identity are one person: their names or two values agree."""
    if _has_no_name(person) or _has_no_name(other) or is_one_name(person.name, other.name):
        return True
    return len(set(_shared(person, other))) > 1


def _has_no_name(person: Person) -> bool:
    return person.name in (person.id, person.email, person.login, person.canvas)


def _shared(person: Person, other: Person) -> list[str]:
    theirs = _identities(other)
    return [value for column, value in _identities(person) if (column, value) in theirs]


def _twins(people: Iterable[Person]) -> list[str]:
    """The names that two people have who differ in nothing, as their rows have other columns."""
    by_name: dict[tuple[str, ...], list[Person]] = {}
    for person in people:
        by_name.setdefault(tuple(sorted(words(person.name))), []).append(person)
    return [
        namesakes[0].name
        for namesakes in by_name.values()
        if any(
            _columns(one).isdisjoint(_columns(other)) for one, other in combinations(namesakes, 2)
        )
    ]


def _columns(person: Person) -> set[str]:
    return {column for column, _ in _identities(person)}


def _without_shared(people: Sequence[Person], file: str, tell: Tell) -> list[Person]:
    """The same people without what identifies several people of one file.

    That is the address of a family, say, or what somebody wrote where they knew nothing.
    """
    having: dict[tuple[str, str], list[Person]] = {}
    for person in people:
        for key in _identities(person):
            having.setdefault(key, []).append(person)
    shared = {key for key, several in having.items() if not _all_are_one(several)}
    if not shared:
        return list(people)
    values = sorted({value for _, value in shared})
    tell(f"{file}: several people have {_few(values)}: that identifies nobody")

    def kept(column: str, value: str) -> str:
        return "" if _identity(column, value) in shared else value

    return [
        replace(
            person,
            id=kept("id", person.id),
            email=kept("email", person.email),
            login=kept("login", person.login),
            canvas=kept("canvas", person.canvas),
        )
        for person in people
    ]


def _all_are_one(several: Sequence[Person]) -> bool:
    first, *others = several
    if len(others) == 1:
        return _are_one(first, others[0])
    named = [person.name for person in several if not _has_no_name(person)]
    return all(is_one_name(named[0], name) for name in named[1:])


def _identities(person: Person) -> list[tuple[str, str]]:
    """What identifies a person: pairs of a column and a value."""
    written = [(column, getattr(person, column)) for column in _NUMBERS]
    written += [("login", value) for value in person.also]
    return [_identity(column, value) for column, value in written if value]


def _identity(column: str, value: str) -> tuple[str, str]:
    """A column and a value as they are compared; a login may be an address, and the reverse."""
    if column in ("email", "login"):
        return "email" if "@" in value else "login", value.casefold()
    return column, without_zeros(value)


def without_zeros(identity: str) -> str:
    """An id without the leading zeros that spreadsheets drop from numbers."""
    folded = identity.casefold()
    return folded.lstrip("0") or "0" if folded.isdigit() else folded


def _both(person: Person, other: Person) -> Person:
    """One person from two rows. Raises UsageError if an identity differs."""
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
        name=other.name if _has_no_name(person) else person.name,
        # The longer one has the zeros.
        id=max(person.id, other.id, key=len),
        also=tuple(dict.fromkeys(login for login in logins if login not in kept)),
        sections=tuple(dict.fromkeys(person.sections + other.sections)),
        teams=tuple(dict.fromkeys(person.teams + other.teams)),
    )
