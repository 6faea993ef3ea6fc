"""The bank against the checks: right answers keep every point.

That every known mistake is caught and named is proved by `python grader.py audit`, which CI runs.

UNROLLED_BANK_SEEDS=N grades each right answer on N seeds instead of one.
"""

import ast
import os
from collections.abc import Iterator
from typing import Any

import pytest

from grading import course, misconceptions, suite
from grading.course import Course
from grading.errors import GraderError
from grading.grade import Grader
from grading.misconceptions import Misconception
from grading.report import Report, Status
from tests.bank.harness import exercises_with_a_bank, grade, right_answers, seed_for

# Each test is one grading, and that is a pytest session with timers of its own: it takes over the
# alarm signal, so the time limit out here must come from a thread.
pytestmark = pytest.mark.timeout(600, method="thread")

SEEDS = int(os.environ.get("UNROLLED_BANK_SEEDS", "1"))
EXERCISES = exercises_with_a_bank()
AT_LEAST_RIGHT, AT_LEAST_WRONG = 12, 25


def known(exercise: str) -> list[Misconception]:
    return misconceptions.load(course.load().exercise(exercise).misconceptions)


def each_right_answer() -> Iterator[Any]:
    for exercise in EXERCISES:
        for name, source in right_answers(exercise).items():
            for repeat in range(SEEDS):
                seed = seed_for(exercise, name, repeat)
                yield pytest.param(exercise, source, seed, id=f"{exercise}-{name}-{seed}")


def each_mistake() -> Iterator[Any]:
    for exercise in EXERCISES:
        for mistake in known(exercise):
            yield pytest.param(exercise, mistake, id=f"{exercise}-{mistake.name}")


@pytest.mark.parametrize(("exercise", "source", "seed"), list(each_right_answer()))
def test_a_right_answer_scores_full_marks(
    grader: Grader, real_course: Course, exercise: str, source: str, seed: int
) -> None:
    report = grade(grader, real_course.exercise(exercise), source, seed)
    assert report.gradable, report.faults
    assert report.score == report.max_score == 100, outcome(report)
    assert report.full_marks


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_bank_is_large_enough(exercise: str) -> None:
    assert len(right_answers(exercise)) >= AT_LEAST_RIGHT
    assert len(known(exercise)) >= AT_LEAST_WRONG


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_right_answer_names_its_style(exercise: str) -> None:
    for name, source in right_answers(exercise).items():
        style = ast.get_docstring(ast.parse(source))
        assert style, name
        assert "\n" not in style, name


@pytest.mark.parametrize("exercise", EXERCISES)
def test_right_answers_differ_from_each_other(exercise: str) -> None:
    trees = [ast.dump(_without_docstring(text)) for text in right_answers(exercise).values()]
    assert len(set(trees)) == len(trees)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_mistakes_have_names_of_their_own_and_a_reason(exercise: str) -> None:
    names = [mistake.name for mistake in known(exercise)]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name.islower() for name in names)
    assert all(mistake.why for mistake in known(exercise))
    words = [mistake.student for mistake in known(exercise)]
    assert len(set(words)) == len(words)
    assert all(mistake.fails for mistake in known(exercise))
    declared = set(suite.declarations(course.load().exercise(exercise)))
    for mistake in known(exercise):
        assert {*mistake.fails, *mistake.also} <= declared, mistake.name
        assert not mistake.same_as or mistake.same_as in names


@pytest.mark.parametrize(("exercise", "mistake"), list(each_mistake()))
def test_a_mistake_is_a_program_that_differs_from_the_reference(
    real_course: Course, exercise: str, mistake: Misconception
) -> None:
    reference = real_course.exercise(exercise).reference.read_text(encoding="utf-8")
    assert ast.dump(ast.parse(mistake.made_in(reference))) != ast.dump(ast.parse(reference))


def test_an_edit_that_does_not_fit_exactly_once_is_refused() -> None:
    for old in ("absent", "twice"):
        mistake = Misconception(
            "misfit", "its old text is not there once", ("any",), ((old, "new"),)
        )
        with pytest.raises(GraderError, match="not once"):
            mistake.made_in("twice and twice")


def outcome(report: Report) -> str:
    """What went wrong, one check per line."""
    lost = [check for check in report.checks if check.status is not Status.PASSED]
    return "\n".join(f"{check.id} {check.status}: {check.message}" for check in lost)


def _without_docstring(source: str) -> ast.Module:
    tree = ast.parse(source)
    return ast.Module(tree.body[1:], tree.type_ignores)
