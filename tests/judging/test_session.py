"""Points, without pytest and without a worker: a session that judges answers made up here."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from grading.checking.check import Check, Parts, check
from grading.checking.compare import Answer, same
from grading.checking.draw import Draw
from grading.checking.interview import Both, Interview
from grading.checking.respondents import Probes, Question, Source, Student, StudentFault
from grading.course.syllabus import Exercise
from grading.errors import GraderError, UsageError
from grading.judging.plan import Plan
from grading.judging.session import Session
from grading.report import CheckResult, Status, Visibility

AXES = {"doubled": ("row",)}
EXERCISE = Exercise("toy", "Doubling", "toy.py", Path())
PROBES = "def double(module, values): ...\n"
Program = Callable[[np.ndarray], Any]


class Respondent:
    """Answers in this process what a worker would."""

    advice, device = "", "cpu"
    source = Source("toy", "toy.py", "", Probes(PROBES))

    def __init__(self, program: Program) -> None:
        self._program = program

    def ask(self, question: Question) -> None:
        self._question = question

    def answer(self) -> Answer:
        doubled = self._program(self._question.inputs["values"])
        if isinstance(doubled, Exception):
            raise doubled
        return Answer({"doubled": doubled})

    def close(self) -> None:
        """Nothing is held."""


@check(points=10, hint="Add it to itself.")
def doubles(draw: Draw, both: Both) -> None:
    """Every number
    is doubled.

    And no other."""
    same(*both.double(values=draw.normal(3)), axes=AXES)


@check(points=20, needs=[doubles])
def doubles_in_parts(draw: Draw, both: Both, parts: Parts) -> None:
    """One number, two and three."""
    for size in (1, 2, 3):
        with parts(f"size {size}"):
            same(*both.double(values=draw.normal(size)), axes=AXES)


@check(points=30, needs=[doubles_in_parts])
def doubles_again(draw: Draw, both: Both) -> None:
    """Once more."""
    same(*both.double(values=draw.normal(4)), axes=AXES)


@check(points=1)
def breaks(draw: Draw) -> None:
    """A mistake of its author."""
    raise ZeroDivisionError


@check(points=1)
def asks_for_too_much(draw: Draw, everything: object) -> None:
    """A parameter that there is not."""


@check(points=1)
def asks_for_no_probe(both: Both) -> None:
    """A probe that there is not."""
    both.halve(values=1)


CHECKS = [
    Check(one.__name__, one, one.declaration, visibility)
    for one, visibility in (
        (doubles, Visibility.PUBLIC),
        (doubles_in_parts, Visibility.HIDDEN),
        (doubles_again, Visibility.HIDDEN),
    )
]


def right(values: np.ndarray) -> np.ndarray:
    return 2 * values


def judged(
    program: Program,
    *more: Callable[..., None],
    why_not: str = "",
    **plan: Any,
) -> tuple[dict[str, CheckResult], Session]:
    """The results by check, and the session."""
    student = cast(Student, Respondent(program))
    interview = Interview(EXERCISE, 1, student, Respondent(right))
    session = Session(interview, Plan(1, **plan), lambda check, session: why_not)
    others = (Check(one.__name__, one, one.declaration, Visibility.PUBLIC) for one in more)
    checks = [*CHECKS, *others]
    for chosen in session.declare(checks):
        session.judge(chosen)
    return {result.id: result for result in session.finish()}, session


def statuses(results: Mapping[str, CheckResult]) -> list[Status]:
    return [result.status for result in results.values()]


def fault(status: Status) -> Program:
    return lambda values: StudentFault(status, "It ended.")


def test_right_answers_get_all_points() -> None:
    results, session = judged(right)
    assert statuses(results) == [Status.PASSED] * 3
    assert [result.points for result in results.values()] == [10, 20, 30]
    assert not session.faults
    assert session.margins == {"doubles": 0, "doubles_in_parts": 0, "doubles_again": 0}


def test_a_wrong_answer_gets_none_and_what_rests_on_it_waits() -> None:
    results, _ = judged(lambda values: values)
    assert statuses(results) == [Status.FAILED, Status.BLOCKED, Status.BLOCKED]
    assert sum(result.points for result in results.values()) == 0
    assert results["doubles_in_parts"].message == "Waits for doubles."
    first = results["doubles"]
    assert (first.title, first.hint) == ("Every number is doubled.", "Add it to itself.")
    assert first.replay == "python grader.py toy --seed 1 --check doubles"


def test_a_gap_is_not_attempted_and_neither_is_what_rests_on_it() -> None:
    results, _ = judged(fault(Status.NOT_ATTEMPTED))
    assert statuses(results) == [Status.NOT_ATTEMPTED] * 3


def test_a_part_is_an_equal_share_of_the_points() -> None:
    results, _ = judged(lambda values: values * (2 if len(values) == 3 else 1))
    assert statuses(results) == [Status.PASSED, Status.PARTIAL, Status.BLOCKED]
    assert results["doubles_in_parts"].points == 6.67
    assert results["doubles_in_parts"].message.startswith("size 1: doubled at row 0 is ")


def test_an_expected_value_is_shown_by_a_public_check_alone() -> None:
    results, _ = judged(lambda values: values, in_order=False)
    assert "expected" in results["doubles"].message
    assert "expected" not in results["doubles_again"].message


@pytest.mark.parametrize("status", [Status.CRASHED, Status.TIMED_OUT, Status.OUT_OF_MEMORY])
def test_a_fault_costs_points_only_on_a_machine_that_is_fit(status: Status) -> None:
    results, session = judged(fault(status), only="doubles")
    assert results["doubles"].status is status
    assert not session.excuses
    results, session = judged(fault(status), why_not="there is no memory", only="doubles")
    assert results["doubles"].status is Status.GRADER_ERROR
    assert session.excuses == {"doubles": "there is no memory"}


def test_a_wrong_answer_needs_no_excuse() -> None:
    results, session = judged(lambda values: values, why_not="there is no memory")
    assert results["doubles"].status is Status.FAILED
    assert not session.excuses


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        (breaks, "ZeroDivisionError"),
        (asks_for_too_much, "asks_for_too_much asks for everything"),
        (asks_for_no_probe, "has no probe halve"),
    ],
)
def test_a_broken_check_is_the_graders_fault_and_no_other_suffers(
    broken: Callable[..., None], word: str
) -> None:
    results, session = judged(right, broken)
    assert statuses(results) == [*[Status.PASSED] * 3, Status.GRADER_ERROR]
    assert word in " ".join(session.faults)
    assert word not in results[broken.__name__].message


def test_a_reference_that_fails_is_the_graders_fault() -> None:
    broken = Respondent(lambda values: GraderError("the reference failed"))
    interview = Interview(EXERCISE, 1, cast(Student, Respondent(right)), broken)
    session = Session(interview, Plan(1), lambda check, session: "")
    for chosen in session.declare(CHECKS[:1]):
        session.judge(chosen)
    assert statuses({one.id: one for one in session.finish()}) == [Status.GRADER_ERROR]


def test_one_check_brings_those_that_it_needs() -> None:
    results, _ = judged(right, only="doubles_in_parts")
    assert statuses(results) == [Status.PASSED, Status.PASSED, Status.NOT_RUN]
    assert results["doubles_again"].message == "Not asked for: --check doubles_in_parts."
    with pytest.raises(UsageError, match="choose one of doubles, doubles_in_parts"):
        judged(right, only="triples")


def test_a_grading_can_end_at_the_first_failure() -> None:
    results, _ = judged(lambda values: values, in_order=False, until_failure=True)
    assert statuses(results) == [Status.FAILED, Status.NOT_RUN, Status.NOT_RUN]
    assert "No verdict" in results["doubles_again"].message


def test_results_that_stand_are_not_asked_for_again() -> None:
    known, _ = judged(right)
    results, session = judged(fault(Status.CRASHED), known=list(known.values()))
    assert results == known
    assert not session.interview.asked


def test_checks_that_are_wanted_first_come_first_with_what_they_need() -> None:
    order: list[str] = []
    interview = Interview(EXERCISE, 1, cast(Student, Respondent(right)), Respondent(right))
    plan = Plan(1, first=["doubles_in_parts"])
    session = Session(interview, plan, lambda check, session: "", order.append)
    others = [Check("breaks", breaks, breaks.declaration, Visibility.PUBLIC), *CHECKS]
    for chosen in session.declare(others):
        session.judge(chosen)
    assert order == [
        "Every number is doubled.",
        "One number, two and three.",
        "A mistake of its author.",
        "Once more.",
    ]


def test_two_checks_of_one_name_and_no_check_at_all_are_the_graders_fault() -> None:
    _, session = judged(right, doubles)
    assert session.faults == ["two checks have the same name"]
    interview = Interview(EXERCISE, 1, cast(Student, Respondent(right)), Respondent(right))
    session = Session(interview, Plan(1), lambda check, session: "")
    session.declare([])
    assert session.finish() == []
    assert session.faults == ["no checks found for toy"]


def test_an_interruption_ends_the_grading() -> None:
    def interrupted(values: np.ndarray) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judged(interrupted)
