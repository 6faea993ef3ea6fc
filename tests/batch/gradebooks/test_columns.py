"""Which column an exercise fills, and what is said if none does."""

from dataclasses import replace
from pathlib import Path

import pytest

from grading import tables
from grading.batch.gradebooks import columns
from grading.batch.gradebooks.columns import Column
from grading.batch.gradebooks.uploads import require_columns
from grading.course.syllabus import Course
from grading.errors import UsageError
from tests.support.gradebooks import course, roster

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,{}\n    Points Possible,,,,,{}\nDoe,7,1,d,A,{}\n"
)
MOODLE = "First name,Last name,ID number,Email address,{},Last downloaded from this course\n"
MOODLE += "Jane,Doe,1,jane@x.edu,{},1790000000\n"
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t{}\n"Doe"\t"Jane"\t"doe"\t"1"\t{}\n'
)
BRIGHTSPACE = "OrgDefinedId,Username,Last Name,{},End-of-Line Indicator\n#1,#doe,Doe,{},#\n"


def named(course: Course, column: str) -> Course:
    exercises = {
        name: replace(one, column=column if name == "ex1" else "")
        for name, one in course.exercises.items()
    }
    return replace(course, exercises=exercises)


# The header as the platform writes it, and what [exercises.ex1] column says.
FITS = [
    (CANVAS, "Vanilla RNN (123)", ""),
    (CANVAS, "VANILLA  rnn (123)", ""),
    (CANVAS, "Homework 1 (123)", "Homework 1"),
    (CANVAS, "Homework 1 (123)", "homework 1 (123)"),
    (CANVAS, "RNN (2026) (123)", "RNN (2026)"),
    (MOODLE, "Assignment: Vanilla RNN", ""),
    (MOODLE, "Assignment: Vanilla RNN (Real)", ""),
    (MOODLE, "Aufgabe: Vanilla RNN (Punkte)", ""),
    (MOODLE, "Assignment: Part 1: RNN (new) (Real)", "Part 1: RNN (new)"),
    (MOODLE, "Vanilla RNN", ""),
    (BLACKBOARD, '"Vanilla RNN [Total Pts: 10 Score] |1281892"', ""),
    (BLACKBOARD, '"Vanilla RNN [Total Pts: 10] |664617"', ""),
    (BLACKBOARD, '"RNN [new] [Total Pts: 10 Score] |1281892"', "RNN [new]"),
    (BRIGHTSPACE, "Vanilla RNN Points Grade <Numeric MaxPoints:10 Weight:5>", ""),
    (BRIGHTSPACE, "Vanilla RNN Points Grade", ""),
]


@pytest.mark.parametrize(("text", "header", "column"), FITS)
def test_a_column_is_found_without_what_the_platform_appends(
    tmp_path: Path, text: str, header: str, column: str
) -> None:
    found = named(course(), column)
    cells = (header, *("10", "")[: text.count("{}") - 1])
    require_columns(found, roster(tmp_path, found, export=text.format(*cells)), {"ex1"})


@pytest.mark.parametrize("text", [CANVAS, MOODLE, BLACKBOARD, BRIGHTSPACE])
def test_without_one_the_columns_that_are_there_are_named(tmp_path: Path, text: str) -> None:
    header = {
        CANVAS: "Homework 1 (123),Homework 2 (124)",
        MOODLE: "Assignment: Homework 1 (Real),Assignment: Homework 2 (Real)",
        BLACKBOARD: '"Homework 1 [Total Pts: 10 Score] |1"\t"Homework 2 [Total Pts: 10 Score] |2"',
        BRIGHTSPACE: "Homework 1 Points Grade <MaxPoints:10>,Homework 2 Points Grade",
    }[text]
    mark = "\t" if text is BLACKBOARD else ","
    cells = (header, *(f"10{mark}10", mark)[: text.count("{}") - 1])
    people = roster(tmp_path, course(), export=text.format(*cells))
    with pytest.raises(UsageError) as caught:
        require_columns(course(), people, {"ex1"})
    assert str(caught.value) == (
        "export.csv: no column fits ex1 (Vanilla RNN); there are Homework 1, Homework 2:"
        ' name one in course.toml, [exercises.ex1] column = "..."'
    )
    # Only what came in must have a column.
    require_columns(course(), people, set())


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ("Vanilla RNN (1),vanilla rnn (2)", "2 columns fit ex1 (Vanilla RNN)"),
        # Canvas ignores such columns in silence.
        ("Vanilla RNN Final Score (1),x (2)", "Canvas ignores columns with Final Score"),
    ],
)
def test_columns_that_cannot_be_filled(tmp_path: Path, headers: str, reason: str) -> None:
    wish = named(course(), "Vanilla RNN Final Score" if "Final" in headers else "")
    people = roster(tmp_path, wish, export=CANVAS.format(headers, "10,10", ","))
    with pytest.raises(UsageError) as caught:
        require_columns(wish, people, {"ex1"})
    assert reason in str(caught.value)


@pytest.mark.parametrize("points", ["1,000", "ten", "1.2.3"])
def test_points_that_nobody_can_read(tmp_path: Path, points: str) -> None:
    text = CANVAS.format("Vanilla RNN (1)", f'"{points}"', "")
    with pytest.raises(UsageError, match="nothing tells how many points"):
        require_columns(course(), roster(tmp_path, course(), export=text), {"ex1"})


@pytest.mark.parametrize("points", ["up to 10 Score", "10 %", ""])
def test_blackboard_needs_points(tmp_path: Path, points: str) -> None:
    bracket = f" [Total Pts: {points}]" if points else ""
    text = BLACKBOARD.format(f'"Vanilla RNN{bracket} |1"', '""')
    people = roster(tmp_path, course(), export=text)
    if points == "10 %":
        require_columns(course(), people, {"ex1"})
        return
    with pytest.raises(UsageError, match="tells no points"):
        require_columns(course(), people, {"ex1"})


NEW = [
    # Titles of new columns that Canvas would drop, or read as something else.
    ("My Final Score", "Canvas ignores columns with Final Score"),
    ("Override Grade", "Canvas ignores columns with Override Grade"),
    ("section", "another column of the file is called that"),
    ("SIS Login ID", "another column"),
    ("Gradient  Probe", "another column"),
]


@pytest.mark.parametrize(("title", "reason"), NEW)
def test_titles_that_canvas_would_lose(tmp_path: Path, title: str, reason: str) -> None:
    wish = named(course("ex1", "ex2"), title)
    plain = roster(tmp_path, wish, people="name,id\nJane,1\n")
    with pytest.raises(UsageError, match=reason):
        require_columns(wish, plain, {"ex1", "ex2"})
    # A class with another platform's gradebook is not Canvas's.
    moodle = MOODLE.format(f"Assignment: {title},Assignment: Gradient probe (Real)", "-,-")
    if title != "Gradient  Probe":
        require_columns(wish, roster(tmp_path, wish, moodle=moodle), {"ex1", "ex2"})
    require_columns(wish, roster(tmp_path, wish), {"ex1", "ex2"})


def test_two_exercises_never_fill_one_column(tmp_path: Path) -> None:
    wish = named(course("ex1", "ex2"), "Gradient probe")
    text = CANVAS.format("Gradient probe (1),Vanilla RNN (2)", "10,10", ",")
    with pytest.raises(UsageError, match=r"ex1 and ex2 would both fill Gradient probe \(1\)"):
        require_columns(wish, roster(tmp_path, wish, export=text), {"ex1", "ex2"})


PEOPLE_ONLY = {
    "a course's own": "name,id,email,HW 1\nJane,1,jane@x.edu,3\n",
    "Canvas": 'Student,ID,SIS Login ID,Section\n    Points Possible,,,\n"Doe, Jane",7,doe,A\n',
    "Canvas's totals": "Student,ID,SIS Login ID,Section,Current Score,Notes\nJane,7,doe,A,1,x\n",
    "Canvas's groups": "name,canvas_user_id,user_id,login_id,sections,group_name\nJane,7,1,d,A,G\n",
    "Moodle": "First name,Last name,ID number,Email address\nJane,Doe,1,jane@x.edu\n",
    "Moodle's gradebook": "First name,Last name,ID number,Institution,Department,Email address,"
    "Last downloaded from this course\nJane,Doe,1,,,jane@x.edu,1790000000\n",
    "Blackboard": '"Last Name","First Name","Username","Last Access","Availability"\n'
    '"Doe","Jane","doe","",""\n',
    "Brightspace": "OrgDefinedId,Username,Last Name,First Name,End-of-Line Indicator\n"
    "#1,#doe,Doe,Jane,#\n",
    "Gradescope": "First Name,Last Name,SID,Email,Role\nAnn,Smith,1001,ann@x.edu,Student\n",
    "numbers that look like times": "name,id\nJane,1790000001\nBob,1790000002\n",
}


@pytest.mark.parametrize("text", PEOPLE_ONLY.values(), ids=PEOPLE_ONLY)
def test_a_mere_list_of_people_is_no_error(tmp_path: Path, text: str) -> None:
    require_columns(course(), roster(tmp_path, course(), export=text), {"ex1"})


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10", 10.0),
        (" 10.00 ", 10.0),
        ("12,5", 12.5),
        ("1,250.5", 1250.5),
        ("1,250", None),
        ("", None),
        ("(read only)", None),
        ("1e3", None),
        ("9" * 400, None),
    ],
)
def test_numbers_with_either_sign(text: str, number: float | None) -> None:
    assert tables.number(text) == number


def test_many_columns_are_not_all_named() -> None:
    there = [Column(at, f"HW {at}", (f"HW {at}",)) for at in range(50)]
    with pytest.raises(UsageError, match="HW 19, 30 more:"):
        columns.fitting(course().exercises["ex1"], there, "x.csv")
