"""canvas.csv, read back by an importer that is written after Canvas's."""

import csv
import io
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.batch.grades import MISSING, Grade
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from tests.support.gradebooks import course, grade, roster, written
from tests.support.importers import canvas
from tests.support.importers.canvas import EXCUSED, Student

HEADING = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
ADA = Student(4711, "Ada Doe", "Doe, Ada", "000123", "@ada")
BOB = Student(4712, "Bob Roe", "Roe, Bob", "-7", "bob")
CLEO = Student(4713, "=Cleo", "=Cleo", "77", "cleo")
# By exercise, an assignment with another number of points, and one that is nobody's business.
TITLES = {101: "Vanilla RNN", 102: "Gradient probe", 103: "Essay; on RNNs, and more"}
POINTS = {101: "20.00", 102: "5.00", 103: "100.00"}
ASSIGNMENTS = {"ex1": 101, "ex2": 102}
Scores = dict[tuple[int, int], str]


def there(students: list[Student], scores: Scores, **more: object) -> canvas.Course:
    return canvas.Course(students, dict(TITLES), scores, **more)  # type: ignore[arg-type]


def export(students: list[Student], scores: Scores, titles: dict[int, str] = TITLES) -> str:
    """Canvas's own gradebook, after lib/gradebook_exporter.rb @ 0140a2effa63."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow([*HEADING, *(f"{title} ({one})" for one, title in titles.items()), "Final Score"])
    rows.writerow(["", "", "", "", "", *("Manual Posting" for _ in titles), ""])
    points = [POINTS[one] for one in titles]
    rows.writerow(["    Points Possible", "", "", "", "", *points, "(read only)"])
    for one in students:
        name = f'="{one.sortable}"' if one.sortable.startswith("=") else one.sortable
        cells = [scores.get((one.number, title), "") for title in titles]
        rows.writerow([name, one.number, one.sis, one.login, "A, and B", *cells, "12.3"])
    return text.getvalue()


def people(found: Roster) -> dict[int, Person]:
    return {int(person.canvas): person for person in found.people}


def test_the_file_has_the_rosters_identity_and_the_exports_headers(tmp_path: Path) -> None:
    before = {(4711, 101): "3.00", (4712, 101): "9.00", (4712, 102): "EX"}
    found = roster(tmp_path, course("ex1", "ex2"), gradebook=export([ADA, BOB, CLEO], before))
    who = people(found)
    grades = [grade(who[4711], 7.5), grade(who[4712], 5.0), grade(who[4713], None, excused=True)]
    files = written(course("ex1", "ex2"), found, grades)
    assert list(csv.reader(files.lines("canvas.csv"))) == [
        [*HEADING, "Vanilla RNN (101)"],
        ["    Points Possible", "", "", "", "", "20"],
        ["Doe, Ada", "4711", "000123", "@ada", "A, and B", "15"],
        ["Roe, Bob", "4712", "-7", "bob", "A, and B", "10"],
        ['="=Cleo"', "4713", "77", "cleo", "A, and B", "EX"],
    ]
    assert files.unwritten == []


finals = st.one_of(st.none(), st.just("EX"), st.decimals(0, 12, places=3).map(float))
scores = st.sampled_from(["", "", "4.00", "17.5", "0.00", EXCUSED])
students = st.sampled_from(["Doe, Jane", 'O"Neil; A', "=x", "王小明", "Lee, Ann"])


@settings(max_examples=40)
@given(st.lists(st.tuples(students, *[scores] * 3, finals, finals), min_size=1, max_size=6))
def test_an_import_changes_only_what_has_a_grade(rows: list[tuple]) -> None:
    """Nothing is erased, and nothing of others or of other assignments changes."""
    everybody = [
        Student(4000 + at, name, name, f"00{at}", f"@s{at}") for at, (name, *_) in enumerate(rows)
    ]
    before: Scores = {}
    for one, (_, *cells, _, _) in zip(everybody, rows, strict=True):
        before |= {(one.number, title): cell for title, cell in zip(TITLES, cells, strict=True)}
    before = {place: score for place, score in before.items() if score}
    wish = course("ex1", "ex2")
    with TemporaryDirectory() as folder:
        found = roster(Path(folder), wish, gradebook=export(everybody, before))
    who = people(found)
    numbers = {person: number for number, person in who.items()}
    grades: list[Grade] = []
    after = dict(before)
    for one, (*_, first, second) in zip(everybody, rows, strict=True):
        for exercise, final in (("ex1", first), ("ex2", second)):
            number = ASSIGNMENTS[exercise]
            if final == "EX":
                grades.append(grade(who[one.number], None, exercise, excused=True))
                after[one.number, number] = EXCUSED
            elif final is not None:
                grades.append(grade(who[one.number], final, exercise))
                # Whom Canvas excuses, only a decision takes that back.
                if before.get((one.number, number)) != EXCUSED:
                    after[one.number, number] = str(final * float(POINTS[number]) / 10)
    files = written(wish, found, grades)
    imported, new = canvas.imported(files.files["canvas.csv"], there(everybody, before))
    assert not new
    assert imported.keys() == after.keys()
    for place, score in after.items():
        if score == EXCUSED:
            assert imported[place] == EXCUSED
        else:
            assert float(imported[place]) == pytest.approx(float(score), abs=0.005001)
    named = {
        one.person
        for one in grades
        if one.excused or before.get((numbers[one.person], ASSIGNMENTS[one.exercise])) != EXCUSED
    }
    assert len(files.lines("canvas.csv")) == 2 + len(named)


def test_without_an_export_each_exercise_has_a_file(tmp_path: Path) -> None:
    wish = course("ex1", "ex2")
    found = roster(tmp_path, wish, people="name,id,login\nAda Doe,000123,@ada\nBob Roe,-7,bob\n")
    ada, bob = found.people
    grades = [grade(ada, 7.5), grade(ada, 8.0, "ex2"), grade(bob, 5.0, "ex2")]
    files = written(wish, found, grades)
    names = [name for name in files.files if "canvas" in name]
    assert names == ["canvas-ex1.csv", "canvas-ex2.csv"]
    assert list(csv.reader(files.lines("canvas-ex1.csv")))[1:] == [
        ["    Points Possible", "", "", "", "", "10"],
        ["Ada Doe", "", "000123", "@ada", "", "7.5"],
    ]
    # Bob has a score that Canvas's instructor gave in the meantime.
    before = {(4712, -1): "3"}
    for name, title in (("canvas-ex1.csv", "Vanilla RNN"), ("canvas-ex2.csv", "Gradient probe")):
        state = there([ADA, BOB], dict(before))
        state.assignments.clear()
        imported, new = canvas.imported(files.files[name], state)
        assert new == [title]
        assert imported[4711, -1] in ("7.5", "8")
    # The next time Canvas knows the titles, and a blank would erase.
    state = there([ADA, BOB], {(4712, 101): "3"})
    imported, new = canvas.imported(files.files["canvas-ex1.csv"], state)
    assert (imported, new) == ({(4711, 101): "7.5", (4712, 101): "3"}, [])


def test_points_come_from_the_course_where_canvas_has_none(tmp_path: Path) -> None:
    plain = course()
    found = roster(tmp_path, plain, people="name,id\nAda,1\n")
    for points, cell in ((None, "85"), (20.0, "17")):
        exercise = replace(plain.exercises["ex1"], points=points)
        wish = replace(plain, exercises={"ex1": exercise})
        files = written(wish, found, [grade(found.people[0], 85.0, max_final=100.0)])
        assert files.lines("canvas.csv")[2] == f"Ada,,1,,,{cell}"


def test_a_cell_that_nobody_has_assigned_stays_empty(tmp_path: Path) -> None:
    before = {(4711, 101): "3.00", (4711, 102): "N/A"}
    wish = course("ex1", "ex2")
    found = roster(tmp_path, wish, gradebook=export([ADA, BOB], {**before, (4712, 102): "4.0"}))
    who = people(found)
    files = written(wish, found, [grade(who[4711], 9.0), grade(who[4712], 2.0, "ex2")])
    assert [line.split(",")[-2:] for line in files.lines("canvas.csv")[2:]] == [
        ["18", ""],
        ["", "1"],
    ]
    state = there([ADA, BOB], {(4711, 101): "3", (4712, 102): "4"})
    state.unassigned = frozenset({(4711, 102)})
    imported, _ = canvas.imported(files.files["canvas.csv"], state)
    assert imported == {(4711, 101): "18", (4712, 102): "1"}


def test_over_an_excuse_and_over_a_score(tmp_path: Path) -> None:
    before = {(4711, 101): EXCUSED, (4712, 101): "9"}
    found = roster(tmp_path, course(), gradebook=export([ADA, BOB], before))
    who = people(found)
    of_ada, excused = grade(who[4711], 10.0), grade(who[4712], 1.0, excused=True)
    files = written(course(), found, [of_ada, excused])
    imported, _ = canvas.imported(files.files["canvas.csv"], there([ADA, BOB], before))
    assert imported == {(4711, 101): EXCUSED, (4712, 101): EXCUSED}
    why = "Canvas says EX at ex1; an override or excuse settles it"
    assert files.unwritten == [f"canvas.csv lacks Doe, Ada (000123): {why}"]
    files = written(course(), found, [replace(of_ada, overridden=True), excused])
    imported, _ = canvas.imported(files.files["canvas.csv"], there([ADA, BOB], before))
    assert imported == {(4711, 101): "20", (4712, 101): EXCUSED}


def test_a_zero_for_nothing_handed_in_replaces_nothing(tmp_path: Path) -> None:
    before = {(4711, 101): EXCUSED, (4712, 101): "9"}
    found = roster(tmp_path, course(), gradebook=export([ADA, BOB, CLEO], before))
    zeros = [replace(grade(one, 0.0), status=MISSING) for one in found.people]
    files = written(course(), found, zeros)
    imported, _ = canvas.imported(files.files["canvas.csv"], there([ADA, BOB, CLEO], before))
    assert imported == {**before, (4713, 101): "0"}
    assert len(files.unwritten) == 2


def test_members_of_a_group_with_different_grades_are_named(tmp_path: Path) -> None:
    found = roster(tmp_path, course(), gradebook=export([ADA, BOB], {}))
    who = people(found)
    same = [grade(who[one], 5.0, submission="team1") for one in (4711, 4712)]
    assert not written(course(), found, same).notes
    differ = [same[0], grade(who[4712], 8.0, submission="team1")]
    files = written(course(), found, differ)
    [note] = files.notes
    assert note.startswith("canvas.csv: the members of team1 ex1 have different grades")
    # What the note warns of: the last row is everybody's.
    state = there([ADA, BOB], {}, groups={101: [(4711, 4712)]})
    imported, _ = canvas.imported(files.files["canvas.csv"], state)
    assert imported == {(4711, 101): "16", (4712, 101): "16"}


def test_who_is_left_out_is_named(tmp_path: Path) -> None:
    own = "name,id\nAda Doe,000123\nZoe,99\n"
    found = roster(tmp_path, course(), gradebook=export([ADA, BOB], {}), own=own)
    zoe = next(person for person in found.people if person.name == "Zoe")
    files = written(course(), found, [grade(zoe, 5.0)])
    assert "canvas.csv lacks Zoe (99): not in gradebook.csv" in files.unwritten
    assert len(files.lines("canvas.csv")) == 2


def test_names_alone_must_be_one_persons(tmp_path: Path) -> None:
    found = roster(tmp_path, course(), people="name\nKim Lee\nKim Lee\nAda Doe\nBo 1\n")
    files = written(course(), found, [grade(person, 5.0) for person in found.people])
    assert [line.split(",")[0] for line in files.lines("canvas.csv")[2:]] == ["Ada Doe", "Bo 1"]
    assert any("canvas.csv lacks Kim Lee" in note for note in files.notes)
    # Canvas reads 1.2.3 as 12.3, wherever it stands.
    dotted = roster(tmp_path, course(), people='name,id\nAda,1.2.3\nBob,"1,5"\nCleo,12\n')
    files = written(course(), dotted, [grade(person, 5.0) for person in dotted.people])
    assert [line.split(",")[0] for line in files.lines("canvas.csv")[2:]] == ["Cleo"]


def test_two_exports_must_have_the_same_columns(tmp_path: Path) -> None:
    same = {"one": export([ADA], {}), "two": export([BOB], {})}
    found = roster(tmp_path, course(), **same)
    grades = [grade(person, 5.0) for person in found.people]
    assert len(written(course(), found, grades).lines("canvas.csv")) == 4
    other = export([BOB], {}, {101: "Vanilla RNN"})
    found = roster(tmp_path, course(), one=same["one"], two=other)
    files = written(course(), found, grades)
    assert "canvas.csv" not in files.files
    [note] = files.notes
    assert note.startswith("canvas.csv is not written: one.csv and two.csv have different columns")


def test_a_person_with_two_rows_is_not_guessed_at(tmp_path: Path) -> None:
    old, new = {(4711, 101): "3"}, {(4711, 101): "4"}
    found = roster(tmp_path, course(), one=export([ADA], old), two=export([ADA, BOB], new))
    grades = [grade(person, 5.0, exercise="ex1") for person in found.people]
    files = written(course(), found, grades)
    assert len(files.lines("canvas.csv")) == 3
    assert any("two different rows in" in line for line in files.unwritten)


def test_first_and_last_names_in_two_columns(tmp_path: Path) -> None:
    """show_student_first_last_name: instructure/canvas-lms, lib/gradebook_exporter.rb."""
    text = (
        "LastName,FirstName,ID,SIS Login ID,Section,Vanilla RNN (101)\n"
        "    Points Possible,,,,,20\nDoe,Ada,4711,@ada,A,\n"
    )
    found = roster(tmp_path, course(), gradebook=text)
    files = written(course(), found, [grade(found.people[0], 5.0)])
    assert files.lines("canvas.csv")[2] == '"Doe, Ada",4711,,@ada,A,10'
    imported, _ = canvas.imported(files.files["canvas.csv"], there([ADA], {}))
    assert imported == {(4711, 101): "10"}
