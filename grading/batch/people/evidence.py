"""What is known about who handed something in, and whom it is matched to."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from grading.batch.people.person import Person


class Kind(StrEnum):
    """What a clue is, in the words of the lines about what contradicts a match."""

    CANVAS = "Canvas ID"
    MOODLE = "Moodle participant"
    LOGIN = "login"
    # One that may begin elsewhere.
    POSSIBLE_LOGIN = "possible login"
    # A login that its owner has chosen, and which is therefore nobody's id, address or login.
    HANDLE = "GitHub login"
    ID = "id"
    EMAIL = "address"
    NAME = "name"
    LOGIN_AND_NAME = "login and name"
    TEAM = "team"
    TEAM_AND_NAME = "team and name"
    ANY = "label"
    # What is left of a label without words of an exercise or a copy.
    PART = "part of the label"


@dataclass(frozen=True, slots=True)
class Clue:
    """Something that tells who handed in a submission."""

    kind: Kind
    value: str


class Evidence(StrEnum):
    """Why a submission is a person's, in the words of people.csv; the strongest comes first."""

    DECIDED = "match file"
    CANVAS = "Canvas ID"
    MOODLE = "Moodle participant"
    LOGIN = "login"
    HANDLE = "GitHub login"
    EMAIL = "address"
    ID = "id"
    LOGIN_AND_NAME = "login and name"
    TEAM_AND_NAME = "team and name"
    NAME = "name"
    TEAM = "team"
    MAILBOX = "first part of the address"
    POSSIBLE_LOGIN = "possible login"
    PART = "part of the label"
    PLAIN = "name without accents"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Author:
    """What is known about who handed something in.

    `account` identifies a user of the platform, so that two users of one name are never taken for
    one person; it is empty where the platform tells no accounts apart. `inside` holds the names in
    a folder: one with the work of single members is not the team's.
    """

    label: str
    clues: tuple[Clue, ...]
    account: str = ""
    inside: tuple[str, ...] = field(default=(), compare=False)

    @property
    def owner(self) -> str:
        """What tells apart two authors who look alike."""
        return self.account or repr(self.clues)

    @property
    def mark(self) -> str:
        """The same in eight characters, for a label."""
        return hashlib.sha256(self.owner.encode("utf-8", "surrogatepass")).hexdigest()[:8]

    def values(self, kinds: Iterable[Kind]) -> list[str]:
        return [clue.value for clue in self.clues if clue.kind in kinds]


@dataclass(frozen=True, slots=True)
class Match:
    """The people whom a submission belongs to, and why.

    If it belongs to nobody, `candidates` may have been meant, and `doubt` says what speaks against.
    `ignored` is a kind of clue that speaks against it, but against everybody else's match as well.
    """

    people: tuple[Person, ...] = ()
    evidence: Evidence = Evidence.NONE
    candidates: tuple[Person, ...] = ()
    doubt: str = ""
    ignored: Kind | None = None

    @property
    def person(self) -> Person | None:
        return self.people[0] if self.people else None
