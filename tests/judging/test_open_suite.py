"""A session of pytest that is kept open grades as a new one does, and keeps nothing."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grading.course.syllabus import Exercise
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import Report
from grading.sandbox.processes import Line, Zygote
from grading.submission.file import from_bytes
from tests.support.toy import HIDDEN_CHECKS, ORDER, PUBLIC_CHECKS, REFERENCE, make_course

SOURCES = (
    REFERENCE,
    REFERENCE.replace("2 *", "3 *"),
    "def double(values):\n    raise NotImplementedError\n",
    "import os\nos._exit(0)\n",
    "def double(:\n",
    REFERENCE.replace("return -values", "return values.tolist()"),
    REFERENCE,
)
LEAVES_SOMETHING = PUBLIC_CHECKS + (
    "\nSEEN = []\n"
    "\n@check(points=1)\ndef sees_nothing_of_others(draw, both):\n    '''A new list.'''\n"
    "    SEEN.append(1)\n    assert SEEN == [1]\n"
)


@pytest.fixture
def keeper(grader: Grader) -> Iterator[Grader]:
    """A grader that keeps its suites, over a line of its own to the same zygote."""
    zygote = grader.line
    line = Line(zygote.rung, zygote.door) if isinstance(zygote, Zygote) else None
    with Grader(grader.rung, line, keep_suites=True) as kept:
        yield kept


def graded(grader: Grader, exercise: Exercise, source: str, **more: Any) -> Report:
    return grader.grade(exercise, from_bytes(source.encode(), exercise.file), Plan(seed=1, **more))


def comparable(report: Report) -> dict[str, Any]:
    document = report.to_json()
    for check in document["checks"]:
        del check["seconds"]
    return document


@pytest.mark.parametrize("suites", [(PUBLIC_CHECKS, HIDDEN_CHECKS), (ORDER, "")])
def test_a_kept_suite_grades_as_a_new_one(
    grader: Grader, keeper: Grader, tmp_path: Path, suites: tuple[str, str]
) -> None:
    exercise = make_course(tmp_path, *suites).exercise("toy")
    for source in SOURCES:
        for more in ({"until_failure": True}, {}, {"only": "doubles"}):
            new, kept = (graded(one, exercise, source, **more) for one in (grader, keeper))
            assert comparable(new) == comparable(kept), source
            assert new.faults == kept.faults == []


def test_no_check_leaves_anything_behind(keeper: Grader, tmp_path: Path) -> None:
    exercise = make_course(tmp_path, LEAVES_SOMETHING).exercise("toy")
    for _ in range(3):
        report = graded(keeper, exercise, REFERENCE)
        assert (report.score, report.faults) == (61, [])


def test_a_broken_suite_is_the_graders_fault_until_it_is_mended(
    keeper: Grader, tmp_path: Path
) -> None:
    exercise = make_course(tmp_path, PUBLIC_CHECKS).exercise("toy")
    checks = tmp_path / "checks" / "public" / "toy.py"
    for broken, word in (
        (PUBLIC_CHECKS + "\n1 / 0\n", "cannot be collected"),
        ("import pytest\n" + PUBLIC_CHECKS + "pytest.exit('left')\n", "cannot be collected"),
        (PUBLIC_CHECKS.replace("(draw, both)", "(draw, both, nothing)"), "nothing"),
        ("", "no checks found"),
    ):
        checks.write_text(broken, encoding="utf-8")
        report = graded(keeper, exercise, REFERENCE)
        assert report.score is None
        assert word in " ".join(report.faults)
        checks.write_text(PUBLIC_CHECKS + f"\n# after {word}\n", encoding="utf-8")
        assert graded(keeper, exercise, REFERENCE).score == 60


def test_a_run_of_pytest_that_ends_is_the_graders_fault_and_the_next_one_is_new(
    keeper: Grader, toy: Exercise
) -> None:
    def interrupt(title: str) -> None:
        raise KeyboardInterrupt

    work = from_bytes(REFERENCE.encode(), toy.file)
    report = keeper.grade(toy, work, Plan(seed=1), interrupt)
    assert report.score is None
    assert "ended early" in " ".join(report.faults)
    assert graded(keeper, toy, REFERENCE).score == 100


def test_a_grader_that_keeps_suites_ends_with_nothing_running(
    grader: Grader, toy: Exercise
) -> None:
    zygote = grader.line
    line = Line(zygote.rung, zygote.door) if isinstance(zygote, Zygote) else None
    with Grader(grader.rung, line, keep_suites=True) as kept:
        assert graded(kept, toy, REFERENCE).score == 100
        assert "checks of toy" in {thread.name for thread in threading.enumerate()}
    assert "checks of toy" not in {thread.name for thread in threading.enumerate()}
