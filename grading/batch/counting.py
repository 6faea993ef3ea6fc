"""Which of several attempts counts: the latest or the best, as far as anything tells."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from grading.batch.intake.collected import Collected
from grading.batch.intake.times import Received
from grading.batch.lateness import days_late, penalty
from grading.batch.people.evidence import Match
from grading.batch.people.person import Person
from grading.batch.store import Result
from grading.course.syllabus import Course, LatePolicy
from grading.report import Report

UNSETTLED = "several hand-ins, and nothing tells which came later: the better one counts for now"
UNREAD = "another hand-in has no work that can be read"


@dataclass(frozen=True, slots=True)
class Graded:
    """A collected attempt and its result: None if it could not be graded; `problem` says why.

    `load` reads the whole report; `basis` is its key.
    """

    collected: Collected
    match: Match
    received: Received
    result: Result | None
    load: Callable[[], Report | None]
    problem: str = ""
    basis: str = ""

    @property
    def raw_score(self) -> float | None:
        return None if self.result is None else self.result.score


def may_count(
    course: Course,
    collected: Sequence[Collected],
    matches: Mapping[str, Match],
    received: Mapping[Collected, Received],
) -> set[Collected]:
    """What has to be graded: attempts that a later one replaces for certain are left out."""
    waiting = [
        Graded(found, matches[found.author.label], received[found], None, lambda: None)
        for found in collected
    ]
    needed: set[Collected] = set()
    for everything in grouped(waiting).values():
        group = _worked_on(everything)
        ordered = in_order(group)
        if ordered is not None and course.attempts == "latest":
            group = ordered[-1:]
        needed |= {attempt.collected for attempt in group}
    return needed


def grouped(graded: Iterable[Graded]) -> dict[tuple[str, Person | None, str], list[Graded]]:
    """The attempts of each person at each exercise; of nobody, those with one label."""
    groups: dict[tuple[str, Person | None, str], list[Graded]] = {}
    for attempt in graded:
        for person in attempt.match.people or (None,):
            label = attempt.collected.author.label if person is None else ""
            groups.setdefault((label, person, attempt.collected.exercise), []).append(attempt)
    return groups


def counting(
    group: Sequence[Graded], policy: LatePolicy | None, attempts: str
) -> tuple[Graded, str]:
    """The attempt that counts, and why that is not settled (empty if it is)."""

    def final(attempt: Graded) -> tuple[bool, bool, float]:
        """The sort key of an attempt; ungraded attempts rank as if they had equal scores."""
        raw = attempt.raw_score
        days, points = days_late(policy, attempt.received), 1.0 if raw is None else raw
        final_score = points - penalty(policy, days, points)
        return raw is not None, attempt.collected.work is not None, final_score

    works = _worked_on(group)
    ordered, everything = in_order(works), in_order(group)
    # An attempt without work replaces none, but somebody should look at it if it came later.
    is_read = all(_identity(attempt) for attempt in (everything[-1:] if everything else group))
    unread = UNREAD if _identity(works[0]) and not is_read else ""
    if ordered is None:
        best = max(works, key=final)
        identities = {_identity(attempt) for attempt in works}
        late = {days_late(policy, attempt.received) for attempt in works}
        # The same work at the same price is the same grade, such as that of each member of a team.
        is_one = len(identities) == 1 and None not in identities and len(late) == 1
        return best, unread if is_one else UNSETTLED
    if attempts == "best":
        return max(reversed(ordered), key=final), unread
    return ordered[-1], unread


def _identity(attempt: Graded) -> str | None:
    return None if attempt.collected.work is None else attempt.collected.work.identity


def _worked_on(group: Sequence[Graded]) -> Sequence[Graded]:
    """The attempts with work; without any, those with the untouched stub; failing that, all."""
    works = [attempt for attempt in group if attempt.collected.work is not None]
    touched = [one for one in works if one.collected.work and one.collected.work.worked_on]
    return touched or works or group


def in_order(group: Sequence[Graded]) -> list[Graded] | None:
    """Attempts by the time at which they came in, or by their numbers; None if neither tells."""
    times = {attempt.received.seconds for attempt in group}
    if None not in times and len(times) == len(group):
        by_time = sorted(group, key=lambda attempt: attempt.received.seconds or 0.0)
        is_certain = all(one.received.is_before(other.received) for one, other in pairwise(by_time))
        # Their numbers may come from the same clock.
        return by_time if is_certain else None
    orders = {attempt.collected.order for attempt in group}
    one_author = len({attempt.collected.author for attempt in group}) == 1
    if len(group) == 1 or (one_author and None not in orders and len(orders) == len(group)):
        return sorted(group, key=lambda attempt: attempt.collected.order or ())
    return None


def said(chosen: Graded, group: Sequence[Graded], by_score: bool) -> str:
    """Which of several attempts counts, in words; empty if there is but one."""
    if len(group) == 1:
        return ""
    others = dict.fromkeys(
        attempt.collected.author.label
        for attempt in group
        if attempt.collected.author != chosen.collected.author
    )
    works = [attempt for attempt in group if attempt.collected.work is not None]
    stubs = len(works) - len(_worked_on(works))
    untouched = f"; {stubs} with the untouched stub" if stubs else ""
    if by_score and _is_open(group):
        beside = f", also {', '.join(others)}" if others else ""
        return f"the best of {len(group)} attempts, once they are graded{beside}{untouched}"
    instead = f", and not {', '.join(others)}" if others else ""
    work = _identity(chosen)
    again = [one for one in group if one is not chosen and work and _identity(one) == work]
    same = f"; {len(again)} with the same work" if again else ""
    return f"attempt {chosen.collected.attempt} of {len(group)}{instead}{untouched}{same}"


def _is_open(group: Sequence[Graded]) -> bool:
    """Whether attempts that differ wait for their scores."""
    rivals = _worked_on(group)
    waiting = {attempt.collected.work.identity for attempt in rivals if attempt.collected.work}
    return len(waiting) > 1 and all(attempt.raw_score is None for attempt in rivals)
