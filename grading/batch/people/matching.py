"""Matches submissions to the people of a roster, by the strongest evidence that there is.

A submission comes with clues: what a platform or the name of a file says about its author. Each
clue is compared with the same thing of a person: a platform's number with that platform's number,
a login with a login. A clue of unknown kind, such as the name of a folder, is compared with all
but platforms' numbers. What fits two people, or nobody, belongs to nobody and is listed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from grading.batch.people.names import is_plainer, orders, plain, squeezed
from grading.batch.people.roster import Person, without_zeros


class Kind(StrEnum):
    """What a clue is, in the words of people.csv."""

    CANVAS = "Canvas ID"
    MOODLE = "Moodle participant"
    LOGIN = "login"
    ID = "id"
    EMAIL = "address"
    NAME = "name"
    LOGIN_AND_NAME = "login and name"
    TEAM = "team"
    TEAM_AND_NAME = "team and name"
    ANY = "label"


@dataclass(frozen=True)
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
    EMAIL = "address"
    ID = "id"
    LOGIN_AND_NAME = "login and name"
    TEAM_AND_NAME = "team and name"
    NAME = "name"
    TEAM = "team"
    MAILBOX = "first part of the address"
    PLAIN = "name without accents"
    NONE = ""


@dataclass(frozen=True)
class Author:
    """What is known about who handed something in.

    `account` identifies a user of the platform, so that two users of one name are never taken for
    one person; it is empty where the platform tells no accounts apart.
    """

    label: str
    clues: tuple[Clue, ...]
    account: str = ""


@dataclass(frozen=True)
class Match:
    """The people whom a submission belongs to, and why.

    If it belongs to nobody, `candidates` may have been meant, and `doubt` says what speaks against.
    """

    people: tuple[Person, ...] = ()
    evidence: Evidence = Evidence.NONE
    candidates: tuple[Person, ...] = ()
    doubt: str = ""

    @property
    def person(self) -> Person | None:
        return self.people[0] if self.people else None


@dataclass(frozen=True)
class _Step:
    """One kind of evidence: the clues that it takes, and the keys of a clue and of a person."""

    evidence: Evidence
    kinds: tuple[Kind, ...]
    of_clue: Callable[[str], Iterable[str]]
    of_person: Callable[[Person], Iterable[str]]


def _folded(text: str) -> list[str]:
    return [text.strip().casefold()] if text.strip() else []


def _number(text: str) -> list[str]:
    return [without_zeros(key) for key in _folded(text)]


def _all_folded(*texts: str) -> list[str]:
    return [key for text in texts for key in _folded(text)]


def _names(person: Person) -> set[str]:
    written = orders(person.name)
    if person.given and person.family:
        written += [f"{person.given} {person.family}", f"{person.family} {person.given}"]
    return {squeezed(name) for name in written} - {""}


def _logins_and_names(person: Person) -> set[str]:
    """Login or id in front of a name or a last name, as some schools set Brightspace up."""
    names = {*_names(person), squeezed(person.family)} - {""}
    fronts = {squeezed(person.login), squeezed(person.id)} - {""}
    return {front + name for front in fronts for name in names}


def _teams_and_names(person: Person) -> set[str]:
    """The team in front of the name, as Moodle 3 writes it."""
    return {squeezed(team) + name for team in person.teams for name in _names(person)}


def _participant(text: str) -> set[str]:
    """The keys of NAME_NUMBER, where the name is empty if the number counts alone."""
    name, _, number = text.rpartition("_")
    # A name without letters is no anonymous one.
    names = {squeezed(name), *plain(name)} - {""} if name else {""}
    return {f"{key}_{number}" for key in names}


def _participants(person: Person) -> set[str]:
    if not person.moodle:
        return set()
    names = {"", *_names(person), *_plain_names(person)}
    return {f"{name}_{person.moodle}" for name in names}


def _plain_names(person: Person) -> set[str]:
    return {spelling for name in orders(person.name) for spelling in plain(name)}


_STEPS = (
    _Step(Evidence.CANVAS, (Kind.CANVAS,), _folded, lambda person: _folded(person.canvas)),
    _Step(Evidence.MOODLE, (Kind.MOODLE,), _participant, _participants),
    _Step(
        Evidence.LOGIN,
        (Kind.LOGIN, Kind.ANY),
        _folded,
        lambda person: _all_folded(person.login, *person.also),
    ),
    _Step(
        Evidence.EMAIL,
        (Kind.EMAIL, Kind.ANY),
        _folded,
        lambda person: _all_folded(person.email, *person.also),
    ),
    _Step(Evidence.ID, (Kind.ID, Kind.ANY), _number, lambda person: _number(person.id)),
    _Step(
        Evidence.LOGIN_AND_NAME,
        (Kind.LOGIN_AND_NAME,),
        lambda text: [squeezed(text)],
        _logins_and_names,
    ),
    _Step(
        Evidence.TEAM_AND_NAME,
        (Kind.TEAM_AND_NAME,),
        lambda text: [squeezed(text)],
        _teams_and_names,
    ),
    _Step(Evidence.NAME, (Kind.NAME, Kind.ANY), lambda text: [squeezed(text)], _names),
    _Step(
        Evidence.MAILBOX,
        (Kind.LOGIN, Kind.ANY),
        _folded,
        lambda person: _folded(person.email.partition("@")[0]),
    ),
)
_PLAIN = _Step(Evidence.PLAIN, (Kind.NAME, Kind.ANY), plain, _plain_names)
MAX_CANDIDATES = 3
# Evidence that may fit somebody else of the same name.
_WEAK = (Evidence.TEAM_AND_NAME, Evidence.NAME, Evidence.MAILBOX, Evidence.PLAIN)


class Roster:
    """The people of a class, and their teams by name."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = list(people)
        self._by_key = {step.evidence: self._index(step) for step in (*_STEPS, _PLAIN)}
        self.teams: dict[str, list[Person]] = {}
        for person in self.people:
            for team in person.teams:
                if key := squeezed(team):  # people write "-" for no team
                    self.teams.setdefault(key, []).append(person)
        self._by_word: dict[str, list[Person]] = {}
        for person in self.people:
            for word in _words(person.name):
                self._by_word.setdefault(word, []).append(person)

    def _index(self, step: _Step) -> dict[str, list[Person]]:
        index: dict[str, list[Person]] = {}
        for person in self.people:
            for key in dict.fromkeys(step.of_person(person)):
                index.setdefault(key, []).append(person)
        return index

    def named(self, text: str) -> list[Person]:
        """The people whom an id, a login, an address or a name identifies."""
        for step in _STEPS:
            if Kind.ANY in step.kinds and (people := self._fitting(step, [text])):
                return people
        return []

    def match(self, authors: Sequence[Author], decided: Mapping[str, Person]) -> dict[str, Match]:
        """The match of each label; `decided` are the people whom somebody has chosen by label."""
        by_label = {author.label: author for author in authors}
        matches = {
            label: Match((decided[label],), Evidence.DECIDED)
            if label in decided
            else self._exact(author)
            for label, author in by_label.items()
        }
        matches = _without_rivals(by_label, matches)
        return self._with_plain_names(by_label, matches)

    def _exact(self, author: Author) -> Match:
        fitting: list[tuple[Evidence, list[Person]]] = []
        for step in _STEPS:
            if people := self._fitting(step, _values(author, step)):
                fitting.append((step.evidence, people))
        everybody = list(dict.fromkeys(person for _, others in fitting for person in others))
        if team := self._team(author):
            # A platform may name one of a team's members as well.
            if set(everybody) <= set(team):
                return Match(tuple(team), Evidence.TEAM)
            candidates = tuple(dict.fromkeys([*everybody, *team]))
            return Match(candidates=candidates, doubt="its names contradict each other")
        if not fitting:
            return Match()
        evidence, people = fitting[0]
        # Evidence against the strongest: what else is known points to somebody else.
        contradicted = any(people[0] not in others for _, others in fitting[1:])
        if len(people) == 1 and not contradicted:
            return Match((people[0],), evidence)
        doubt = "its names contradict each other" if contradicted else "it fits several people"
        return Match(candidates=tuple(everybody), doubt=doubt)

    def _team(self, author: Author) -> list[Person]:
        for clue in author.clues:
            if clue.kind in (Kind.TEAM, Kind.ANY, Kind.NAME) and squeezed(clue.value) in self.teams:
                return self.teams[squeezed(clue.value)]
        return []

    def _fitting(self, step: _Step, values: Iterable[str]) -> list[Person]:
        index = self._by_key[step.evidence]
        keys = dict.fromkeys(key for value in values for key in step.of_clue(value))
        return list(dict.fromkeys(person for key in keys for person in index.get(key, ())))

    def _with_plain_names(
        self, authors: Mapping[str, Author], matches: Mapping[str, Match]
    ) -> dict[str, Match]:
        """Match what is left by spellings without accents, if that leaves no choice at all."""
        taken = {person for match in matches.values() for person in match.people}
        found: dict[str, list[Person]] = {}
        claims: dict[Person, set[str]] = {}
        for label, match in matches.items():
            if not match.people and not match.candidates:
                found[label] = self._fitting(_PLAIN, _values(authors[label], _PLAIN))
                for person in found[label]:
                    claims.setdefault(person, set()).add(authors[label].account or label)
        result = dict(matches)
        for label, people in found.items():
            alone = len(people) == 1 and people[0] not in taken and len(claims[people[0]]) == 1
            values = _values(authors[label], _PLAIN)
            if alone and any(is_plainer(value, people[0].name) for value in values):
                result[label] = Match(tuple(people), Evidence.PLAIN)
            else:
                candidates = people or self._alike(authors[label])
                result[label] = Match(candidates=tuple(candidates[:MAX_CANDIDATES]))
        return result

    def _alike(self, author: Author) -> list[Person]:
        """Those with most words of their name in a clue: for somebody to choose from."""
        texts = [squeezed(clue.value) for clue in author.clues if clue.kind in _PLAIN.kinds]
        shared = Counter(
            person
            for word, people in self._by_word.items()
            if any(word in text for text in texts)
            for person in people
        )
        most = max(shared.values(), default=0)
        return [person for person, count in shared.items() if count == most]


def _words(name: str) -> list[str]:
    """The words that are long enough to tell people apart: four letters of Latin, say."""
    words = [squeezed(word) for word in name.replace(",", " ").split()]
    return [word for word in words if len(word) >= (4 if word.isascii() else 2)]


def _values(author: Author, step: _Step) -> list[str]:
    return [clue.value for clue in author.clues if clue.kind in step.kinds]


def _without_rivals(
    authors: Mapping[str, Author], matches: Mapping[str, Match]
) -> dict[str, Match]:
    """Take back a match by name where two accounts of a platform are matched to one person."""
    strong: dict[Person, set[str]] = {}
    weak: dict[Person, set[str]] = {}
    for label, match in matches.items():
        if match.person is not None and authors[label].account:
            accounts = weak if match.evidence in _WEAK else strong
            accounts.setdefault(match.person, set()).add(authors[label].account)
    result = {}
    for label, match in matches.items():
        person, account = match.person, authors[label].account
        if person is not None and account and match.evidence in _WEAK:
            rivals = strong.get(person) or weak[person]
            if rivals != {account}:
                match = Match(candidates=(person,), doubt="several accounts have this name")
        result[label] = match
    return result
