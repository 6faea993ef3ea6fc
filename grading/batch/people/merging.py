"""Makes one person of the rows that are one person's, in one roster or in several."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from itertools import combinations

from grading.batch.people.names import is_one_name, words
from grading.batch.people.person import Person, identities, identity, without_zeros
from grading.errors import UsageError

_NUMBERED = ("id", "canvas", "moodle")
# Takes a line about a roster that a person should see.
Tell = Callable[[str], None]


def tell_nobody(line: str) -> None:
    """Drop the line."""


def merged(people: Iterable[Person], tell: Tell = tell_nobody) -> list[Person]:
    """The same people, each once: rows that agree on an identity and on the name are one person.

    `tell` is given a line about rows that may or may not be one person's. Raises UsageError where
    rows of one person contradict each other.
    """
    return merged_rows(people, tell)[0]


def merged_rows(
    people: Iterable[Person], tell: Tell = tell_nobody
) -> tuple[list[Person], list[int]]:
    """The people, each once, and for each row the place of its person among them."""
    result: list[Person | None] = []
    # Where the rows went that are part of a later one.
    part_of: dict[int, int] = {}
    by_key: dict[tuple[object, ...], list[int]] = {}
    for person in people:
        keys = identities(person)
        nameless = [("name", words(person.name), person.namesake)]  # no identity, but the same row
        places = {place for key in keys or nameless for place in by_key.get(key, ())}
        for place in sorted(places, reverse=True):
            other = result[place]
            if other is not None and _are_one(person, other):
                person, result[place] = _both(other, person), None
                part_of[place] = len(result)
            elif other is not None:
                tell(
                    f"{other.name} and {person.name} stay two people, although both have"
                    f" {_shared(person, other)[0]}"
                )
        result.append(person)
        for key in identities(person) or nameless:
            by_key.setdefault(key, []).append(len(result) - 1)
    everybody = [person for person in result if person is not None]
    if several := [f"{one.name} ({', '.join((one.id, *one.ids))})" for one in everybody if one.ids]:
        tell(f"several ids, each of which counts: {_few(several)}")
    if twins := _twins(everybody):
        tell(
            f"two rows for {_few(twins)} have nothing in common but the name and stay two people;"
            " give both rows an id, a login or an address"
        )
    return everybody, _owners(result, part_of)


def _owners(result: Sequence[Person | None], part_of: Mapping[int, int]) -> list[int]:
    """For each row the place of its person among those who are left."""
    places: dict[int, int] = {}
    for row, person in enumerate(result):
        if person is not None:
            places[row] = len(places)
    # A row is always part of a later one.
    for row in range(len(result) - 1, -1, -1):
        if row in part_of:
            places[row] = places[part_of[row]]
    return [places[row] for row in range(len(result))]


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
    return person.name in (person.id, person.email, person.login, person.canvas, *person.handles)


def _shared(person: Person, other: Person) -> list[str]:
    theirs = identities(other)
    return [value for column, value in identities(person) if (column, value) in theirs]


def _twins(people: Iterable[Person]) -> list[str]:
    """The names that two people have who differ in nothing, as their rows have other columns."""
    by_name: dict[tuple[str, ...], list[Person]] = {}
    for person in people:
        by_name.setdefault(tuple(sorted(words(person.name))), []).append(person)
    return [namesakes[0].name for namesakes in by_name.values() if _some_differ(namesakes)]


def _some_differ(namesakes: Iterable[Person]) -> bool:
    """Whether two of them have no column in common; it compares the few sets that differ."""
    counts = Counter(map(_columns, namesakes))
    return counts[frozenset()] > 1 or any(
        one.isdisjoint(other) for one, other in combinations(counts, 2)
    )


def _columns(person: Person) -> frozenset[str]:
    return frozenset(column for column, _ in identities(person))


def without_shared(people: Sequence[Person], file: str, tell: Tell) -> list[Person]:
    """The same people without what identifies several people of one file.

    That is the address of a family, say, or what somebody wrote where they knew nothing. Raises
    UsageError if one person has two ids: rosters may have ids of their own, but not one roster.
    """
    having: dict[tuple[str, str], list[Person]] = {}
    for person in people:
        for key in identities(person):
            having.setdefault(key, []).append(person)
    shared = {key for key, several in having.items() if not _all_are_one(several)}
    for key, (first, *others) in having.items():
        for other in others if key not in shared else ():
            _require_one("id", first, other)
    if not shared:
        return list(people)
    values = sorted({value for _, value in shared})
    tell(f"{file}: several people have {_few(values)}: that identifies nobody")

    def kept(column: str, value: str) -> str:
        return "" if identity(column, value) in shared else value

    return [
        replace(
            person,
            id=kept("id", person.id),
            email=kept("email", person.email),
            login=kept("login", person.login),
            canvas=kept("canvas", person.canvas),
            handles=tuple(one for one in person.handles if kept("handle", one)),
        )
        for person in people
    ]


def _all_are_one(several: Sequence[Person]) -> bool:
    first, *others = several
    if len(others) == 1:
        return _are_one(first, others[0])
    named = [person.name for person in several if not _has_no_name(person)]
    return all(is_one_name(named[0], name) for name in named[1:])


def _require_one(column: str, person: Person, other: Person) -> None:
    """Raises UsageError if both have a value in this column, and not the same."""
    mine, theirs = getattr(person, column), getattr(other, column)
    if mine and theirs and without_zeros(mine) != without_zeros(theirs):
        raise UsageError(
            f"the roster has {person.name} and {other.name} as one person, but with different"
            f" values of {column}, {mine} and {theirs}: correct it"
        )


def _both(person: Person, other: Person) -> Person:
    """One person from two rows. Raises UsageError if a number of a platform differs.

    Two ids are taken for those of two rosters, but only if the names agree.
    """
    for column in ("canvas", "moodle") if is_one_name(person.name, other.name) else _NUMBERED:
        _require_one(column, person, other)
    # Of two that are equal, the longer one has the zeros.
    ids: dict[str, str] = {}
    for one in filter(None, (person.id, *person.ids, other.id, *other.ids)):
        key = without_zeros(one)
        ids[key] = max(one, ids.get(key, ""), key=len)
    first, *more = ids.values() or ("",)
    values = {
        field.name: getattr(person, field.name) or getattr(other, field.name)
        for field in fields(Person)
    }
    logins = (*person.also, *other.also, other.email, other.login)
    kept = (values["email"], values["login"], "")
    name, *called = dict.fromkeys(
        name for one in (person, other) if not _has_no_name(one) for name in one.names
    ) or [person.name]
    return replace(
        Person(**values),
        name=name,
        called=tuple(called),
        id=first,
        ids=tuple(more),
        also=tuple(dict.fromkeys(login for login in logins if login not in kept)),
        handles=tuple(dict.fromkeys(person.handles + other.handles)),
        sections=tuple(dict.fromkeys(person.sections + other.sections)),
        teams=tuple(dict.fromkeys(person.teams + other.teams)),
    )
