"""Hints: a tier at a time, on record, at the course's price."""

from dataclasses import replace
from pathlib import Path

import pytest

from grading import hints
from grading.course.syllabus import Course, Exercise
from grading.errors import UsageError
from grading.judging.grader import Grader
from grading.report import HintShown, Report
from tests.support.toy import PUBLIC_CHECKS, REFERENCE, graded, make_course, taught


def lesson(root: Path, price: float = 0.0) -> tuple[Course, Exercise]:
    exercise = taught(root)
    plan = Course("Toy", {"toy": exercise}, hint_price=price)
    return plan, exercise


def failed(grader: Grader, exercise: Exercise, wrong: str = "values / 2") -> Report:
    report = graded(grader, exercise, REFERENCE.replace("2 * values", wrong))
    hints.remember(exercise, report)
    return report


def test_tiers_come_one_by_one_and_the_last_stays(grader: Grader, tmp_path: Path) -> None:
    plan, exercise = lesson(tmp_path)
    failed(grader, exercise)
    texts = []
    for _ in range(4):
        hint = hints.next_hint(plan, exercise)
        assert hint is not None
        texts.append((hint.text, hint.tier, hint.tiers, hint.is_new))
    assert texts == [
        ("nudge", 1, 3, True),
        ("concept", 2, 3, True),
        ("location", 3, 3, True),
        ("location", 3, 3, False),
    ]


def test_a_hint_says_what_came_out(grader: Grader, tmp_path: Path) -> None:
    plan, exercise = lesson(tmp_path)
    failed(grader, exercise, "values.missing()")
    hint = hints.next_hint(plan, exercise)
    assert hint is not None
    assert "has no attribute 'missing'" in hint.failure.message
    assert (hint.text, hint.tiers) == ("Add the number to itself.", 1)


def test_prices_come_off_the_score_once_each(grader: Grader, tmp_path: Path) -> None:
    plan, exercise = lesson(tmp_path, price=1.5)
    failed(grader, exercise)
    for _ in range(5):
        hints.next_hint(plan, exercise)
    report = replace(graded(grader, exercise, REFERENCE), hints=hints.shown(exercise))
    assert report.hint_cost == 4.5
    assert report.score == 95.5
    assert report.to_json()["hints"][0] == {
        "check": "doubles",
        "misconception": "halves",
        "tier": 1,
        "price": 1.5,
    }
    assert replace(report, hints=[HintShown("doubles", None, 1, 1000.0)]).score == 0


def test_what_was_shown_outlives_the_next_grading(grader: Grader, tmp_path: Path) -> None:
    plan, exercise = lesson(tmp_path)
    failed(grader, exercise)
    hints.next_hint(plan, exercise)
    failed(grader, exercise)
    again = hints.next_hint(plan, exercise)
    assert again is not None
    assert again.tier == 2


def test_there_is_no_hint_without_need_or_permission(grader: Grader, tmp_path: Path) -> None:
    plan, exercise = lesson(tmp_path)
    with pytest.raises(UsageError, match=r"run python grader\.py toy first"):
        hints.next_hint(plan, exercise)
    hints.remember(exercise, graded(grader, exercise, REFERENCE))
    assert hints.next_hint(plan, exercise) is None
    with pytest.raises(UsageError, match="gives no hints"):
        hints.next_hint(replace(plan, hints=False), exercise)


def test_a_damaged_record_is_as_good_as_none(tmp_path: Path) -> None:
    exercise = make_course(tmp_path, PUBLIC_CHECKS).exercise("toy")
    folder = tmp_path / hints.FOLDER
    folder.mkdir()
    for text in ("", "[]", '{"failures": [{"check": 1}], "shown": []}'):
        (folder / "toy.json").write_text(text)
        assert hints.read(exercise) is None
