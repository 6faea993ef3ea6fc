"""What a person decides about a class: whose a submission is, and when it came in.

--match   submission,person     an empty person takes a decision back
--times   submission,submitted_at  or  person,submitted_at
--teams   team,person
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from grading.batch.people.evidence import Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.errors import UsageError
from grading.tables import rows_of
from grading.text import one_line

MATCHES = ("submission", "person")
MAX_NAMES = 3
PEOPLE = ("submission", "person", "evidence", "candidates", "to_settle")


def read_matches(path: Path, roster: Roster, labels: Iterable[str]) -> dict[str, Person | None]:
    """Whose each submission is; None takes a decision back. Raises UsageError."""
    known = set(labels)
    decided: dict[str, Person | None] = {}
    for row in rows_of(path, MATCHES):
        label, text = _label(path, row["submission"], known), row["person"]
        person = the_person(path.name, roster, text) if text else None
        if decided.setdefault(label, person) != person:
            raise UsageError(f"{path.name} has two people for {one_line(label)}: choose one")
    return decided


def read_times(
    path: Path, roster: Roster, matches: Mapping[str, Match]
) -> tuple[dict[str, datetime], dict[Person, datetime]]:
    """When each submission, or everything of a person, came in. Raises UsageError."""
    by_label: dict[str, datetime] = {}
    by_person: dict[Person, datetime] = {}
    for row in rows_of(path, ("submitted_at",)):
        text, label, person = row["submitted_at"], row.get("submission", ""), row.get("person", "")
        what = label or person
        if not what:
            raise UsageError(
                f"{path.name}: the row of {one_line(text)} has no submission or person"
            )
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            said = f"{one_line(text)} is not" if text else "its row needs"
            raise UsageError(f"{path.name}: {one_line(what)}: {said} a time in ISO 8601") from error
        if label:
            label = _label(path, label, matches)
            # people.csv writes several people into one cell, and nobody as an empty one.
            people = [the_person(path.name, roster, one) for one in person.split("; ") if one]
            if not set(people) <= set(matches[label].people):
                raise UsageError(
                    f"{path.name}: {one_line(label)} does not belong to {one_line(person)}"
                )
            before = by_label.setdefault(label, moment)
        else:
            before = by_person.setdefault(the_person(path.name, roster, person), moment)
        if before != moment:
            raise UsageError(f"{path.name} has two times for {one_line(what)}: choose one")
    return by_label, by_person


def with_teams(path: Path, people: Sequence[Person]) -> list[Person]:
    """The same people, with the teams of a file. Raises UsageError."""
    roster = Roster(people)
    teams: dict[Person, list[str]] = {}
    for row in rows_of(path, ("team", "person")):
        teams.setdefault(the_person(path.name, roster, row["person"]), []).append(row["team"])
    return [
        replace(person, teams=tuple(dict.fromkeys([*person.teams, *teams.get(person, ())])))
        for person in people
    ]


def _label(path: Path, text: str, known: Collection[str]) -> str:
    """The label of a submission. Raises UsageError if there is none."""
    # A label that a spreadsheet would have taken for a formula has an apostrophe in front.
    label = text if text in known else text.removeprefix("'")
    if label not in known:
        raise UsageError(f"{path.name}: there is no submission {one_line(text)}")
    return label


def the_person(where: str, roster: Roster, text: str) -> Person:
    """The only person whom a cell can mean; `where` it stands. Raises UsageError."""
    # As people.csv names them: "Jane Doe (12)".
    people = roster.named(text) or _by_description(roster).get(text, [])
    if len(people) == 1:
        return people[0]
    shown = one_line(text)
    if not people:
        raise UsageError(f"{where}: {shown} is nobody of the roster: give an id")
    names = " or ".join(described(person) for person in people[:MAX_NAMES])
    raise UsageError(
        f"{where}: {shown} is {len(people)} people of the roster: give an id that only one has,"
        f" or write {names}"
    )


@lru_cache(maxsize=1)  # a file may name each person of a large class in this way
def _by_description(roster: Roster) -> Mapping[str, Sequence[Person]]:
    found: dict[str, list[Person]] = {}
    for person in roster.people:
        found.setdefault(described(person), []).append(person)
    return found


def people_rows(
    matches: Mapping[str, Match], to_settle: Mapping[str, Sequence[str]]
) -> list[Sequence[object]]:
    """people.csv: a row for each submission, with what a person must settle about it."""
    rows: list[Sequence[object]] = [PEOPLE]
    for label, match in sorted(matches.items()):
        people = "; ".join(described(person) for person in match.people)
        candidates = "; ".join(described(person) for person in match.candidates)
        open_points = "; ".join(to_settle.get(label, ()))
        rows.append((label, people, match.evidence.value, candidates, open_points))
    return rows


def described(person: Person) -> str:
    """A person in one line: the name, and what tells the person from others of this name."""
    identity = person.id or person.login or person.email or next(iter(person.handles), "")
    return f"{person.name} ({identity})" if identity else person.name
