"""Matches submissions to the people of a roster, by the strongest evidence that there is.

A submission comes with clues: what a platform or the name of a file says about its author. Each
clue is compared with the same thing of a person: a platform's number with that platform's number,
a login with a login. A clue of unknown kind, such as the name of a folder, is compared with all
but platforms' numbers. A submission that fits two people, or nobody, belongs to nobody and is
listed; so is one whose name fits a person, but whose number or login is not that person's.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from unicodedata import normalize

from grading.batch.people.doubts import other_name, without_contradictions, without_rivals
from grading.batch.people.evidence import Author, Evidence, Kind, Match
from grading.batch.people.names import Words, fits, is_plainer, long_words, plain, squeezed
from grading.batch.people.person import Person
from grading.batch.people.sheet import Sheet
from grading.batch.people.steps import AS_NAMES, LOGIN, PARTS, PLAIN, STEPS, Step, domain

MAX_CANDIDATES = 3
LONG = 4


class Roster:
    """The people of a class, and their teams by name.

    `notes` are what to know about the files, and `sheets` the files themselves.
    """

    def __init__(
        self, people: Iterable[Person], notes: Sequence[str] = (), sheets: Sequence[Sheet] = ()
    ) -> None:
        self.people = list(people)
        self.notes = notes
        self.sheets = sheets
        domains = Counter(domain(person) for person in self.people if person.email)
        self._domain, count = domains.most_common(1)[0] if domains else ("", 0)
        if 2 * count <= domains.total():
            self._domain = ""
        # An index is built when a submission is first compared by its step.
        self._indexes: dict[Step, dict[str, list[tuple[Words, Person]]]] = {}
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

    @cached_property
    def _by_word(self) -> dict[str, list[Person]]:
        found: dict[str, list[Person]] = {}
        for person in self.people:
            for word in long_words(" ".join(person.names)):
                found.setdefault(word, []).append(person)
        return found

    @cached_property
    def _sizes(self) -> set[int]:
        """The lengths of the words that are too long to stand inside another word by chance."""
        return {len(word) for word in self._by_word if len(word) >= LONG}

    def _index(self, step: Step) -> dict[str, list[tuple[Words, Person]]]:
        index: dict[str, list[tuple[Words, Person]]] = {}
        for person in self.people:
            # The first part of an address is a login only where the school gives it.
            if step.evidence is Evidence.MAILBOX and domain(person) != self._domain:
                continue
            for key in dict.fromkeys(step.of_person(person)):
                index.setdefault("".join(key), []).append((key, person))
        index.pop("", None)
        return index

    def named(self, text: str) -> list[Person]:
        """The people of this id, login, address or name; if there are none, of this mailbox."""
        found = {step: self._fitting(step, [text]) for step in STEPS if Kind.ANY in step.kinds}
        *others, mailbox = found.values()  # the weakest comes last
        return _each_once(others) or mailbox

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
        matches = without_rivals(by_label, matches)
        matches = self._with_plain_names(by_label, matches)
        return without_contradictions(by_label, matches)

    def _exact(self, author: Author) -> Match:
        fitting = self._by_evidence(STEPS, author) or self._by_evidence(PARTS, author)
        everybody = _each_once(people for _, people in fitting)
        if (of_team := self._of_team(author, everybody)) is not None:
            return of_team
        if not fitting:
            same = self._fitting(LOGIN, author.values((Kind.HANDLE,)))
            doubt = "somebody else may have this login at GitHub: give GitHub Classroom's roster"
            return Match(candidates=tuple(same), doubt=doubt if same else "")
        evidence, people = fitting[0]
        # Evidence against the strongest: what else is known points to somebody else.
        if any(people[0] not in others for _, others in fitting[1:]):
            doubt = "its names contradict each other"
        elif len(people) > 1:
            doubt = "it fits several people"
        elif evidence is Evidence.POSSIBLE_LOGIN:
            doubt = "without a receipt, nothing tells where the login begins"
        else:
            doubt = other_name(author, people[0], evidence, lambda: self._by_word)
        if doubt:
            return Match(candidates=tuple(everybody), doubt=doubt)
        return Match((people[0],), evidence)

    def _by_evidence(
        self, steps: Iterable[Step], author: Author
    ) -> list[tuple[Evidence, list[Person]]]:
        found = [(step.evidence, self._fitting(step, author.values(step.kinds))) for step in steps]
        return [(evidence, people) for evidence, people in found if people]

    def _of_team(self, author: Author, people: Sequence[Person]) -> Match | None:
        """The match of a team, or None; `people` are those whom the author's clues fit."""
        names = author.values((Kind.TEAM, *AS_NAMES))
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

    def _fitting(self, step: Step, values: Iterable[str]) -> list[Person]:
        values = list(values)
        if values and step not in self._indexes:
            self._indexes[step] = self._index(step)
        index = self._indexes[step] if values else {}
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
                found[label] = self._fitting(PLAIN, authors[label].values(PLAIN.kinds))
                for person in found[label]:
                    claims.setdefault(person, set()).add(authors[label].account or label)
        result = dict(matches)
        for label, people in found.items():
            alone = len(people) == 1 and people[0] not in taken and len(claims[people[0]]) == 1
            values = authors[label].values(PLAIN.kinds)
            pairs = ((value, name) for value in values for name in people[0].names) if alone else ()
            if any(is_plainer(*pair) for pair in pairs):
                result[label] = Match(tuple(people), Evidence.PLAIN)
            else:
                candidates = people or self._alike(authors[label])
                result[label] = Match(candidates=tuple(candidates[:MAX_CANDIDATES]))
        return result

    def _alike(self, author: Author) -> list[Person]:
        """Those with most words of their name in a clue: for somebody to choose from."""
        found = {word for value in author.values(PLAIN.kinds) for word in self._words(value)}
        shared = Counter(person for word in sorted(found) for person in self._by_word[word])
        most = max(shared.values(), default=0)
        return [person for person, count in shared.items() if count == most]

    def _words(self, value: str) -> set[str]:
        """The words of the roster's names in a clue; long ones may stand inside a word."""
        found = long_words(value) & self._by_word.keys()
        for text in plain(value):
            pieces = {text[at : at + size] for size in self._sizes for at in range(len(text))}
            found |= pieces & self._by_word.keys()
        return found


def _each_once(groups: Iterable[Iterable[Person]]) -> list[Person]:
    return list(dict.fromkeys(person for group in groups for person in group))


def _spaced(text: str) -> str:
    """The name of a team as it is, but for case and the number of spaces."""
    return " ".join(normalize("NFKC", text).casefold().split())
