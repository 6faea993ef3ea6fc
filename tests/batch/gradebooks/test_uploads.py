"""All files for platforms together: their names, what is left of earlier runs, and what is said."""

from dataclasses import replace
from pathlib import Path

import pytest

from grading.batch.attention import UNWRITTEN, Attention
from grading.batch.generated import Generated
from grading.batch.gradebooks.uploads import Uploads, require_columns
from grading.batch.grades import Grade
from grading.batch.intake.collect import collect
from grading.batch.people.matching import Roster
from grading.batch.store import Store
from grading.course.syllabus import Course
from grading.errors import UsageError
from tests.support import class_files
from tests.support.classes import EX1, put
from tests.support.gradebooks import course, grade, roster, written
from tests.support.rehearsals import rehearse

OWN = "name,id,login,email\nAda Doe,1,ada,ada@x.edu\nBob Roe,2,bob,bob@x.edu\n"
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (5)\n    Points Possible,,,,,10\n"
    '"Doe, Ada",4711,1,ada,A,\n'
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix in (".csv", ".zip"))


def write(out: Path, wish: Course, found: Roster, grades: list[Grade], folder: Path) -> Attention:
    """Write the files of a class, whose submissions lie in `folder`."""
    collected = collect(folder, list(wish.exercises.values()))
    return class_files.write(out, wish, grades, roster=found, collected=collected)


def test_files_of_an_earlier_run_do_not_stay(tmp_path: Path, real_course: Course) -> None:
    out, folder = tmp_path / "out", tmp_path / "in"
    out.mkdir()
    put(folder / f"Ada Doe_7_assignsubmission_file/{EX1}")
    found = roster(tmp_path, real_course, people=OWN)
    ada = found.people[0]
    others = ["answers.csv", "changes.csv", "grades.csv", "nbgrader.csv", "people.csv"]
    both = [grade(ada, 5.0, one, submission="Ada Doe_7") for one in ("ex1", "ex2")]
    mine = put(out / "canvas-mine.csv", "an instructor's own")
    write(out, real_course, found, both, folder)
    archive, canvas = "feedback-moodle.zip", ["canvas-ex1.csv", "canvas-ex2.csv"]
    written_now = [archive, *canvas, "moodle-ex1.csv", "moodle-ex2.csv"]
    assert names(out) == sorted([*others, mine.name, *written_now])
    put(tmp_path / "other" / "ada" / EX1)
    write(out, real_course, found, both[:1], tmp_path / "other")
    assert names(out) == sorted([*others, mine.name, "canvas.csv", "moodle.csv"])


def test_the_class_page_says_what_is_to_be_known(tmp_path: Path, real_course: Course) -> None:
    text = CANVAS.replace("Homework 1", real_course.exercises["ex1"].title)
    found = roster(tmp_path, real_course, gradebook=text, own=OWN)
    put(tmp_path / "in" / "ada" / EX1)
    grades = [grade(person, 5.0) for person in found.people]
    attention = write(tmp_path, real_course, found, grades, tmp_path / "in")
    line = "canvas.csv lacks Bob Roe (2): not in gradebook.csv"
    assert attention.lines == {UNWRITTEN: [line]}
    assert line in (tmp_path / "class.html").read_text(encoding="utf-8")


def test_a_class_without_a_roster_has_headings_only() -> None:
    files = written(course(), Roster([]), [grade(None, 5.0)])
    assert files.lines("canvas.csv") == [
        "Student,ID,SIS User ID,SIS Login ID,Section",
        "    Points Possible,,,,",
    ]
    assert files.lines("moodle.csv") == ["email,grade,feedback"]
    assert (files.notes, files.unwritten) == ([], [])


def test_a_column_that_is_missing_is_said_before_anything_is_graded(
    tmp_path: Path, real_course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "in" / "ada" / EX1)
    with pytest.raises(UsageError, match=r"no column fits ex1 \(.*\); there are Homework 1: name"):
        rehearse(capsys, real_course, tmp_path / "in", CANVAS)
    # Nobody has handed in ex2: its column may follow.
    mapped = CANVAS.replace("Homework 1", real_course.exercises["ex1"].title)
    found = rehearse(capsys, real_course, tmp_path / "in", mapped, identities=("ex1", "ex2"))
    assert found.code == 0


def test_an_exercise_without_work_and_column_is_named_and_the_rest_is_written(
    tmp_path: Path,
) -> None:
    """Such as that of somebody who is excused from an exercise that nobody has handed in."""
    wish = course("ex1", "ex2")
    found = roster(tmp_path, wish, gradebook=CANVAS.replace("Homework 1", "Vanilla RNN"))
    ada = found.people[0]
    files = written(wish, found, [grade(ada, 5.0), grade(ada, None, "ex2", excused=True)])
    assert files.lines("canvas.csv")[2] == '"Doe, Ada",4711,1,ada,A,5'
    [line] = files.unwritten
    assert line.startswith("gradebook.csv: no column fits ex2 (Gradient probe)")


def test_several_files_that_lack_the_same_people_are_one_line(tmp_path: Path) -> None:
    wish = course("ex1", "ex2")
    found = roster(tmp_path, wish, own="name,id\nAda,1\nBob,\n")
    grades = [grade(person, 5.0, one) for one in wish.exercises for person in found.people]
    files = written(wish, found, grades)
    why = "no idnumber, by which the file names people"
    assert files.notes == [f"moodle-ex1.csv, moodle-ex2.csv lack Bob: {why}"]


def test_a_title_that_canvas_would_lose_in_a_class_of_another_platform(tmp_path: Path) -> None:
    wish = course()
    wish.exercises["ex1"] = replace(wish.exercises["ex1"], column="Final Score")
    text = "OrgDefinedId,Username,Last Name,Final Score Points Grade,End-of-Line Indicator\n"
    found = roster(tmp_path, wish, grades=f"{text}#1,#u,Doe,,#\n")
    require_columns(wish, found, {"ex1"})
    files = written(wish, found, [grade(found.people[0], 5.0)])
    assert files.notes[0].startswith("canvas.csv lacks the column of ex1: Canvas ignores columns")
    assert files.lines("brightspace.csv")[1] == "#1,#u,5,#"


def test_an_archive_without_pages_is_not_written(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "in" / f"Ada Doe_7_assignsubmission_file/{EX1}")
    collected = collect(tmp_path / "in", [real_course.exercise("ex1")])
    uploads = Uploads(real_course, Roster([]), collected, {})
    page = put(tmp_path / "page.html")
    for pages, there in (({}, False), ({"Ada Doe_7": page}, True)):
        with Store(tmp_path / "grades.sqlite") as store:
            files = Generated(tmp_path, store)
            uploads.write_feedback(files, pages)
            files.close()
        assert (tmp_path / "feedback-moodle.zip").exists() is there


def test_a_roster_keeps_its_files(tmp_path: Path) -> None:
    found = roster(tmp_path, course(), a=OWN, b=CANVAS)
    assert [sheet.name for sheet in found.sheets] == ["a.csv", "b.csv"]
    [ada] = [person for person in found.people if person.canvas]
    assert (ada.name, ada.canvas, ada.email) == ("Ada Doe", "4711", "ada@x.edu")
    # Each row has the person whom all rosters together tell of.
    assert [sheet.everybody[0] for sheet in found.sheets] == [ada, ada]
    assert found.sheets[1].people[0] is None
