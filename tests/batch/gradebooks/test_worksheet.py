"""moodle_worksheet.csv, read back by an importer that is written after Moodle's."""

import csv
import io
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.batch.grades import MISSING
from grading.batch.people.evidence import Evidence, Kind, Match
from tests.support.gradebooks import REMARK, course, grade, roster, written
from tests.support.importers import worksheet
from tests.support.importers.worksheet import Graded

NAME = "moodle_worksheet.csv"
# mod/assign/gradingtable.php @ 0ade5ccf8d90.
HEADING = [
    *("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum grade"),
    *("Grade can be changed", "Last modified (submission)", "Last modified (grade)"),
    "Feedback comments",
]
# A language in which only the place tells which column is the grade.
GERMAN = [
    *("ID", "Vollständiger Name", "E-Mail-Adresse", "Status", "Bewertung", "Bestwertung"),
    *("Bewertung kann geändert werden", "Zuletzt geändert (Abgabe)"),
    *("Zuletzt geändert (Bewertung)", "Feedback als Kommentar"),
]
DATE = "Sunday, 1 November 2026, 9:00 AM"


def sheet(
    rows: list[tuple[str, str, str, str]],
    heading: list[str] = HEADING,
    most: str = "20.00",
    word: str = "Participant",
    mark: str = ",",
) -> str:
    """A worksheet: (grade, whether it can be changed, when it was, feedback) of participants."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=mark)
    lines.writerow(heading)
    for at, (points, can, when, feedback) in enumerate(rows):
        person = [f"{word} {100 + at}", f"P{at}", f"=p{at}@x.edu", "Submitted for grading"]
        lines.writerow([*person, points, most, can, DATE, when, feedback])
    return text.getvalue()


def cells(content: bytes, mark: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=mark))


finals = st.one_of(st.none(), st.just("EX"), st.decimals(0, 10, places=3).map(float))
states = st.tuples(
    st.sampled_from(["", "4.00", "0.00", "8,5"]),
    st.sampled_from(["Yes", "No"]),
    st.sampled_from(["-", DATE]),
    st.sampled_from(["", "<p>old</p>", "'=1+1"]),
)


@settings(max_examples=40)
@given(st.lists(st.tuples(states, finals), min_size=1, max_size=6))
def test_an_import_changes_only_what_has_a_grade(rows: list[tuple]) -> None:
    before = {}
    for at, ((points, can, when, feedback), _) in enumerate(rows):
        old = float(points.replace(",", ".")) if points else None
        before[100 + at] = Graded(old, feedback, when, locked=can == "No")
    with TemporaryDirectory() as folder:
        found = roster(Path(folder), course(), worksheet=sheet([state for state, _ in rows]))
    grades = [
        grade(person, None if final == "EX" else final, excused=final == "EX")
        for person, (_, final) in zip(found.people, rows, strict=True)
        if final is not None
    ]
    files = written(course(), found, grades)
    if not grades:
        assert NAME not in files.files
        return
    for is_old in (True, False):
        after = worksheet.imported(files.files[NAME], before, 20.0, is_old=is_old)
        for number, ((_, can, *_), final) in enumerate(rows, start=100):
            if final in (None, "EX") or can == "No":
                assert after[number] == before[number]
            elif final or is_old:
                assert after[number].points == pytest.approx(2 * final, abs=0.005001)
                assert after[number].feedback == REMARK
    # Every cell but the grade and its feedback is as Moodle wrote it.
    theirs = {row[0]: row for row in cells(sheet([state for state, _ in rows]).encode())}
    for row in cells(files.files[NAME]):
        assert [cell for at, cell in enumerate(row) if at not in (4, 9)] == [
            cell for at, cell in enumerate(theirs[row[0]]) if at not in (4, 9)
        ]


def test_what_moodle_would_skip_is_said(tmp_path: Path) -> None:
    rows = [("", "No", "-", ""), ("", "Yes", "-", ""), ("", "Yes", "-", "")]
    found = roster(tmp_path, course(), worksheet=sheet(rows))
    one, two, three = found.people
    files = written(course(), found, [grade(one, 5.0), grade(two, 0.0), grade(three, 11.0)])
    numbers = [row[0].removeprefix("Participant ") for row in cells(files.files[NAME])[1:]]
    assert numbers == ["101", "102"]
    [line] = files.unwritten
    assert line == f"{NAME} lacks P0 (=p0@x.edu): Moodle says that the grade cannot be changed"
    assert any("do not import a grade of 0 (1 here)" in note for note in files.notes)
    assert any("P2" in note and "above the maximum" in note for note in files.notes)


def test_a_grade_changed_since_the_download_stays(tmp_path: Path) -> None:
    found = roster(tmp_path, course(), worksheet=sheet([("3.00", "Yes", DATE, "old")]))
    files = written(course(), found, [grade(found.people[0], 5.0)])
    before = {100: Graded(9.0, "new", at="Monday, 2 November 2026, 9:00 AM")}
    assert worksheet.imported(files.files[NAME], before, 20.0) == before


def test_headers_in_another_language(tmp_path: Path) -> None:
    columns = {"name": "Vollständiger Name", "email": "E-Mail-Adresse", "moodle": "ID"}
    text = sheet([("", "Ja", "-", "")], GERMAN, "20,00", "Teilnehmer/in", ";")
    wish = course(roster=columns)
    found = roster(tmp_path, wish, worksheet="\ufeff" + text)
    grades = [grade(found.people[0], 7.25)]
    files = written(wish, found, grades)
    assert NAME not in files.files
    assert files.notes[0].startswith(f"{NAME} is not written: no column is called Grade")
    wish.exercises["ex1"] = replace(wish.exercises["ex1"], column="Bewertung")
    content = written(wish, found, grades).files[NAME]
    assert content.startswith(b"\xef\xbb\xbf")
    assert cells(content, ";")[0] == GERMAN
    words = (GERMAN[0], GERMAN[4], GERMAN[8], GERMAN[9], "Teilnehmer/in ")
    after = worksheet.imported(content, {100: Graded()}, 20.0, words, delimiter=";")
    assert after[100].points == 14.5
    assert after[100].feedback == ""


# The name of the file, the exercises with grades, and the one that the worksheet is of.
WHICH = [
    ("worksheet", ("ex1",), "ex1"),
    ("Grades-Vanilla RNN-12", ("ex1", "ex2"), "ex1"),
    ("Grades-Gradient_probe-12", ("ex1", "ex2"), "ex2"),
    ("worksheet", ("ex1", "ex2"), None),
    ("Grades-Gradient probe-12", ("ex1",), None),
    ("Vanilla RNN and Gradient probe", ("ex1", "ex2"), None),
]


@pytest.mark.parametrize(("name", "graded", "expected"), WHICH)
def test_which_exercise_it_is_of(
    tmp_path: Path, name: str, graded: tuple[str, ...], expected: str | None
) -> None:
    wish = course("ex1", "ex2")
    found = roster(tmp_path, wish, **{name: sheet([("", "Yes", "-", "")])})
    finals = {"ex1": 5.0, "ex2": 8.0}
    files = written(wish, found, [grade(found.people[0], finals[one], one) for one in graded])
    if expected is None:
        assert NAME not in files.files
        assert any("nothing tells which exercise" in note for note in files.notes)
    else:
        assert cells(files.files[NAME])[1][4] == f"{2 * finals[expected]:g}"


def test_what_only_the_command_line_says_is_noted(tmp_path: Path) -> None:
    found = roster(tmp_path, course(), worksheet=sheet([("", "Yes", "-", "")]))
    [person] = found.people
    for evidence, said in ((Evidence.NAME, 1), (Evidence.MOODLE, 0)):
        matches = {"P0_100": Match((person,), evidence)}
        files = written(course(), found, [grade(person, 5.0)], matches=matches)
        assert len([note for note in files.notes if f"{NAME} holds ex1" in note]) == said
        assert NAME in files.files


def test_a_zero_for_nothing_spares_what_either_gradebook_of_moodle_has(tmp_path: Path) -> None:
    """A grade may be in the worksheet and not in the gradebook yet, or the other way round."""
    text = sheet([("7.00", "Yes", "-", ""), ("", "Yes", "-", ""), ("0.00", "Yes", "-", "")])
    own = "First name,Last name,Email address,Assignment: Vanilla RNN (Real),"
    own += "Last downloaded from this course\n"
    for at, cell in enumerate(("-", "9.00", "-")):
        own += f"P{at},,=p{at}@x.edu,{cell},1790000000\n"
    found = roster(tmp_path, course(), **{"Grades-Vanilla RNN-7": text, "gradebook": own})
    zeros = [replace(grade(one, 0.0), status=MISSING) for one in found.people]
    files = written(course(), found, zeros)
    assert [line.split(",")[0] for line in files.lines("moodle.csv")[1:]] == ["=p2@x.edu"]
    assert [row[0] for row in cells(files.files[NAME])[1:]] == ["Participant 102"]
    assert len(files.unwritten) == 2


@pytest.mark.parametrize(
    ("name", "is_certain"),
    [
        ("Grades-RNN-Vanilla RNN-77", True),
        ("Grades-RNN-Vanilla RNN-77 (1)", True),
        ("Grades-RNN-Vanilla RNN 2-77", False),
        ("Grades-RNN-Vanilla RNN extra-77", False),
    ],
)
def test_a_name_that_holds_more_than_the_title_may_be_of_another(
    tmp_path: Path, name: str, is_certain: bool
) -> None:
    found = roster(tmp_path, course(), **{name: sheet([("", "Yes", "-", "")])})
    files = written(course(), found, [grade(found.people[0], 5.0)])
    assert NAME in files.files
    said = any("may be of another assignment" in note for note in files.notes)
    assert said == (not is_certain)


def test_participants_of_another_assignment_are_not_graded(tmp_path: Path) -> None:
    found = roster(tmp_path, course(), worksheet=sheet([("", "Yes", "-", "")]))
    matches = {"P0_900": Match((found.people[0],), ignored=Kind.MOODLE)}
    files = written(course(), found, [grade(found.people[0], 5.0)], matches=matches)
    assert NAME not in files.files
    assert any("another assignment's" in note for note in files.notes)


def test_a_scale_is_not_filled(tmp_path: Path) -> None:
    heading = [*HEADING[:5], "Scale", *HEADING[6:]]
    text = sheet([("", "Yes", "-", "")], heading, "good,bad")
    found = roster(tmp_path, course(), worksheet=text)
    files = written(course(), found, [grade(found.people[0], 5.0)])
    assert NAME not in files.files
    assert any("may be graded with a scale" in note for note in files.notes)


def test_feedback_is_html(tmp_path: Path) -> None:
    found = roster(tmp_path, course(), worksheet=sheet([("", "Yes", "-", "")]))
    files = written(course(), found, [grade(found.people[0], 5.0)], "a < b & <script>")
    assert cells(files.files[NAME])[1][9] == "a &lt; b &amp; &lt;script&gt;"
