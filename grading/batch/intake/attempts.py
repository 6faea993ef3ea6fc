"""Compares the attempts of one author: leaves out what cannot count, and hands answers on."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace

from grading.batch.intake.collected import Collected
from grading.errors import UsageError


def compared(
    collected: Sequence[Collected], assignments: Mapping[str, Set[str]]
) -> list[Collected]:
    """The same attempts without those that an author's others rule out, and with notes on why.

    `assignments` are, by exercise, the platform's assignments that are called after it.
    """
    collected = list(_of_assignments(collected, assignments))
    return _numbered(list(_with_answers(list(_doubted(collected)))))


def _of_assignments(
    collected: Sequence[Collected], assignments: Mapping[str, Set[str]]
) -> Iterator[Collected]:
    """Leave out files of an exercise that lie in the folder of another one's assignment.

    Where the author handed in nothing for the exercise's own, work there is doubtful.
    """

    def is_elsewhere(found: Collected) -> bool:
        mine = assignments.get(found.exercise)
        return bool(found.assignment and mine) and found.assignment not in (mine or ())

    elsewhere: dict[tuple[str, str], list[Collected]] = {}
    for found in filter(is_elsewhere, collected):
        elsewhere.setdefault(found.place, []).append(found)
    at_home = {one.place for one in collected if one.work is not None and not is_elsewhere(one)}
    for found in collected:
        if is_elsewhere(found):
            if found.place not in at_home:
                note = f"from the assignment {found.assignment}"
                yield _noted(found, note, settled=not _has_work(found))
            continue
        yield _beside(found, elsewhere.get(found.place, ()))


def _beside(found: Collected, elsewhere: Sequence[Collected]) -> Collected:
    """The same with a note on what lies in the folders of other assignments."""
    if names := [one.assignment for one in elsewhere if _differs(one, found)]:
        note = f"that in {', '.join(names)} does not count"
        found = _noted(found, note, settled=_has_work(found))
    answered = [(one.assignment, given) for one in elsewhere if (given := _given(one))]
    mine = _given(found) if answered else {}
    if names := [name for name, given in answered if not given.items() <= mine.items()]:
        note = f"in {', '.join(names)} do not count"
        found = replace(
            found,
            answers_note="; ".join(filter(None, (found.answers_note, note))),
            answers_settled=found.answers_settled and bool(mine),
        )
    return found


def _differs(one: Collected, other: Collected) -> bool:
    """Whether there may be work in this attempt that is not in the other."""
    if one.work is None:
        return one.unread
    return _has_work(one) and one.content != other.content


def _noted(found: Collected, note: str, settled: bool) -> Collected:
    """The same with one more note on its work, if it has any."""
    if found.work is None:
        return found
    note = "; ".join(filter(None, (found.work.note, note)))
    return replace(
        found, work=replace(found.work, note=note, settled=found.work.settled and settled)
    )


def _doubted(collected: Sequence[Collected]) -> Iterator[Collected]:
    """Doubt what would replace a work in silence: a file of another name, or one not read."""
    done = {found.place for found in collected if found.work is not None}
    named = {found.place for found in collected if found.work is not None and found.work.named}
    for found in collected:
        if found.unread and found.place in done:
            yield replace(found, exercise="")
        elif found.work is not None and not found.work.named and found.place in named:
            said = "" if found.work.note else f"from {found.work.place}; "
            note = f"{said}another attempt has the name of the exercise"
            yield _noted(found, note, settled=False)
        else:
            yield found


def _with_answers(collected: Sequence[Collected]) -> Iterator[Collected]:
    """Let answers follow the work: no attempt with answers alone replaces one with work."""
    groups: dict[tuple[str, str], list[Collected]] = {}
    for found in collected:
        groups.setdefault(found.place, []).append(found)
    for found in collected:
        others = [one for one in groups[found.place] if one is not found]
        if not found.exercise or not others:
            yield found
        elif found.work is not None:
            yield _answered(found, others)
        elif found.answers is None or all(one.work is None for one in others):
            yield found


def _answered(found: Collected, others: Sequence[Collected]) -> Collected:
    """A work with its author's latest answers: its own, or those of an attempt without work.

    The untouched stub is no work. If there are no such answers, another work's count.
    """
    if all(one.answers is None for one in others):
        return found
    given = {one: answers for one in (found, *others) if (answers := _given(one))}
    eligible = [one for one in given if one is found or not _has_work(one)] or list(given)
    if not eligible:
        return found
    best = max(eligible, key=lambda one: (*_rank(one), one is found))
    rivals = [one for one in eligible if _rank(one) == _rank(best) and given[one] != given[best]]
    notes = [
        f"from attempt {best.attempt}" if best.attempt != found.attempt else "",
        best.answers_note,
        "of another hand-in do not count" if rivals else "",
    ]
    return replace(
        found,
        answers=best.answers,
        answers_note="; ".join(filter(None, notes)),
        answers_settled=best.answers_settled and not rivals,
    )


def _has_work(found: Collected) -> bool:
    return found.work is not None and found.work.worked_on


def _rank(found: Collected) -> tuple[tuple[float, ...], int]:
    """A higher one came in later; of equal ones nothing tells."""
    return found.order or (), found.attempt if found.order else 0


def _given(found: Collected) -> dict[str, str]:
    """The answers of an attempt by question; what cannot be read may be an answer."""
    try:
        return {} if found.answers is None else found.answers().given
    except UsageError as error:
        return {"": str(error)}


def _numbered(collected: Sequence[Collected]) -> list[Collected]:
    """The same list, with another number for an attempt whose label and number are taken."""
    taken: set[tuple[str, str, int]] = set()
    result = []
    for found in collected:
        while (*found.place, found.attempt) in taken:
            found = replace(found, attempt=found.attempt + 1)
        taken.add((*found.place, found.attempt))
        result.append(found)
    return result
