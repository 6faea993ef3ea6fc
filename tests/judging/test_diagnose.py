"""Diagnosis: a known mistake is named if it alone explains what came out, and only then."""

import json
from pathlib import Path

import pytest

from grading.judging import diagnose
from grading.judging.answers import LiveAnswers
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import Report
from grading.submission.file import from_bytes
from tests.support.toy import (
    KNOWN,
    REFERENCE,
    graded,
    taught,
)


def names(report: Report) -> dict[str, str | None]:
    return {check.id: check.misconception for check in report.checks}


def test_a_mistake_written_in_another_way_is_named(grader: Grader, tmp_path: Path) -> None:
    source = REFERENCE.replace("2 * values", "values * 0.5").replace("-values", "0 - values")
    report = graded(grader, taught(tmp_path), source)
    assert names(report) == {"doubles": "halves", "negates": None}
    assert report.checks[0].explanation == "Your double halves."
    assert report.checks[1].explanation == ""


def test_each_of_two_mistakes_is_named_at_its_own_check(grader: Grader, tmp_path: Path) -> None:
    source = REFERENCE.replace("2 * values", "2 + values").replace("-values", "values")
    found = names(graded(grader, taught(tmp_path), source))
    assert found == {"doubles": "adds_two", "negates": "keeps_the_sign"}


def test_an_unknown_mistake_has_no_name(grader: Grader, tmp_path: Path) -> None:
    source = REFERENCE.replace("2 * values", "3 * values")
    assert names(graded(grader, taught(tmp_path), source)) == {"doubles": None, "negates": None}


def test_nobody_is_named_where_two_explain_it_equally(grader: Grader, tmp_path: Path) -> None:
    twin = KNOWN.replace('"halves"', '"halves_too"').replace("values / 2", "0.5 * values")
    twin = twin[: twin.index("[[misconception]]", 20)]
    source = REFERENCE.replace("2 * values", "values / 2")
    assert names(graded(grader, taught(tmp_path, KNOWN + twin), source))["doubles"] is None


def test_the_one_that_explains_more_checks_is_named(grader: Grader, tmp_path: Path) -> None:
    both = (
        KNOWN
        + """
[[misconception]]
name = "halves_and_keeps"
why = "it halves and keeps the sign"
student = "Your functions halve, and keep the sign."
hints = ["nudge", "concept", "location"]
fails = ["doubles", "negates"]
edits = [["2 * values", "values / 2"], ["return -values", "return values"]]
"""
    )
    source = REFERENCE.replace("2 * values", "values / 2").replace("-values", "values")
    found = names(graded(grader, taught(tmp_path, both), source))
    assert found == {"doubles": "halves_and_keeps", "negates": "halves_and_keeps"}
    only = REFERENCE.replace("2 * values", "values / 2")
    assert names(graded(grader, taught(tmp_path, both), only))["doubles"] == "halves"


PAIRED = """
[[misconception]]
name = "starts_from_one"
why = "one is added first"
student = "Your double adds one first."
hints = ["nudge", "concept", "location"]
fails = ["doubles"]
edits = [["(values):\\n    return 2", "(values):\\n    values = values + 1\\n    return 2"]]

[[misconception]]
name = "triples"
why = "it triples"
student = "Your double triples."
hints = ["nudge", "concept", "location"]
fails = ["doubles"]
edits = [["2 * values", "3 * values"]]
"""


def test_two_mistakes_in_one_answer_are_named_together(grader: Grader, tmp_path: Path) -> None:
    source = REFERENCE.replace("2 * values", "3 * (values + 1)")
    report = graded(grader, taught(tmp_path, PAIRED), source)
    assert names(report)["doubles"] == "starts_from_one+triples"
    assert report.checks[0].explanation == "Your double adds one first. Your double triples."


def test_pairs_end_with_their_budget(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnose, "MAX_PAIRS", 0)
    source = REFERENCE.replace("2 * values", "3 * (values + 1)")
    assert names(graded(grader, taught(tmp_path, PAIRED), source))["doubles"] is None


def test_an_exception_is_recognized_by_its_words(grader: Grader, tmp_path: Path) -> None:
    known = KNOWN.replace("values / 2", "values.twice()")
    exercise = taught(tmp_path, known)
    same = REFERENCE.replace("2 * values", "(values).twice()")
    assert names(graded(grader, exercise, same))["doubles"] == "halves"
    other = REFERENCE.replace("2 * values", "values.thrice()")
    assert names(graded(grader, exercise, other))["doubles"] is None


def test_an_exception_of_ones_own_may_be_put_in_other_words(grader: Grader, tmp_path: Path) -> None:
    raising = "(values):\n    raise ValueError('{}')\n    return 2"
    known = KNOWN.replace(
        '[["2 * values", "values / 2"]]',
        f'[["(values):\\n    return 2", {json.dumps(raising.format("too large"))}]]',
    )
    exercise = taught(tmp_path, known)
    source = REFERENCE.replace("(values):\n    return 2", raising.format("I cannot double this"))
    assert names(graded(grader, exercise, source))["doubles"] == "halves"
    other = source.replace("ValueError", "TypeError")
    assert names(graded(grader, exercise, other))["doubles"] is None


def test_a_right_answer_starts_no_replay(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(LiveAnswers, "reproduces", lambda *given: asked.append(given))
    assert graded(grader, taught(tmp_path), REFERENCE).full_marks
    assert not asked


def test_a_mistake_is_asked_once_for_a_class(grader: Grader, tmp_path: Path) -> None:
    exercise = taught(tmp_path)
    source = REFERENCE.replace("2 * values", "values / 2")
    graded(grader, exercise, source)
    before = grader.sandbox.usage.workers
    again = from_bytes(source.encode() + b"\n", exercise.file)
    assert names(grader.grade(exercise, again, Plan(seed=3)))["doubles"] == "halves"
    assert grader.sandbox.usage.workers == before + 1
