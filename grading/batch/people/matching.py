"""Matches submissions to the people of a roster, by the strongest evidence that there is.

A submission comes with clues: what a platform or the name of a file says about its author. Each
clue is compared with the same thing of a person: a platform's number with that platform's number,
a login with a login. A clue of unknown kind, such as the name of a folder, is compared with all
but platforms' numbers. A submission that fits two people, or nobody, belongs to nobody and is
listed; so is one whose name fits a person, but whose number or login is not that person's.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from grading.batch.people.evidence import Author, Evidence, Kind, Match
from grading.batch.people.names import (
    Words,
    are_akin,
    fits,
    is_one_name,
    is_plainer,
    orders,
    plain,
    spellings,
    squeezed,
    words,
)
from grading.batch.people.person import Person, without_zeros


@dataclass(frozen=True)
class _Step:
    """One kind of evidence: the clues that it takes, and the keys of a clue and of a person."""

    evidence: Evidence
    kinds: tuple[Kind, ...]
    of_clue: Callable[[str], Iterable[Words]]
    of_person: Callable[[Person], Iterable[Words]]


def _folded(*texts: str) -> list[Words]:
    return [(text.strip().casefold(),) for text in texts if text.strip()]


def _number(text: str) -> list[Words]:
    return [(without_zeros(key),) for (key,) in _folded(text)]


def _words(text: str) -> list[Words]:
    return [words(text)]


def _spellings(text: str) -> list[Words]:
    return sorted(spellings(text))


def _names(person: Person) -> list[Words]:
    written = orders(person.name)
    if person.given and person.family:
        written += [f"{person.given} {person.family}", f"{person.family} {person.given}"]
    return [words(name) for name in written]


def _plain_names(person: Person) -> list[Words]:
    return [spelling for name in orders(person.name) for spelling in spellings(name)]


def _logins_and_names(person: Person) -> list[Words]:
    """Login or id in front of a name, as some schools set Brightspace up.

    Or of a last name, unless both could be a name: Kim Lee is not Soo Lee with the login kim.
    """
    fronts = [words(front) for front in (person.login, person.id) if words(front)]
    with_digits = [front for front in fronts if any(map(str.isdigit, "".join(front)))]
    last = words(person.family)
    return [
        *(front + name for front in fronts for name in _names(person)),
        *(front + last for front in with_digits if last),
    ]


def _teams_and_names(person: Person) -> list[Words]:
    """The team in front of the name, as Moodle 3 writes it."""
    return [words(team) + name for team in person.teams for name in _names(person)]


def _participant(text: str) -> list[Words]:
    """The keys of NAME_NUMBER, where the name is empty if the number counts alone."""
    name, _, number = text.rpartition("_")
    # A name without letters is no anonymous one.
    names = {squeezed(name), *plain(name)} - {""} if name else {""}
    return [(f"{key}_{number}",) for key in names]


def _participants(person: Person) -> list[Words]:
    if not person.moodle:
        return []
    names = {"".join(name) for name in (*_names(person), *_plain_names(person))} | {""}
    return [(f"{name}_{person.moodle}",) for name in names]


def _without_login(keys: Callable[[Person], list[Words]]) -> Callable[[Person], list[Words]]:
    """`keys` for people without a login: who has one does not log in with an id or address."""
    return lambda person: [] if _logins(person) else keys(person)


def _mailbox(person: Person) -> list[Words]:
    return _folded(person.email.partition("@")[0])


def _domain(person: Person) -> str:
    return person.email.rpartition("@")[2].casefold()


def _logins(person: Person) -> list[str]:
    return [one for one in (person.login, *person.also) if one and "@" not in one]


_AS_NAMES = (Kind.NAME, Kind.ANY, Kind.HANDLE)
_STEPS = (
    _Step(Evidence.CANVAS, (Kind.CANVAS,), _number, lambda person: _number(person.canvas)),
    _Step(Evidence.MOODLE, (Kind.MOODLE,), _participant, _participants),
    _Step(
        Evidence.LOGIN,
        (Kind.LOGIN, Kind.HANDLE, Kind.ANY),
        _folded,
        lambda person: _folded(person.login, *person.also),
    ),
    _Step(
        Evidence.EMAIL,
        (Kind.EMAIL, Kind.ANY),
        _folded,
        lambda person: _folded(person.email, *person.also),
    ),
    _Step(Evidence.ID, (Kind.ID, Kind.ANY), _number, lambda person: _number(person.id)),
    _Step(
        Evidence.ID,
        (Kind.LOGIN,),
        _number,
        _without_login(lambda person: _number(person.id)),
    ),
    _Step(Evidence.LOGIN_AND_NAME, (Kind.LOGIN_AND_NAME,), _words, _logins_and_names),
    _Step(Evidence.TEAM_AND_NAME, (Kind.TEAM_AND_NAME,), _words, _teams_and_names),
    _Step(Evidence.NAME, _AS_NAMES, _words, _names),
    _Step(Evidence.MAILBOX, (Kind.LOGIN, Kind.ANY), _folded, _without_login(_mailbox)),
    _Step(
        Evidence.POSSIBLE_LOGIN,
        (Kind.POSSIBLE_LOGIN,),
        _folded,
        lambda person: _folded(person.login, *person.also),
    ),
)
_PLAIN = _Step(Evidence.PLAIN, _AS_NAMES, _spellings, _plain_names)
MAX_CANDIDATES = 3
# Evidence that may fit somebody else of the same name.
_WEAK = (
    *(Evidence.LOGIN_AND_NAME, Evidence.TEAM_AND_NAME, Evidence.NAME),
    *(Evidence.MAILBOX, Evidence.PLAIN),
)
# Evidence that says nothing about the name. Moodle's numbers count only with it.
_NAMELESS = (Evidence.CANVAS, Evidence.LOGIN, Evidence.EMAIL, Evidence.ID)
# What a platform and the roster may both know of a person: then the two must agree.
_KNOWN_TWICE: dict[Kind, tuple[tuple[Kind, ...], Callable[[Person], list[str]]]] = {
    Kind.CANVAS: ((Kind.CANVAS,), lambda person: [person.canvas]),
    Kind.MOODLE: ((Kind.MOODLE,), lambda person: [person.moodle]),
    Kind.ID: ((Kind.ID,), lambda person: [person.id]),
    Kind.LOGIN: ((Kind.LOGIN, Kind.POSSIBLE_LOGIN, Kind.HANDLE), _logins),
}
# So many contradictions, and not one agreement, say that a column is of another origin.
MANY = 3


class Roster:
    """The people of a class, and their teams by name; `notes` are what to know about the files."""

    def __init__(self, people: Iterable[Person], notes: Sequence[str] = ()) -> None:
        self.people = list(people)
        self.notes = notes
        domains = Counter(_domain(person) for person in self.people if person.email)
        self._domain, count = domains.most_common(1)[0] if domains else ("", 0)
        if 2 * count <= domains.total():
            self._domain = ""
        self._indexes = {step: self._index(step) for step in (*_STEPS, _PLAIN)}
        self._teams: dict[str, list[Person]] = {}
        for person in self.people:
            for team in person.teams:
                if squeezed(team):  # people write "-" for no team
                    self._teams.setdefault(_spaced(team), []).append(person)
        # "Lab 1-1" and "Lab 11" are two, unless each has the same members.
        self._by_letters: dict[str, list[list[Person]]] = {}
        for team, members in self._teams.items():
            alike = self._by_letters.setdefault(squeezed(team), [])
            if members not in alike:
                alike.append(members)
        self._by_key: dict[str, list[Person]] = {}
        for person in self.people:
            # Stores of older versions have no columns in their keys.
            older = person.id or person.login or person.email or person.name
            for key in {*person.keys, older}:
                self._by_key.setdefault(key, []).append(person)
        self._by_word: dict[str, list[Person]] = {}
        for person in self.people:
            for word in _long_words(person.name):
                self._by_word.setdefault(word, []).append(person)

    def _index(self, step: _Step) -> dict[str, list[tuple[Words, Person]]]:
        index: dict[str, list[tuple[Words, Person]]] = {}
        for person in self.people:
            # The first part of an address is a login only where the school gives it.
            if step.evidence is Evidence.MAILBOX and _domain(person) != self._domain:
                continue
            for key in dict.fromkeys(step.of_person(person)):
                index.setdefault("".join(key), []).append((key, person))
        index.pop("", None)
        return index

    def named(self, text: str) -> list[Person]:
        """The people of this id, login, address or name; if there are none, of this mailbox."""
        by_step = {
            step.evidence: self._fitting(step, [text]) for step in _STEPS if Kind.ANY in step.kinds
        }
        mailbox = by_step.pop(Evidence.MAILBOX)
        return _each_once(by_step.values()) or mailbox

    def key_of(self, person: Person) -> str:
        """What only this person has, from one run to the next."""
        return next((key for key in person.keys if len(self._by_key[key]) == 1), person.keys[0])

    def of_key(self, key: str) -> Person | None:
        """The only person who has this key, if there is one."""
        several = self._by_key.get(key, [])
        return several[0] if len(several) == 1 else None

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
        matches = self._with_plain_names(by_label, matches)
        return _without_contradictions(by_label, matches)

    def _exact(self, author: Author) -> Match:
        fitting: list[tuple[Evidence, list[Person]]] = []
        for step in _STEPS:
            if people := self._fitting(step, author.values(step.kinds)):
                fitting.append((step.evidence, people))
        everybody = _each_once(people for _, people in fitting)
        if (of_team := self._of_team(author, everybody)) is not None:
            return of_team
        if not fitting:
            return Match()
        evidence, people = fitting[0]
        # Evidence against the strongest: what else is known points to somebody else.
        if any(people[0] not in others for _, others in fitting[1:]):
            doubt = "its names contradict each other"
        elif len(people) > 1:
            doubt = "it fits several people"
        elif evidence is Evidence.POSSIBLE_LOGIN:
            doubt = "without a receipt, nothing tells where the login begins"
        else:
            doubt = _other_name(author, people[0], evidence)
        if doubt:
            return Match(candidates=tuple(everybody), doubt=doubt)
        return Match((people[0],), evidence)

    def _of_team(self, author: Author, people: Sequence[Person]) -> Match | None:
        """The match of a team, or None; `people` are those whom the author's clues fit."""
        names = author.values((Kind.TEAM, *_AS_NAMES))
        fitting = {name: teams for name in names if (teams := self._teams_called(name))}
        if not fitting:
            return None
        members = _each_once(team for teams in fitting.values() for team in teams)
        called_so = _each_once(map(self.named, fitting))
        inside = {one for entry in author.inside for one in self.named(entry)}
        if any(len(teams) > 1 for teams in fitting.values()):
            doubt = "several teams have this name but for spaces and punctuation"
        elif any(set(team) != set(members) for teams in fitting.values() for team in teams):
            doubt = "it may be one of several teams"
        elif called_so and set(called_so) != set(members):
            doubt = "a team and a person have this name"
        elif inside & set(members):
            doubt = "it holds work named after single members"
        elif not set(people) <= set(members):
            doubt = "its names contradict each other"
        else:
            # A platform may name one of a team's members as well.
            return Match(tuple(members), Evidence.TEAM)
        return Match(candidates=tuple(_each_once((people, members))), doubt=doubt)

    def _teams_called(self, name: str) -> list[list[Person]]:
        """The members of the team of this name, or of each that is called so but for spaces."""
        exact = self._teams.get(_spaced(name))
        return [exact] if exact else self._by_letters.get(squeezed(name), [])

    def _fitting(self, step: _Step, values: Iterable[str]) -> list[Person]:
        index = self._indexes[step]
        return _each_once(
            [person for theirs, person in index.get("".join(key), ()) if fits(key, theirs)]
            for value in values
            for key in step.of_clue(value)
        )

    def _with_plain_names(
        self, authors: Mapping[str, Author], matches: Mapping[str, Match]
    ) -> dict[str, Match]:
        """Match what is left by spellings without accents, if that leaves no choice at all."""
        taken = {person for match in matches.values() for person in match.people}
        found: dict[str, list[Person]] = {}
        claims: dict[Person, set[str]] = {}
        for label, match in matches.items():
            if not match.people and not match.candidates:
                found[label] = self._fitting(_PLAIN, authors[label].values(_PLAIN.kinds))
                for person in found[label]:
                    claims.setdefault(person, set()).add(authors[label].account or label)
        result = dict(matches)
        for label, people in found.items():
            alone = len(people) == 1 and people[0] not in taken and len(claims[people[0]]) == 1
            values = authors[label].values(_PLAIN.kinds)
            if alone and any(is_plainer(value, people[0].name) for value in values):
                result[label] = Match(tuple(people), Evidence.PLAIN)
            else:
                candidates = people or self._alike(authors[label])
                result[label] = Match(candidates=tuple(candidates[:MAX_CANDIDATES]))
        return result

    def _alike(self, author: Author) -> list[Person]:
        """Those with most words of their name in a clue: for somebody to choose from."""
        texts = [squeezed(value) for value in author.values(_PLAIN.kinds)]
        shared = Counter(
            person
            for word, people in self._by_word.items()
            if any(word in text for text in texts)
            for person in people
        )
        most = max(shared.values(), default=0)
        return [person for person, count in shared.items() if count == most]


def _each_once(groups: Iterable[Iterable[Person]]) -> list[Person]:
    return list(dict.fromkeys(person for group in groups for person in group))


def _spaced(text: str) -> str:
    """The name of a team as it is, but for case and the number of spaces."""
    return " ".join(normalize("NFKC", text).casefold().split())


def _long_words(name: str) -> list[str]:
    """The words that are long enough to tell people apart: four letters of Latin, say."""
    return [word for word in words(name) if len(word) >= (4 if word.isascii() else 2)]


def _other_name(author: Author, person: Person, evidence: Evidence) -> str:
    """Why the name that came with nameless evidence is not the person's; empty if it may be."""
    names = author.values((Kind.NAME,))
    if evidence is Evidence.MAILBOX:
        may_be = any(is_one_name(name, person.name) for name in names)
    else:
        may_be = evidence not in _NAMELESS or any(are_akin(name, person.name) for name in names)
    return f"the name with it is {names[0]}" if names and not may_be else ""


def _without_contradictions(
    authors: Mapping[str, Author], matches: Mapping[str, Match]
) -> dict[str, Match]:
    """Take back matches by weak evidence to people whose number, id or login is another one."""
    agreeing: set[Kind] = set()
    contradicted: dict[Kind, set[Person]] = {kind: set() for kind in _KNOWN_TWICE}
    against: dict[str, dict[Kind, str]] = {}
    for label, match in matches.items():
        if len(match.people) != 1:
            continue
        [person] = match.people
        for kind, (kinds, known) in _KNOWN_TWICE.items():
            mine = authors[label].values(kinds)
            if kind is Kind.MOODLE:  # NAME_NUMBER
                mine = [value.rpartition("_")[2] for value in mine]
            theirs = [value for value in known(person) if value]
            if set(map(without_zeros, mine)) & set(map(without_zeros, theirs)):
                agreeing.add(kind)
            elif mine and theirs:
                contradicted[kind].add(person)
                doubt = f"its {kind} is {mine[0]}, theirs is {theirs[0]}"
                against.setdefault(label, {})[kind] = doubt
    foreign = {
        kind
        for kind, people in contradicted.items()
        if len(people) >= MANY and kind not in agreeing
    }
    result = dict(matches)
    for label, doubts in against.items():
        match = matches[label]
        if match.evidence not in _WEAK:
            continue
        if counting := [doubt for kind, doubt in doubts.items() if kind not in foreign]:
            result[label] = Match(candidates=match.people, doubt=counting[0])
        else:
            result[label] = replace(match, ignored=next(iter(doubts)))
    return result


def _without_rivals(
    authors: Mapping[str, Author], matches: Mapping[str, Match]
) -> dict[str, Match]:
    """Take back matches where two accounts of a platform are matched to one person or team.

    Names and ids, which users set for themselves on some platforms, give way to what identifies the
    account itself (a roster may know several accounts of a person). Of equal claims none counts.
    """
    claims: dict[tuple[Person, str], set[str]] = {}
    for label, match in matches.items():
        if account := authors[label].account:
            for person in match.people:
                claims.setdefault((person, _strength(match)), set()).add(account)
    result = {}
    for label, match in matches.items():
        account, strength = authors[label].account, _strength(match)
        rivals: set[str] = set()
        if account and strength in ("weak", "team"):
            for person in match.people:
                strong = claims.get((person, "strong"), set())
                rivals |= (strength == "weak" and strong) or claims[person, strength]
        if rivals - {account}:
            what = "name" if match.evidence in _WEAK else match.evidence
            match = Match(candidates=match.people, doubt=f"several accounts have this {what}")
        result[label] = match
    return result


def _strength(match: Match) -> str:
    if match.evidence is Evidence.TEAM:
        return "team"
    return "weak" if match.evidence in (*_WEAK, Evidence.ID) else "strong"
