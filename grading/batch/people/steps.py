"""The kinds of evidence, the strongest first: what of a clue is compared with what of a person."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from grading.batch.people.evidence import Evidence, Kind
from grading.batch.people.names import Words, orders, plain, spellings, squeezed, words
from grading.batch.people.person import Person, without_zeros


@dataclass(frozen=True)
class Step:
    """One kind of evidence: the clues that it takes, and the keys of a clue and of a person."""

    evidence: Evidence
    kinds: tuple[Kind, ...]
    of_clue: Callable[[str], Iterable[Words]]
    of_person: Callable[[Person], Iterable[Words]]


def _folded(*texts: str) -> list[Words]:
    return [(text.strip().casefold(),) for text in texts if text.strip()]


def _number(*texts: str) -> list[Words]:
    return [(without_zeros(key),) for (key,) in _folded(*texts)]


def _ids(person: Person) -> list[Words]:
    return _number(person.id, *person.ids)


def _words(text: str) -> list[Words]:
    return [words(text)]


def _spellings(text: str) -> list[Words]:
    return sorted(spellings(text))


def _names(person: Person) -> list[Words]:
    written = [order for name in person.names for order in orders(name)]
    if person.given and person.family:
        written += orders(f"{person.family}, {person.given}")
    return [words(name) for name in written]


def _plain_names(person: Person) -> list[Words]:
    written = (order for name in person.names for order in orders(name))
    return [spelling for order in written for spelling in spellings(order)]


def _logins_and_names(person: Person) -> list[Words]:
    """Login or id in front of a name, as some schools set Brightspace up.

    Or of a last name, unless both could be a name: Kim Lee is not Soo Lee with the login kim.
    """
    fronts = _words_of_logins(person)
    with_digits = [front for front in fronts if any(map(str.isdigit, "".join(front)))]
    last = words(person.family)
    return [
        *(front + name for front in fronts for name in _names(person)),
        *(front + last for front in with_digits if last),
    ]


def _words_of_logins(person: Person) -> list[Words]:
    written = (person.login, person.id, *person.ids)
    return [words(one) for one in written if words(one)]


def _parts(person: Person) -> list[Words]:
    """A name, alone or with a login or id on either side."""
    names, logins = _names(person), _words_of_logins(person)
    behind = [name + login for login in logins for name in names]
    return [*names, *_logins_and_names(person), *behind]


def _joined(*texts: str) -> list[Words]:
    """Each text as a single key, where words must agree one by one: kim_2 is not kim2."""
    return [(" ".join(words(text)),) for text in texts]


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
    """`keys` for people without a login. People with one do not log in with an id or an address."""
    return lambda person: [] if logins(person) else keys(person)


def _mailbox(person: Person) -> list[Words]:
    return _folded(person.email.partition("@")[0])


def domain(person: Person) -> str:
    return person.email.rpartition("@")[2].casefold()


def logins(person: Person) -> list[str]:
    return [one for one in (person.login, *person.also) if one and "@" not in one]


AS_NAMES = (Kind.NAME, Kind.ANY, Kind.HANDLE)
LOGIN = Step(
    Evidence.LOGIN,
    (Kind.LOGIN, Kind.ANY),
    _folded,
    lambda person: _folded(person.login, *person.also),
)
STEPS = (
    Step(Evidence.CANVAS, (Kind.CANVAS,), _number, lambda person: _number(person.canvas)),
    Step(Evidence.MOODLE, (Kind.MOODLE,), _participant, _participants),
    LOGIN,
    Step(
        Evidence.HANDLE,
        (Kind.HANDLE, Kind.ANY),
        _folded,
        lambda person: _folded(*person.handles),
    ),
    Step(
        Evidence.EMAIL,
        (Kind.EMAIL, Kind.ANY),
        _folded,
        lambda person: _folded(person.email, *person.also),
    ),
    Step(Evidence.ID, (Kind.ID, Kind.ANY), _number, _ids),
    Step(Evidence.ID, (Kind.LOGIN,), _number, _without_login(_ids)),
    Step(Evidence.LOGIN_AND_NAME, (Kind.LOGIN_AND_NAME,), _words, _logins_and_names),
    Step(Evidence.TEAM_AND_NAME, (Kind.TEAM_AND_NAME,), _words, _teams_and_names),
    Step(Evidence.NAME, AS_NAMES, _words, _names),
    Step(Evidence.MAILBOX, (Kind.LOGIN, Kind.ANY), _folded, _without_login(_mailbox)),
    Step(
        Evidence.POSSIBLE_LOGIN,
        (Kind.POSSIBLE_LOGIN,),
        _folded,
        lambda person: _folded(person.login, *person.also),
    ),
)
# These count only if no step above fits anybody.
PARTS = (
    Step(Evidence.PART, (Kind.PART, Kind.ANY), _words, _parts),
    Step(
        Evidence.PART,
        (Kind.PART,),
        _joined,
        lambda person: _joined(person.login, person.id, *person.ids, *person.handles),
    ),
)
PLAIN = Step(Evidence.PLAIN, (*AS_NAMES, Kind.PART), _spellings, _plain_names)
