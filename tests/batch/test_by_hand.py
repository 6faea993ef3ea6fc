"""Points by hand reach the submission that the rubric names, or that of the person."""

from pathlib import Path

import pytest

from grading.batch.by_hand import declared, read_rubric
from grading.batch.people.evidence import Evidence, Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.course.syllabus import Course
from grading.errors import UsageError
from tests.support.classes import put

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
