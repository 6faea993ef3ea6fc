"""Finds the gradebooks that platforms export among the rosters, by their headers.

Canvas's has its own number of a student beside a section. Moodle's ends with the time at which it
was downloaded, whatever the language. Moodle's worksheet for offline grading has participants.
Blackboard's headers end with the number of a column, Brightspace's name what is graded.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from grading.batch.people.person import Person
from grading.batch.people.sheet import Sheet


class Platform(StrEnum):
    """The gradebooks that are made from a platform's own, by the names of their files."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    WORKSHEET = "moodle_worksheet"
    BLACKBOARD = "blackboard"
    BRIGHTSPACE = "brightspace"


@dataclass(frozen=True)
class Export:
    """A platform's own gradebook: each person's cells as they are written.

    `others` are rows of nobody, such as that of the points. Where a person in `doubled` has two
    rows that differ, nothing tells which is right. `places` says where the roster's columns are.
    """

    platform: Platform
    name: str
    heading: Sequence[str]
    rows: Mapping[Person, Sequence[str]]
    others: Sequence[Sequence[str]]
    doubled: frozenset[Person]
    places: Mapping[str, int]
    delimiter: str
    encoding: str

    def place(self, header: str) -> int | None:
        """Where a header stands, whatever its case; None if it does not."""
        headers = [spaced(one) for one in self.heading]
        return headers.index(header) if header in headers else None

    def cell(self, person: Person, place: int | None) -> str:
        """A person's cell without what surrounds it; empty where there is none."""
        row = self.rows.get(person, ())
        return row[place].strip() if place is not None and place < len(row) else ""


@dataclass(frozen=True)
class Exports:
    """The platforms' own gradebooks, and why one of several is not used."""

    of: Mapping[Platform, Export]
    unused: Mapping[Platform, str]

    def get(self, platform: Platform) -> Export | None:
        return self.of.get(platform)


def spaced(text: str) -> str:
    """A header or title as it is compared: without case, with single spaces."""
    return " ".join(text.replace("\ufeff", "").split()).casefold()


def found(sheets: Iterable[Sheet]) -> Exports:
    """The gradebooks among these rosters; those of one platform with the same headers are one."""
    together: dict[Platform, list[Sheet]] = {}
    for sheet in sheets:
        if (platform := _platform(sheet)) is not None:
            together.setdefault(platform, []).append(sheet)
    of: dict[Platform, Export] = {}
    unused: dict[Platform, str] = {}
    for platform, alike in together.items():
        if other := next((one for one in alike if one.heading != alike[0].heading), None):
            unused[platform] = (
                f"{platform}.csv is not written: {alike[0].name} and {other.name} have different"
                " columns; give one of them"
            )
        else:
            of[platform] = _export(platform, alike)
    return Exports(of, unused)


def _export(platform: Platform, sheets: Sequence[Sheet]) -> Export:
    first = sheets[0]
    rows: dict[Person, Sequence[str]] = {}
    others: list[Sequence[str]] = []
    doubled = set()
    for sheet in sheets:
        for row, person in zip(sheet.rows, sheet.people, strict=True):
            if person is None:
                others.append(row)
            elif rows.setdefault(person, row) != row:
                doubled.add(person)
    return Export(
        platform,
        first.name,
        first.heading,
        rows,
        others,
        frozenset(doubled),
        first.places,
        first.table.delimiter,
        first.table.encoding,
    )


NUMBERED = re.compile(r".*\|\s*\d+\s*", re.DOTALL)
POINTS_GRADE = re.compile(r".*\bpoints grade\b.*")
DOWNLOADED = "last downloaded from this course"
_SECONDS = re.compile(r"1\d{9}")


def _platform(sheet: Sheet) -> Platform | None:
    headers = {spaced(header) for header in sheet.heading}
    if {"id", "section"} <= headers and headers & {"student", "sis user id", "sis login id"}:
        return Platform.CANVAS
    if "moodle" in sheet.places and any(person.moodle for person in sheet.everybody):
        return Platform.WORKSHEET
    is_numbered = any(NUMBERED.fullmatch(header) for header in headers)
    if is_numbered or {"username", "last access", "availability"} <= headers:
        return Platform.BLACKBOARD
    if headers & {"orgdefinedid", "end-of-line indicator"} or any(
        POINTS_GRADE.fullmatch(header) for header in headers
    ):
        return Platform.BRIGHTSPACE
    is_moodles = any(header.startswith("assignment: ") for header in headers)
    return Platform.MOODLE if is_moodles or _tells_its_download(sheet) else None


def _tells_its_download(sheet: Sheet) -> bool:
    """Whether the last column says when Moodle wrote the file, as it does in every language."""
    last = len(sheet.heading) - 1
    if last in sheet.places.values():
        return False
    if spaced(sheet.heading[last]) == DOWNLOADED:
        return True
    moments = {row[last].strip() for row in sheet.rows if len(row) > last}
    return len(moments) == 1 and is_moment(moments.pop())


def is_moment(cell: str) -> bool:
    """Whether a cell holds seconds since 1970, as Moodle writes the time of an export."""
    return _SECONDS.fullmatch(cell) is not None
