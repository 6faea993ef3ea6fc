"""The invariants of a report, on a course of one toy exercise."""

from pathlib import Path

import pytest

from grading.checking.draw import seed_of
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import CheckResult, Report, Status
from grading.submission.file import from_bytes
from tests.support.toy import HIDDEN_CHECKS, ORDER, PUBLIC_CHECKS, REFERENCE, make_course

RIGHT = REFERENCE


def grade(
    grader: Grader, exercise: Exercise, source: str, seed: int = 1, only: str | None = None
) -> Report:
    return grader.grade(exercise, from_bytes(source.encode(), exercise.file), Plan(seed, only=only))


def statuses(report: Report) -> dict[str, Status]:
    return {check.id: check.status for check in report.checks}


def one(report: Report, name: str) -> CheckResult:
    return next(check for check in report.checks if check.id == name)


def test_a_right_submission_has_full_marks(grader: Grader, toy: Exercise) -> None:
    report = grade(grader, toy, RIGHT)
    assert statuses(report) == {"doubles": Status.PASSED, "negates": Status.PASSED}
    assert (report.score, report.max_score, report.full_marks) == (100, 100, True)


@pytest.mark.parametrize(
    "source",
    [
        RIGHT,
        "",
        "def double(values): return values",
        "def double(values): raise NotImplementedError",
        "import os; os._exit(0)",
        "import os\ndef double(values): os._exit(0)",
        "raise SystemExit",
        "def double(",
        "from pytest import skip\ndef double(values): skip()",
    ],
)
def test_the_maximum_is_all_declared_checks_whatever_happens(
    grader: Grader, toy: Exercise, source: str
) -> None:
    report = grade(grader, toy, source)
    assert [check.id for check in report.checks] == ["doubles", "negates"]
    assert report.max_score == 100
    assert report.to_json()["status"] == "graded"
    assert all(check.points == 0 for check in report.checks if check.status is not Status.PASSED)


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("def double(values): return values", Status.FAILED),
        ("def double(values): return [1, 2]", Status.FAILED),
        ("def double(values): raise ValueError('no')", Status.FAILED),
        ("def double(values): raise NotImplementedError", Status.NOT_ATTEMPTED),
        ("def double(values): raise SystemExit(0)", Status.CRASHED),
        ("def double(values): raise KeyboardInterrupt", Status.CRASHED),
        ("def double(values): raise MemoryError", Status.OUT_OF_MEMORY),
        ("import os\ndef double(values): os.abort()", Status.CRASHED),
        ("def double(", Status.UNREADABLE),
        ("import no_such_module", Status.UNREADABLE),
        ("raise SystemExit(0)", Status.UNREADABLE),
        ("import os; os._exit(0)", Status.CRASHED),
        ("raise NotImplementedError", Status.NOT_ATTEMPTED),
    ],
)
def test_each_way_to_fail_has_its_own_status(
    grader: Grader, toy: Exercise, source: str, status: Status
) -> None:
    assert one(grade(grader, toy, source), "doubles").status is status


def test_a_check_waits_for_those_it_needs(grader: Grader, tmp_path: Path) -> None:
    exercise = make_course(tmp_path, ORDER).exercise("toy")
    half = "def double(values): return values\ndef negate(values): return -values"
    report = grade(grader, exercise, half)
    assert statuses(report) == {
        "doubles": Status.FAILED,
        "negates": Status.BLOCKED,
        "negates_again": Status.BLOCKED,
        "independent": Status.PASSED,
    }
    assert one(report, "negates").message == "Waits for doubles."
    assert (report.score, report.max_score) == (40, 100)


def test_what_rests_on_a_gap_is_not_attempted_either(grader: Grader, tmp_path: Path) -> None:
    exercise = make_course(tmp_path, ORDER).exercise("toy")
    stub = "def double(values): raise NotImplementedError\nnegate = double"
    report = grade(grader, exercise, stub)
    assert set(statuses(report).values()) == {Status.NOT_ATTEMPTED}
    assert report.score == 0


def test_a_grader_error_is_not_a_zero(grader: Grader, tmp_path: Path) -> None:
    broken = PUBLIC_CHECKS + "\n@check(points=1)\ndef broken(draw):\n    '''Oops.'''\n    1 / 0\n"
    exercise = make_course(tmp_path, broken, HIDDEN_CHECKS).exercise("toy")
    report = grade(grader, exercise, RIGHT)
    assert one(report, "broken").status is Status.GRADER_ERROR
    assert one(report, "negates").status is Status.PASSED
    document = report.to_json()
    assert (document["status"], document["score"]) == ("not_gradable", None)
    assert "division" in report.faults[0]
    assert "division" not in str(document)


@pytest.mark.parametrize(
    ("checks", "word"),
    [
        (PUBLIC_CHECKS + "\nraise RuntimeError('broken suite')\n", "broken suite"),
        (PUBLIC_CHECKS.replace("both.double(", "both.dubble("), "no probe dubble"),
        (PUBLIC_CHECKS.replace("(draw, both)", "(draw, both, nothing)"), "nothing"),
        ("", "no checks found"),
    ],
)
def test_a_broken_suite_is_the_graders_fault(
    grader: Grader, tmp_path: Path, checks: str, word: str
) -> None:
    exercise = make_course(tmp_path, checks).exercise("toy")
    report = grade(grader, exercise, RIGHT)
    assert report.score is None
    assert word in " ".join(report.faults)


def test_a_broken_reference_is_the_graders_fault(grader: Grader, tmp_path: Path) -> None:
    exercise = make_course(tmp_path, ORDER).exercise("toy")
    exercise.reference.write_text("def double(values): return 2 * values\n")
    fresh = Grader(grader.rung, grader.line)
    try:
        report = grade(fresh, exercise, RIGHT)
    finally:
        for answers in fresh.answers.values():
            answers.close()
    assert one(report, "doubles").status is Status.PASSED
    assert one(report, "negates").status is Status.GRADER_ERROR
    assert report.score is None


def test_a_check_that_leaves_pytest_is_the_graders_fault(grader: Grader, tmp_path: Path) -> None:
    leaving = ORDER.replace("'''And once more.'''", "'''And once more.'''\n    pytest.exit('left')")
    exercise = make_course(tmp_path, "import pytest\n" + leaving).exercise("toy")
    report = grade(grader, exercise, RIGHT)
    assert one(report, "negates_again").status is Status.GRADER_ERROR
    assert one(report, "independent").status is Status.PASSED
    assert report.score is None


def test_a_check_that_reached_no_verdict_is_shown_and_earns_nothing(
    grader: Grader, tmp_path: Path
) -> None:
    exercise = make_course(tmp_path, ORDER).exercise("toy")
    report = grade(grader, exercise, RIGHT, only="doubles")
    assert statuses(report) == {
        "doubles": Status.PASSED,
        "negates": Status.NOT_RUN,
        "negates_again": Status.NOT_RUN,
        "independent": Status.NOT_RUN,
    }
    assert (report.score, report.max_score, report.full_marks) == (10, 100, True)


def test_one_check_brings_those_it_needs(grader: Grader, tmp_path: Path) -> None:
    exercise = make_course(tmp_path, ORDER).exercise("toy")
    report = grade(grader, exercise, RIGHT, only="negates_again")
    ran = [check.id for check in report.checks if check.status is Status.PASSED]
    assert ran == ["doubles", "negates", "negates_again"]
    with pytest.raises(UsageError, match="choose one of doubles, negates"):
        grade(grader, exercise, RIGHT, only="no_such_check")


def test_finished_checks_survive_a_later_end(grader: Grader, tmp_path: Path) -> None:
    exercise = make_course(tmp_path, ORDER).exercise("toy")
    source = "import os\ndef double(values): return 2 * values\ndef negate(values): os._exit(0)"
    report = grade(grader, exercise, source)
    assert one(report, "doubles").points == 10
    assert one(report, "negates").status is Status.CRASHED


def test_partial_credit_is_the_share_of_parts(grader: Grader, tmp_path: Path) -> None:
    checks = """
from grading.checking.check import check
from grading.checking.compare import same

@check(points=9)
def in_parts(draw, both, parts):
    '''Three parts.'''
    for size in (1, 2, 3):
        with parts(f"size {size}"):
            same(*both.double(values=draw.normal(size)), axes={"doubled": ("row",)})
"""
    exercise = make_course(tmp_path, checks).exercise("toy")
    assert grade(grader, exercise, RIGHT).score == 9
    two = "def double(values): return values * (2 if len(values) < 3 else 1)"
    result = one(grade(grader, exercise, two), "in_parts")
    assert (result.status, result.points) == (Status.PARTIAL, 6)
    assert result.message.startswith("size 3: doubled at row 0 is ")
    none = one(grade(grader, exercise, "def double(values): return values"), "in_parts")
    assert (none.status, none.points) == (Status.FAILED, 0)


def test_expected_values_are_shown_by_public_checks_alone(grader: Grader, toy: Exercise) -> None:
    wrong = "def double(values): return 3 * values\ndef negate(values): return 3 * values"
    report = grade(grader, toy, wrong)
    assert "expected" in one(report, "doubles").message
    hidden = one(report, "negates").message
    assert "expected" not in hidden
    assert "negated at row 0, column 0 is " in hidden


def test_the_same_seed_asks_the_same_and_another_does_not(grader: Grader, toy: Exercise) -> None:
    wrong = "def double(values): return values"
    first, again, other = (grade(grader, toy, wrong, seed) for seed in (1, 1, 2))
    assert one(first, "doubles").message == one(again, "doubles").message
    assert one(first, "doubles").message != one(other, "doubles").message
    assert one(first, "doubles").replay == "python grader.py toy --seed 1 --check doubles"


def test_nothing_that_a_student_says_reaches_a_report_unescaped(
    grader: Grader, toy: Exercise
) -> None:
    source = (
        "def double(values): raise ValueError('\\x1b[2J\\r::error::\\ud800' * 50)\n"
        "class Odd(Exception):\n"
        "    def __str__(self): raise RuntimeError\n"
        "def negate(values): raise type('\\x1b]0;', (Odd,), {})()\n"
    )
    report = grade(grader, toy, source)
    for check in report.checks:
        assert check.status is Status.FAILED
        assert "\x1b" not in check.message
        check.message.encode("utf-8")
        assert len(check.message) < 2000


def test_a_traceback_shows_the_students_own_lines_only(grader: Grader, toy: Exercise) -> None:
    source = (
        "import json\n"
        "def helper(values):\n    json.loads('{')\n"
        "def double(values):\n    helper(values)\n"
    )
    message = one(grade(grader, toy, source), "doubles").message
    assert message.splitlines()[1:] == [
        "  line 5, in double:  helper(values)",
        "  line 3, in helper:  json.loads('{')",
    ]


def test_the_seed_of_a_check_depends_on_its_name_and_the_seed() -> None:
    seeds = {
        seed_of(exercise, name, seed)
        for exercise in ("ex1", "ex2")
        for name in ("a", "b")
        for seed in (1, 2)
    }
    assert len(seeds) == 8


def test_two_checks_of_one_name_are_the_graders_fault(grader: Grader, tmp_path: Path) -> None:
    exercise = make_course(tmp_path, PUBLIC_CHECKS, PUBLIC_CHECKS).exercise("toy")
    report = grade(grader, exercise, RIGHT)
    assert report.score is None
    assert "same name" in report.faults[0]


def test_a_submission_that_takes_its_time_has_only_so_much_in_all(
    grader: Grader, toy: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grading.checking.respondents.MAX_SECONDS", 0.0)
    report = grade(grader, toy, RIGHT)
    assert statuses(report) == {"doubles": Status.PASSED, "negates": Status.TIMED_OUT}
    assert report.score == 60
    monkeypatch.undo()
    assert grade(grader, toy, RIGHT).full_marks
