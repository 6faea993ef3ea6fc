"""A person of the class, and what identifies one."""

from dataclasses import dataclass

from grading.batch.people.names import words

# The columns whose values identify a person.
NUMBERS = ("id", "email", "login", "canvas")


@dataclass(frozen=True)
class Person:
    """A person of the class; what is not known is empty.

    `canvas` and `moodle` are numbers that these platforms give to their users; they identify
    nobody elsewhere. `handles` are logins at GitHub and its like. People choose them, so that one
    may be somebody else's login at the university. `teams` are the groups in which the person
    hands in.
    """

    name: str
    id: str = ""
    email: str = ""
    login: str = ""
    given: str = ""
    family: str = ""
    canvas: str = ""
    moodle: str = ""
    handles: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    # Further names, ids, and logins and addresses, where several rosters have different ones.
    called: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    # Numbers the people of one name of whom a roster knows nothing but the name.
    namesake: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.called)

    @property
    def section(self) -> str:
        return ", ".join(self.sections)

    @property
    def keys(self) -> list[str]:
        """What identifies the person from one run to the next, the strongest first."""
        number = f"#{self.namesake}" if self.namesake else ""
        name = f"name:{' '.join(words(self.name))}{number}"
        return [*(f"{column}:{value}" for column, value in identities(self)), name]


def identities(person: Person) -> list[tuple[str, str]]:
    """What identifies a person: pairs of a column and a value."""
    written = [(column, getattr(person, column)) for column in NUMBERS]
    written += [("id", value) for value in person.ids]
    written += [("login", value) for value in person.also]
    written += [("handle", value) for value in person.handles]
    return [identity(column, value) for column, value in written if value]


def identity(column: str, value: str) -> tuple[str, str]:
    """A column and a value as they are compared; a login may be an address, and the reverse."""
    if column in ("email", "login"):
        return "email" if "@" in value else "login", value.casefold()
    return column, without_zeros(value)


def without_zeros(identity: str) -> str:
    """An id without the leading zeros that spreadsheets drop from numbers."""
    folded = identity.casefold()
    return folded.lstrip("0") or "0" if folded.isdigit() else folded
