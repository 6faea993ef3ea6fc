"""The reflection questions: answered in place, marked by hand, never part of the score."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from grading.course import questions
from grading.course.questions import (
    PLACE,
    Mark,
    parse,
    read,
    read_rubric,
    results,
    rubric_rows,
    without_answers,
)
from grading.course.syllabus import ROOT, Course
from grading.errors import UsageError
from tests.support.patience import PATIENCE

FILE = f"""# Questions

Introduction.

## first: Why?

Because of
several things.

## second: Why not? <!-- a remark -->

{PLACE}
"""
HEADER = "submission,exercise,question,points,max_points,comment\n"


def test_answers_are_found_and_comments_are_none() -> None:
    first, second = parse(FILE)
    assert (first.name, first.text) == ("first", "Why?")
    assert first.answer == "Because of\nseveral things."
    assert second.answer == ""


def test_answers_are_left_out_for_students() -> None:
    empty = without_answers(FILE)
    assert "several things" not in empty
    assert empty.startswith("# Questions\n\nIntroduction.\n")
    assert [question.name for question in parse(empty)] == ["first", "second"]
    assert not any(question.answer for question in parse(empty))
    assert without_answers(empty) == empty


def test_every_declared_question_has_a_result_whatever_was_handed_in() -> None:
    declared = parse(FILE)
    marks = {"first": Mark(2, 3, "good")}
    found = results(declared, parse("## other: Hm?\n\nx\n## first: changed?\n\nyes"), marks)
    assert [(result.name, result.answered) for result in found] == [
        ("first", True),
        ("second", False),
    ]
    assert found[0].to_json()["points"] == 2
    assert found[1].to_json()["points"] is None
    assert not any(result.answered for result in results(declared, [], {}))


def test_the_course_has_questions_and_corrected_answers_for_every_exercise(
    real_course: Course,
) -> None:
    for exercise in real_course.exercises.values():
        canonical = read(exercise.answers)
        assert len(canonical) >= 4
        assert all(len(question.answer) > 100 for question in canonical)
        assert [question.name for question in read(exercise.questions)] == [
            question.name for question in canonical
        ]
        student_file = exercise.questions.read_text(encoding="utf-8")
        for question in canonical:
            for line in question.answer.splitlines():
                assert line not in student_file


def rubric(tmp_path: Path, rows: str) -> Path:
    path = tmp_path / "rubric.csv"
    path.write_text(HEADER + rows)
    return path


def test_marks_are_read_by_submission_and_exercise(tmp_path: Path) -> None:
    path = rubric(tmp_path, 'ann,ex1,first,2,3,"well, yes"\nbob,ex1,first,0,3,\nann,ex2,x,1,1,\n')
    assert read_rubric(path) == {
        ("ann", "ex1"): {"first": Mark(2, 3, "well, yes")},
        ("bob", "ex1"): {"first": Mark(0, 3, "")},
        ("ann", "ex2"): {"x": Mark(1, 1, "")},
    }


def test_a_row_without_points_is_no_mark(tmp_path: Path) -> None:
    path = rubric(tmp_path, "ann,ex1,first,,,\nann,ex1,second, ,3,later\nann,ex1,third,-,,\n")
    assert read_rubric(path) == {}
    assert [row.is_taken_back for row in rubric_rows(path)] == [False, False, True]


def test_a_rubric_that_a_spreadsheet_has_saved_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rubric.csv"
    path.write_bytes((HEADER + "ann,ex1,first,2,3,é\n").replace(",", ";").encode("cp1252"))
    assert read_rubric(path) == {("ann", "ex1"): {"first": Mark(2, 3, "é")}}


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ("ann,ex1,first,many,3,\n", "line 2.*must be numbers"),
        ("ann,ex1,first,4,3,\n", "line 2.*between 0 and max_points"),
        ("ann,ex1,first,nan,3,\n", "line 2.*must be numbers.*not nan and 3"),
        ("ann,ex1,first,-1,3,\n", "line 2.*must be numbers"),
        ('ann,ex1,first,"1,000",3000,\n', "line 2.*must be numbers"),
    ],
)
def test_a_wrong_mark_is_named_by_its_line(tmp_path: Path, rows: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        read_rubric(rubric(tmp_path, rows))


def test_a_rubric_without_its_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rubric.csv"
    path.write_text("name,points\nann,3\n")
    with pytest.raises(UsageError, match="no column submission: its first line is name, points"):
        read_rubric(path)


def test_answers_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ex1.md"
    assert read(path) == []
    path.write_bytes(b"## a: b\n\xff\n")
    with pytest.raises(UsageError, match="UTF-8"):
        read(path)
    path.write_bytes(b"#" * (questions.MAX_BYTES + 1))
    with pytest.raises(UsageError, match="256 KB"):
        read(path)


def test_a_report_says_what_is_unanswered_and_shows_marks(tmp_path: Path) -> None:
    work = tmp_path / "ann"
    (work / "questions").mkdir(parents=True)
    (work / "ex1_vanilla_rnn.py").write_bytes(
        (ROOT / "exercises" / "ex1_vanilla_rnn.py").read_bytes()
    )
    (work / "questions" / "ex1.md").write_text("## teacher_forcing: Pros?\n\nIt is fast.\x1b[2J\n")
    marks = rubric(tmp_path, "ann,ex1,teacher_forcing,2,3,fine\n")
    command = [sys.executable, "grader.py", "ex1", "--submission", str(work)]
    result = subprocess.run(
        [*command, "--rubric", str(marks), "--json", "-"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 1, result.stderr
    report = json.loads(result.stdout)
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text())
    Draft202012Validator(schema).validate(report)
    states = {question["name"]: question for question in report["questions"]}
    assert states["teacher_forcing"]["answered"] is True
    assert states["teacher_forcing"]["points"] == 2
    assert states["warm_start"]["answered"] is False
    assert (report["score"], report["max_score"]) == (0, 100)
    assert "2 of 3 by hand" in result.stderr
    assert "Questions still unanswered" in result.stderr


def test_canonical_answers_stay_closed_unless_the_course_opens_them() -> None:
    result = subprocess.run(
        [sys.executable, "grader.py", "answers", "ex1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 2
    assert "does not show canonical answers" in result.stderr
    assert result.stdout == ""
