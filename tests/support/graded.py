"""Classes that were graded, made up without grading anything."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from grading.batch.attention import NOBODY, TIME, Attention
from grading.batch.grades import Grade
from grading.batch.intake.times import Received
from grading.batch.people.evidence import Evidence, Match
from grading.batch.people.person import Person
from grading.batch.similar import Near, Same, Similar
from grading.report import CheckResult, Report, Status
from tests.support.reports import check, report

# Names that pages have to hold: long, of other scripts and directions, and hostile.
NAMES = (
    "Ada Lovelace",
    "عمر الخيام",
    "王小明",
    "X" * 200,
    "Ünal-Øvergård " * 10,
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
)
TITLES = (
    "The cell takes one step",
    "The network reads its own outputs back after the warm start, and gradients flow through them",
    "Training reaches a low loss",
    "It works in other sizes, of one unit and one step too",
)
EXERCISES = ("ex1", "ex2", "ex3", "ex4")
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Made:
    """A class: its people, its grades, whose each submission is, and what is alike."""

    people: list[Person]
    grades: list[Grade]
    matches: dict[str, Match]
    attention: Attention
    similar: Similar


def grade(label: str, exercise: str, person: Person | None, found: Report, **more: object) -> Grade:
    """A grade with this report; what is given replaces what would follow from it."""
    usual: dict[str, object] = {
        "attempt": 1,
        "attempts": 1,
        "status": found.status,
        "raw_score": found.score,
        "received": Received(NOON, "gradescope"),
        "late_days": 0,
        "penalty": 0.0,
        "score": found.score,
        "max_score": found.max_score,
        "problem": "",
        "load": lambda: found,
        "final": found.score,
        "max_final": found.max_score,
    }
    return Grade(label, exercise, person, **{**usual, **more})  # type: ignore[arg-type]


def made(size: int) -> Made:
    """People with a submission of ex1 to ex4 each; some are late, missing, excused or nobody's."""
    chance = random.Random(size)
    people = [_person(number) for number in range(size)]
    labels = {f"login{number:05}": person for number, person in enumerate(people)}
    grades = [
        one
        for label, person in labels.items()
        for exercise in EXERCISES
        if (one := _grade(chance, label, exercise, person)) is not None
    ]
    grades.append(grade("nobody's", "ex1", None, _report(chance)))
    attention = Attention()
    attention.add(NOBODY, "nobody's", "nobody's")
    for one in grades:
        if chance.random() < 0.3:
            attention.add(TIME, f"{one.submission} {one.exercise}", one.submission)
    if size > 1:
        attention.missing["handed in nothing"] = [
            f"ex4: {person.name}" for person in people[:: max(2, size // 15)]
        ]
    matches = {label: Match((person,), Evidence.LOGIN) for label, person in labels.items()}
    first, second, *others = [*labels, "login0", "login1"]
    alike = Similar(
        [Same("ex1", (first, second), True), Same("ex2", (*others, second), False)],
        [Near("ex3", 0.71, (first,), (second, *others[:2]))],
    )
    return Made(people, grades, {**matches, "nobody's": Match()}, attention, alike)


def _person(number: int) -> Person:
    name = NAMES[number] if number < len(NAMES) else f"Student {number} of the class"
    return Person(name, f"{20260000 + number}", sections=(f"Section {number % 3}",))


def _grade(chance: random.Random, label: str, exercise: str, person: Person) -> Grade | None:
    kind = chance.random()
    if kind < 0.05:
        return None
    found = _report(chance)
    raw = found.score
    assert raw is not None
    if kind < 0.1:
        return grade(
            label, exercise, person, found, status="unreadable", score=None, raw_score=None,
            final=None, problem="ex1.py is not UTF-8 text (line 3): save it as UTF-8",
            load=lambda: None,
        )  # fmt: skip
    if kind < 0.15:
        return grade(label, exercise, person, found, excused=True, decided=("excused: ill",))
    if kind < 0.2:
        decision = "override: 7.5 of 16 (appeal)"
        return grade(label, exercise, person, found, final=7.5, decided=(decision,))
    if kind < 0.4:
        penalty = round(raw * 0.2, 4)
        return grade(
            label, exercise, person, found, late_days=2, penalty=penalty,
            score=raw - penalty, final=raw - penalty,
        )  # fmt: skip
    if kind < 0.43:
        return grade(label, exercise, person, found, unsettled="several hand-ins")
    return grade(label, exercise, person, found)


def _report(chance: random.Random) -> Report:
    return report(*(_check(chance, number, title) for number, title in enumerate(TITLES)))


def _check(chance: random.Random, number: int, title: str) -> CheckResult:
    status = chance.choice([Status.PASSED] * 12 + list(Status)[:9])
    points = {Status.PASSED: 4.0, Status.PARTIAL: 1.5}.get(status, 0.0)
    wrong = status in (Status.FAILED, Status.PARTIAL)
    measured = chance.choice([0.25, round(chance.random(), 3)])
    return check(
        id=f"check_{number}",
        title=title,
        status=status,
        points=points,
        message="Waits for check_0." if status is Status.BLOCKED else "It is off by 0.25. " * wrong,
        misconception="no_bias" if wrong else None,
        explanation="Your cell adds nothing for b." if wrong else "",
        hint="Give a new cell zeros for both arguments." if wrong else "",
        measured=measured if number == 2 and status is Status.PASSED else None,
    )
