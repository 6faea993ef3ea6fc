"""Points by hand reach the submission that the rubric names; what is written, somebody sees."""

from pathlib import Path

import pytest

from grading.batch.by_hand import ByHand, declared, read_rubric
from grading.batch.intake.collect import collect
from grading.batch.people.evidence import Evidence, Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.course.syllabus import Course
from grading.errors import UsageError
from grading.report import Mark
from tests.support.classes import put
from tests.support.rehearsals import rehearse

ANN, BOB = Person("Ann Smith", "4711"), Person("Bob Jones", login="4711")
MATCHES = {"ann's": Match((ANN,), Evidence.NAME), "bob": Match((BOB,), Evidence.LOGIN)}


@pytest.mark.parametrize(
    ("name", "labels", "strangers"),
    [
        *(("ann's", ["ann's"], []), ("Ann Smith", ["ann's"], []), ("'bob", ["bob"], [])),
        ("zoe", ["zoe"], ["zoe"]),
    ],
)
def test_whose_points_they_are(
    tmp_path: Path, real_course: Course, name: str, labels: list[str], strangers: list[str]
) -> None:
    question = declared(real_course.exercise("ex1"))[0].name
    text = f"submission,exercise,question,points,max_points\n{name},ex1,{question},1,2\n"
    path = put(tmp_path / "rubric.csv", text)
    marks, unknown = read_rubric(path, real_course, MATCHES, Roster([ANN, BOB]))
    assert ([label for label, _ in marks], unknown) == (labels, strangers)


def test_points_of_two_people_are_refused(tmp_path: Path, real_course: Course) -> None:
    question = declared(real_course.exercise("ex1"))[0].name
    text = f"submission,exercise,question,points,max_points\n4711,ex1,{question},1,2\n"
    path = put(tmp_path / "rubric.csv", text)
    with pytest.raises(UsageError, match="4711 is 2 people of the roster: give the submission"):
        read_rubric(path, real_course, MATCHES, Roster([ANN, BOB]))


HEADING = "## teacher_forcing: What are the pros and cons of teacher forcing?"
TOP = f"# Exercise 1: questions\n\n{HEADING}\n\n"
# The case answers_nobody_sees: the file, its answer, and what a person must look at.
SHEETS = {
    "heading": (
        f"{TOP}First half.\n\n## note: a heading of my own\n\nSecond half.\n",
        "First half.\n\n## note: a heading of my own\n\nSecond half.",
        "",
    ),
    "level": (f"{TOP.replace('##', '###')}Errors cannot add up.\n", "Errors cannot add up.", ""),
    "inside": (
        f"{TOP}<!-- Errors cannot add up. -->\n",
        "Errors cannot add up.",
        "something stands in a comment (teacher_forcing)",
    ),
    "extended": (
        f"{TOP}<!-- Write your answer here.\nErrors cannot add up.\n-->\n",
        "Errors cannot add up.",
        "",
    ),
    "above": (
        f"Errors cannot add up.\n\n{HEADING}\n",
        "",
        "something stands above the first question",
    ),
    "plain": ("Errors cannot add up.", "", "something is there, but none of the questions"),
}


@pytest.mark.parametrize("name", SHEETS)
def test_answers_that_nobody_saw_are_seen(
    tmp_path: Path, real_course: Course, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text, answer, doubt = SHEETS[name]
    put(tmp_path / "in" / name / "ex1_vanilla_rnn.py", "x = 1\n")
    put(tmp_path / "in" / name / "ex1.md", text)
    hand = ByHand(real_course, {})
    (found,) = collect(tmp_path / "in", [real_course.exercise("ex1")])
    (first, *_), (result, *_) = hand.answers(found), hand.results(found)
    assert (first.name, first.answer) == ("teacher_forcing", answer)
    assert result.answered == (bool(answer) or name == "plain")
    assert hand.doubts == ([(name, f"{name} ex1: {doubt}")] if doubt else [])
    told = rehearse(capsys, real_course, tmp_path / "in")
    assert told.about("to be looked at") == ([f"{name} ex1: {doubt}"] if doubt else [])
    assert told.code == bool(doubt)


def test_points_for_every_question_settle_what_was_to_be_looked_at(
    tmp_path: Path, real_course: Course
) -> None:
    put(tmp_path / "ann" / "ex1_vanilla_rnn.py", "x = 1\n")
    put(tmp_path / "ann" / "ex1.md", SHEETS["inside"][0])
    exercise = real_course.exercise("ex1")
    (found,) = collect(tmp_path, [exercise])
    given = {question.name: Mark(1, 1, "") for question in declared(exercise)}
    hand = ByHand(real_course, {("ann", "ex1"): given})
    hand.results(found)
    assert hand.doubts == []
    given.popitem()
    hand.results(found)
    assert len(hand.doubts) == 1


def test_nobody_is_told_that_an_unreadable_file_has_no_answers(
    tmp_path: Path, real_course: Course
) -> None:
    put(tmp_path / "ann" / "ex1_vanilla_rnn.py", "x = 1\n")
    put(tmp_path / "ann" / "ex1.md", TOP.encode("utf-16"))
    hand = ByHand(real_course, {})
    (found,) = collect(tmp_path, [real_course.exercise("ex1")])
    assert all(result.answered for result in hand.results(found))
    assert hand.problems == ["ann ex1: ex1.md is not UTF-8 text: save it as UTF-8"]
