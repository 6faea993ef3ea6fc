"""What speaks against a match: another name, another number, or another account of the name."""

from collections.abc import Callable, Container, Mapping
from dataclasses import replace

from grading.batch.people.evidence import Author, Evidence, Kind, Match
from grading.batch.people.names import are_akin, is_groups, is_one_name
from grading.batch.people.person import Person, without_zeros
from grading.batch.people.steps import logins

# Evidence that may fit somebody else of the same name.
_WEAK = (
    *(Evidence.LOGIN_AND_NAME, Evidence.TEAM_AND_NAME, Evidence.NAME),
    *(Evidence.MAILBOX, Evidence.PLAIN, Evidence.PART),
)
# Evidence that says nothing about the name. Moodle's numbers count only with it.
_NAMELESS = (Evidence.CANVAS, Evidence.LOGIN, Evidence.EMAIL, Evidence.ID)
# What a platform and the roster may both know of a person: then the two must agree.
_KNOWN_TWICE: dict[Kind, tuple[tuple[Kind, ...], Callable[[Person], list[str]]]] = {
    Kind.CANVAS: ((Kind.CANVAS,), lambda person: [person.canvas]),
    Kind.MOODLE: ((Kind.MOODLE,), lambda person: [person.moodle]),
    Kind.ID: ((Kind.ID,), lambda person: [person.id, *person.ids]),
    Kind.LOGIN: ((Kind.LOGIN, Kind.POSSIBLE_LOGIN), logins),
    Kind.HANDLE: ((Kind.HANDLE,), lambda person: list(person.handles)),
}
# This many contradictions without one agreement mean that a column has another origin.
MANY = 3


def other_name(
    author: Author, person: Person, evidence: Evidence, known: Callable[[], Container[str]]
) -> str:
    """Why the name that came with nameless evidence is not the person's; empty if it may be.

    `known` gives the words of everybody's names.
    """
    names = author.values((Kind.NAME,))

    def may_be(name: str) -> bool:
        if any(is_one_name(theirs, name) for theirs in person.names):
            return True
        if evidence is Evidence.CANVAS and is_groups(name, " ".join(person.names), known()):
            return False
        is_akin = any(are_akin(name, theirs) for theirs in person.names)
        return evidence is not Evidence.MAILBOX and is_akin

    if not names or evidence not in (*_NAMELESS, Evidence.MAILBOX) or any(map(may_be, names)):
        return ""
    return f"the name with it is {names[0]}"


def without_contradictions(
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


def without_rivals(authors: Mapping[str, Author], matches: Mapping[str, Match]) -> dict[str, Match]:
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
