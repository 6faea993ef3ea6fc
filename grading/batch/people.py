"""People: a roster says who handed in what; the lists leave nobody out."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grading.errors import UsageError
from grading.text import one_line

MAX_BYTES = 16 * 1024 * 1024
COLUMNS = ("name", "id", "email", "login", "section")


@dataclass(frozen=True)
class Person:
    """One row of a roster; missing values are empty."""

    name: str
    id: str = ""
    email: str = ""
    login: str = ""
    section: str = ""

    @property
    def keys(self) -> set[str]:
        """The names that a file name may use for this person, normalized."""
        first_last = self.name.replace(",", " ").split()
        orders = ["".join(first_last), "".join(reversed(first_last))]
        if "," in self.name:  # Last, First
            last, first = self.name.split(",", 1)
            orders += [first + last, last + first]
        elif len(first_last) > 1:  # First Middle Last, which Canvas writes lastfirstmiddle
            orders.append(first_last[-1] + "".join(first_last[:-1]))
        given = [*orders, self.id, self.email, self.email.split("@")[0], self.login]
        return {normal(word) for word in given} - {""}


def read(path: Path) -> list[Person]:
    """The people of a CSV file with a column `name` and any of id, email, login, section.

    Raises UsageError.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path.name} is larger than 16 MB: is it a roster?")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            fields = {(name or "").strip().lower(): name for name in rows.fieldnames or []}
            if "name" not in fields:
                raise UsageError(
                    f"{path.name} has no column name; it may have {', '.join(COLUMNS)}"
                )
            return [_person(row, fields) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path.name} cannot be read as a CSV file: {error}") from error


def _person(row: Mapping[str, str | None], fields: Mapping[str, str]) -> Person:
    given = {name: row[fields[name]] or "" for name in COLUMNS if name in fields}
    return Person(**{name: one_line(text, 200) for name, text in given.items()})


class Roster:
    """Looks people up by the name of a submission."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = list(people)
        self._by_key: dict[str, list[Person]] = {}
        for person in self.people:
            for key in person.keys:
                self._by_key.setdefault(key, []).append(person)

    def find(self, tokens: Iterable[str]) -> Person | None:
        """The person whom the first unambiguous token names; None if there is no such token."""
        for token in tokens:
            people = self._by_key.get(normal(token), [])
            if len(people) == 1:
                return people[0]
        return None


def normal(text: str) -> str:
    """Only letters and digits, in lower case and without accents."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower())
