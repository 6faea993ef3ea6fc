"""What became different since the last run: changes.csv has a row for each grade."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from grading.batch.decisions import LABEL
from grading.batch.grades import Grade
from grading.batch.people.decisions import described
from grading.batch.people.matching import Roster
from grading.batch.store import Basis

COLUMNS = ("person", "exercise", "before", "after", "why")
# The key of a person, or of a submission that is nobody's, and the exercise.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What stood in a gradebook for one person and exercise, and what it came from.

    Of a run by an older version only the raw score is known (`is_whole` is false).
    """

    submission: str
    attempt: int
    basis: str = ""
    raw_score: float | None = None
    penalty: float = 0.0
    by_hand: float | None = None
    final: float | None = None
    max_final: float = 0.0
    decided: Sequence[str] = ()
    excused: bool = False
    overridden: bool = False
    # Whose it is, and how a line names that person.
    name: str = ""
    person: str = ""
    is_whole: bool = False

    @property
    def shown(self) -> float | str | None:
        """What changes.csv says of it; None if there is no grade."""
        if not self.is_whole:
            return self.raw_score
        return "excused" if self.excused else self.final

    @property
    def is_waiting(self) -> bool:
        """Whether only points by hand are missing."""
        return self.final is None and self.raw_score is not None and not self.excused

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Change:
    """A grade that became different; None where there was or is none.

    `is_of_points` says whether the points or the maximum did, and not only what was decided.
    """

    person: str
    exercise: str
    before: float | str | None
    after: float | str | None
    why: str
    is_of_points: bool = True


def rows(changed: Sequence[Change]) -> Iterator[Sequence[object]]:
    """changes.csv."""
    yield COLUMNS
    for one in changed:
        yield one.person, one.exercise, one.before, one.after, one.why


def standing_of(grades: Sequence[Grade], roster: Roster) -> dict[Place, Standing]:
    """What a run's grades leave standing."""
    return {place_of(grade, roster): _standing(grade) for grade in grades if grade.exercise}


def from_store(stored: Mapping[Place, str]) -> dict[Place, Standing]:
    """What the last run has left standing."""
    return {place: Standing(**json.loads(text)) for place, text in stored.items()}


def place_of(grade: Grade, roster: Roster) -> Place:
    """Where a grade stands, from one run to the next."""
    if grade.person is None:
        return f"{LABEL}{grade.submission}", grade.exercise
    return roster.key_of(grade.person), grade.exercise


def changes(before: Mapping[Place, Standing], after: Mapping[Place, Standing]) -> list[Change]:
    """Every grade that became different, in the order of the grades; what is gone comes last."""
    old = dict(before)
    found = list(_of_those_there(old, after))
    owners = {(now.submission, exercise): now.person for (_, exercise), now in after.items()}
    for (_, exercise), gone in old.items():
        if gone.shown is not None:
            why = _why_gone(gone, owners.get((gone.submission, exercise), ""))
            found.append(Change(gone.person or gone.submission, exercise, gone.shown, None, why))
    return found


def _why_gone(gone: Standing, owner: str) -> str:
    """Why a grade is no more; `owner` is whose its submission is now."""
    if gone.submission:
        return f"now {owner}'s" if owner else "no longer known"
    if gone.overridden or gone.excused:
        return f"no longer in force: {'; '.join(gone.decided)}"
    return "no zero any more"


def _of_those_there(
    old: dict[Place, Standing], after: Mapping[Place, Standing]
) -> Iterator[Change]:
    """The changes of the grades that there are; what they replace is taken out of `old`."""
    # A submission may have become somebody's, and a person may have another key by now.
    places: dict[tuple[str, str], Place] = {}
    for place, standing in old.items():
        if place not in after and standing.submission:
            places.setdefault((standing.submission, place[1]), place)
    for place, now in after.items():
        exercise = place[1]
        moved = places.get((now.submission, exercise), place)
        is_moved = place not in old
        was = old.pop(moved if is_moved else place, None)
        why = "; ".join(_reasons(was, now, is_moved))
        if not why and was is not None and was.is_whole and was.shown != now.shown:
            why = "changed: the course's settings"
        if why and (was is not None or now.shown is not None):
            before = None if was is None else was.shown
            person = now.person or now.submission
            yield Change(person, exercise, before, now.shown, why, _differ(was, now))


def _differ(was: Standing | None, now: Standing) -> bool:
    """Whether the points, or out of how many they are, became different."""
    if was is None or was.shown != now.shown:
        return True
    return was.is_whole and not now.excused and was.max_final != now.max_final


def _reasons(was: Standing | None, now: Standing, is_moved: bool) -> Iterator[str]:
    """Why a grade is another one; nothing if it is not.

    `is_moved` says whether it stood for another person, or for nobody, or under another key.
    """
    if was is None:
        is_decided = now.overridden or now.excused
        why = "; ".join(now.decided) if is_decided else "nothing came in"
        yield "new" if now.submission else why
        return
    if not was.is_whole:
        if was.raw_score != now.raw_score:
            yield _of_the_result(was, now)
        return
    if new := [one for one in now.decided if one not in was.decided]:
        yield "; ".join(new)
    elif gone := [one for one in was.decided if one not in now.decided]:
        yield f"no longer in force: {'; '.join(gone)}"
    if is_moved and was.name != now.name:
        yield f"now {now.person}'s" if now.name else f"no longer {was.person}'s"
    if _differ(was, now):
        yield from _reasons_of_points(was, now)


def _reasons_of_points(was: Standing, now: Standing) -> Iterator[str]:
    """Why the points or the maximum are others, beside decisions."""
    if (was.submission, was.attempt) != (now.submission, now.attempt):
        yield _of_another_attempt(was, now)
    elif was.raw_score != now.raw_score:
        yield _of_the_result(was, now)
    if was.penalty != now.penalty and was.raw_score == now.raw_score:
        yield f"penalty: {was.penalty:g} -> {now.penalty:g}"
    if now.is_waiting:
        yield "an answer waits for points by hand"
        return
    if was.by_hand != now.by_hand or was.is_waiting:
        yield "points by hand"
    if was.max_final != now.max_final:
        yield f"out of {now.max_final:g}, before of {was.max_final:g}"


def _of_another_attempt(was: Standing, now: Standing) -> str:
    if not now.submission:
        return "no longer known"
    return "another attempt counts" if was.submission else "handed in"


def _of_the_result(was: Standing, now: Standing) -> str:
    """Why a result is another one."""
    if not now.basis or not was.basis:
        return "graded" if now.basis else "not graded"
    if was.basis != now.basis:
        differing = Basis.of(now.basis).differs_from(Basis.of(was.basis))
        return f"changed: {', '.join(differing)}"
    if was.raw_score is None:
        return "tried again, as the grader had failed"
    return "graded again on request"


def _standing(grade: Grade) -> Standing:
    return Standing(
        submission=grade.submission,
        attempt=grade.attempt,
        basis=grade.basis,
        raw_score=grade.raw_score,
        penalty=grade.penalty,
        by_hand=None if grade.by_hand is None else grade.by_hand[0],
        final=grade.final,
        max_final=grade.max_final,
        decided=grade.decided,
        excused=grade.excused,
        overridden=grade.overridden,
        name="" if grade.person is None else grade.person.name,
        person="" if grade.person is None else described(grade.person),
        is_whole=True,
    )
