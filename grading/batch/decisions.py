"""What a person decides about grades: `--decisions`, a CSV file.

person,exercise,kind,value,comment     an empty exercise means all of them

override   the final points, out of max_final; nothing is added or taken off
extension  another deadline: a date and time in ISO 8601, or +3d or +12h after the exercise's own
excuse     no grade at all
undo       takes back the last decision on that person and exercise

Decisions are a log, which is only ever added to. What holds for a person and an exercise is found
by reading all of it in order.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path

from grading.batch.people.decisions import the_person
from grading.batch.people.evidence import Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.store import Taken
from grading.course.syllabus import Course, LatePolicy
from grading.errors import UsageError
from grading.tables import number, numbered_rows
from grading.text import number_of, one_line

COLUMNS = ("person", "exercise", "kind", "value", "comment")
# What identifies a submission where there is no roster.
LABEL = "label:"
_AFTER = re.compile(r"\+(\d{1,4})([dh])")


class Kind(StrEnum):
    """What a decision does."""

    OVERRIDE = "override"
    EXTENSION = "extension"
    EXCUSE = "excuse"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds for one person and exercise: an override or an excuse, and an extension."""

    ruling: Taken | None = None
    extension: Taken | None = None

    @property
    def override(self) -> float | None:
        """The final points that somebody decided on."""
        if self.ruling is None or self.ruling.kind != Kind.OVERRIDE:
            return None
        return float(self.ruling.value)

    @property
    def is_excused(self) -> bool:
        return self.ruling is not None and self.ruling.kind == Kind.EXCUSE

    @property
    def decided(self) -> tuple[str, ...]:
        """Each of them in words, as grades.csv and the student's page say it."""
        decided = (one for one in (self.ruling, self.extension) if one is not None)
        return tuple(map(_in_words, decided))

    def overridden_of(self, exercise: str) -> float | None:
        """The maximum of the exercise when its final points were decided."""
        if self.ruling is None or self.ruling.kind != Kind.OVERRIDE:
            return None
        out_of: float | None = json.loads(self.ruling.out_of).get(exercise)
        return out_of

    def policy(self, policy: LatePolicy | None) -> LatePolicy | None:
        """The late policy with the extension. An extension never makes a deadline earlier."""
        if policy is None or self.extension is None:
            return policy
        due = _extended(policy.due, self.extension.value)
        return replace(policy, due=max(policy.due, due))


NOTHING = InForce()


class Decided:
    """The decisions on each person of a roster, and on each submission that is nobody's.

    A decision on a submission is one on each of its people. `lost` has the people whom the roster
    no longer has, by what the file of decisions called them, with their keys; `notes` say so.
    """

    def __init__(self, log: Iterable[Taken], roster: Roster, matches: Mapping[str, Match]) -> None:
        self._of: dict[Person | str, list[Taken]] = {}
        lost: dict[str, list[Taken]] = {}
        for key, mine in by_key(log, roster, matches).items():
            person = roster.of_key(key)
            if key.startswith(LABEL) or person is not None:
                self._of[person or key] = mine
            else:
                lost[key] = mine
        self.lost = {_called(mine[-1]): key for key, mine in lost.items() if _any_standing(mine)}
        self.notes = list(self._said(roster))

    def _said(self, roster: Roster) -> Iterator[str]:
        if self.lost and not roster.people:
            said = number_of(len(self.lost), "person", "people")
            yield f"the decisions on {said} count for nobody without a roster: give --roster"
            return
        for called, key in self.lost.items():
            yield (
                f"{one_line(called)} has decisions, but the roster has nobody, or several people,"
                f" with {one_line(key)} now: they count for nobody; decide again by the new id,"
                f" and take these back with undo for {one_line(called)}"
            )

    def on(self, person: Person | None, label: str, exercise: str) -> InForce:
        """What holds for a grade: the person's, or that of a submission that is nobody's."""
        mine = self._of.get(person or f"{LABEL}{label}")
        return in_force(mine, exercise) if mine else NOTHING

    def on_labels(self) -> Iterator[tuple[str, str]]:
        """The submissions that are nobody's and the exercises about which something holds."""
        for key, mine in self._of.items():
            if isinstance(key, str):
                for exercise in dict.fromkeys(one.exercise for one in mine if one.exercise):
                    if in_force(mine, exercise) != NOTHING:
                        yield key.removeprefix(LABEL), exercise


def by_key(
    log: Iterable[Taken], roster: Roster, matches: Mapping[str, Match]
) -> dict[str, list[Taken]]:
    """The decisions on each person, in their order, with those on submissions that are theirs."""
    found: dict[str, list[Taken]] = {}
    for one in log:
        match = matches.get(one.person.removeprefix(LABEL)) if is_on_label(one) else None
        keys = [roster.key_of(person) for person in match.people] if match else []
        for key in keys or [one.person]:
            found.setdefault(key, []).append(one)
    return found


def is_on_label(decision: Taken) -> bool:
    """Whether it was made without a roster."""
    return decision.person.startswith(LABEL)


def in_force(log: Iterable[Taken], exercise: str) -> InForce:
    """What a log of decisions on one person leaves for an exercise."""
    rulings: list[Taken] = []
    extensions: list[Taken] = []
    for one in _standing(log, exercise):
        (extensions if one.kind == Kind.EXTENSION else rulings).append(one)
    return InForce(rulings[-1] if rulings else None, extensions[-1] if extensions else None)


def _any_standing(log: Sequence[Taken]) -> bool:
    """Whether nobody has taken back all of these."""
    return any(_standing(log, exercise) for exercise in {one.exercise for one in log})


def _called(decision: Taken) -> str:
    """What the file called the person."""
    cells: list[str] = json.loads(decision.cells)
    return cells[0]


def _standing(log: Iterable[Taken], exercise: str) -> list[Taken]:
    """The decisions about an exercise that nobody has taken back."""
    standing: list[Taken] = []
    for one in log:
        if one.exercise not in ("", exercise):
            continue
        if one.kind != Kind.UNDO:
            standing.append(one)
        elif standing:
            standing.pop()
    return standing


@dataclass(frozen=True)
class Reader:
    """Reads files of decisions.

    `matches` has the submissions, which are named where there is no roster; `most` is the maximum
    of an exercise; `standing` says what stands for a person and an exercise, to be replaced; `lost`
    has those whom only an undo may name, with their keys.
    """

    course: Course
    roster: Roster
    matches: Mapping[str, Match]
    most: Callable[[str], float]
    standing: Callable[[str, str], str]
    lost: Mapping[str, str] = field(default_factory=dict)

    def new(self, path: Path, log: Sequence[Taken]) -> list[Taken]:
        """The decisions of a file that the log does not have. Raises UsageError.

        A row is taken once: if the same cells stand in the log as often as up to here in the file,
        it has been taken before.
        """
        known = Counter(one.cells for one in log)
        seen: Counter[str] = Counter()
        mine = by_key(log, self.roster, self.matches)
        new = []
        for line, row in numbered_rows(path, COLUMNS[:4]):
            where, cells = f"{path.name}, line {line}", _cells(row)
            seen[cells] += 1
            # The roster or a deadline may have changed since it was taken.
            if seen[cells] <= known[cells]:
                continue
            decision = self._read(where, row, cells)
            before = mine.setdefault(decision.person, [])
            exercises = [decision.exercise] if decision.exercise else list(self.course.exercises)
            if decision.kind == Kind.UNDO and not any(_standing(before, one) for one in exercises):
                raise UsageError(f"{where}: there is no decision to take back")
            replaced = [self._replaced(decision.person, one, before) for one in exercises]
            decision = replace(decision, replaced="; ".join(filter(None, replaced)))
            before.append(decision)
            new.append(decision)
        return new

    def outdated(self, path: Path, log: Sequence[Taken]) -> Iterator[str]:
        """A line for each row that looks like the last word on a grade, and no longer holds."""
        last: dict[tuple[str, str], tuple[int, str]] = {}
        for line, row in numbered_rows(path, COLUMNS[:4]):
            last[row["person"], row["exercise"]] = line, _cells(row)
        holding = {
            one.cells
            for mine in by_key(log, self.roster, self.matches).values()
            for exercise in self.course.exercises
            for found in [in_force(mine, exercise)]
            for one in (found.ruling, found.extension)
            if one is not None
        }
        kinds = {one.cells: one.kind for one in log}
        for line, cells in last.values():
            if kinds[cells] != Kind.UNDO and cells not in holding:
                yield (
                    f"decisions: line {line} of {path.name} was taken before and no longer holds:"
                    " to decide it once more, write another comment"
                )

    def _replaced(self, person: str, exercise: str, before: Sequence[Taken]) -> str:
        """What a new decision replaces: an older one, or else the grade that stands."""
        what = "; ".join(in_force(before, exercise).decided) or self.standing(person, exercise)
        return f"{exercise}: {what}" if what else ""

    def _read(self, where: str, row: dict[str, str], cells: str) -> Taken:
        exercise, text = row["exercise"], row["value"]
        if exercise and exercise not in self.course.exercises:
            known = ", ".join(self.course.exercises)
            raise UsageError(
                f"{where}: there is no exercise {one_line(exercise)}: this course has {known}"
            )
        try:
            kind = Kind(row["kind"].lower())
        except ValueError as error:
            known = ", ".join(Kind)
            said = one_line(row["kind"]) or "an empty kind"
            raise UsageError(f"{where}: {said} is no decision: there are {known}") from error
        person = self._key(where, row["person"], kind)
        out_of = "{}"
        exercises = [exercise] if exercise else list(self.course.exercises)
        if kind is Kind.OVERRIDE:
            _require_no_comma(where, text, row.get("comment", ""))
            text = self._points(where, text, exercises)
            out_of = json.dumps({one: self.most(one) for one in exercises})
        elif kind is Kind.EXTENSION:
            self._require_later(where, text, exercises)
        elif text:
            raise UsageError(f"{where}: {kind} has no value: leave {one_line(text)} out")
        comment = row.get("comment", "")
        return Taken(cells, person, exercise, kind, text, comment, out_of=out_of)

    def _key(self, where: str, text: str, kind: Kind) -> str:
        if not text:
            raise UsageError(f"{where}: nobody is named")
        if kind is Kind.UNDO and text in (*self.lost, *self.lost.values()):
            return self._lost_key(where, text)
        if self.roster.people:
            return self.roster.key_of(the_person(where, self.roster, text))
        # A label that a spreadsheet would have taken for a formula has an apostrophe in front.
        label = text if text in self.matches else text.removeprefix("'")
        if label not in self.matches:
            raise UsageError(f"{where}: there is no submission {one_line(text)}")
        return f"{LABEL}{label}"

    def _lost_key(self, where: str, text: str) -> str:
        """The key of somebody whom the roster no longer has."""
        key = self.lost.get(text, text)
        if self.roster.named(text):
            raise UsageError(
                f"{where}: {one_line(text)} is somebody of the roster, and was somebody else: write"
                f" {one_line(key)} for the one who is gone, or else an id"
            )
        return key

    def _points(self, where: str, text: str, exercises: Sequence[str]) -> str:
        points = number(text)
        if points is None:
            said = one_line(text) or "an empty value"
            raise UsageError(f"{where}: {said} is no number of points, such as 85 or 62.5")
        for exercise in exercises:
            if points > (most := self.most(exercise)):
                raise UsageError(f"{where}: {exercise} has {most:g} points, and not {points:g}")
        return repr(points)

    def _require_later(self, where: str, text: str, exercises: Sequence[str]) -> None:
        """Raise UsageError unless this is a time, and after the deadline of an exercise."""
        policies = [self.course.exercises[one].late for one in exercises]
        dues = [policy.due for policy in policies if policy is not None]
        try:
            later = [_extended(due, text) > due for due in dues or [datetime.now(UTC)]]
        except (ValueError, OverflowError) as error:
            said = one_line(text) or "an empty value"
            raise UsageError(
                f"{where}: {said} is neither a date and time in ISO 8601 nor, for example, +3d"
            ) from error
        what = exercises[0] if len(exercises) == 1 else "every exercise"
        if not dues:
            raise UsageError(f"{where}: {what} has no deadline that could be extended")
        if not any(later):
            raise UsageError(f"{where}: {one_line(text)} is not after the deadline of {what}")


def _extended(due: datetime, text: str) -> datetime:
    """A deadline extended by `+3d`, or to a moment. Raises ValueError or OverflowError.

    Days are those of the clock on the wall, as they are for penalties.
    """
    if after := _AFTER.fullmatch(text):
        number = int(after[1])
        if after[2] == "d":
            return due + timedelta(days=number)
        return (due.astimezone(UTC) + timedelta(hours=number)).astimezone(due.tzinfo)
    return _moment(text, due.tzinfo)


def _moment(text: str, zone: tzinfo | None) -> datetime:
    if len(text) <= len("2026-12-04"):
        raise ValueError("a day is no time: it may mean its beginning or its end")
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _require_no_comma(where: str, points: str, comment: str) -> None:
    """Raise UsageError if points with a comma, such as 12,5, have become points and a comment."""
    if points.isdigit() and comment.isdigit():
        raise UsageError(
            f"{where}: {points} with the comment {comment}: write {points}.{comment}, or a comment"
            " with words"
        )


def _cells(row: Mapping[str, str]) -> str:
    """The cells of a row, as the log keeps them."""
    return json.dumps([row.get(column, "") for column in COLUMNS], ensure_ascii=False)


def _in_words(decision: Taken) -> str:
    said = {
        Kind.OVERRIDE: f"override {decision.value}",
        Kind.EXTENSION: f"extension {decision.value}",
        Kind.EXCUSE: "excused",
    }[Kind(decision.kind)]
    if decision.kind == Kind.OVERRIDE:
        said = f"override {float(decision.value):.10g}"
    comment = one_line(decision.comment, 200)
    return f"{said} ({comment})" if comment else said
