"""The bank: enough right answers and known mistakes, each of them what it says it is.

That every right answer keeps every point, and that every mistake is caught and named, is proved by
`python grader.py audit`, which CI runs after the tests.
"""

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from grading.checking import suites
from grading.course import misconceptions, syllabus
from grading.course.misconceptions import Misconception
from grading.course.syllabus import Course
from grading.errors import GraderError
from tests.bank.harness import exercises_with_a_bank, right_answers

EXERCISES = exercises_with_a_bank()
AT_LEAST_RIGHT, AT_LEAST_WRONG = 12, 25


def known(exercise: str) -> list[Misconception]:
    return misconceptions.load(syllabus.load(syllabus.ROOT).exercise(exercise).misconceptions)


def each_mistake() -> Iterator[Any]:
    for exercise in EXERCISES:
        for mistake in known(exercise):
            yield pytest.param(exercise, mistake, id=f"{exercise}-{mistake.name}")


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
    declared = set(suites.checks(syllabus.load(syllabus.ROOT).exercise(exercise)))
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


def _without_docstring(source: str) -> ast.Module:
    tree = ast.parse(source)
    return ast.Module(tree.body[1:], tree.type_ignores)
