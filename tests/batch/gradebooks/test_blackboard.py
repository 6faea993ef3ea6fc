"""blackboard.csv, read back by an importer that is written after Blackboard's help."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.gradebooks import course, grade, roster, written
from tests.support.importers import blackboard

IDENTITY = ["Last Name", "First Name", "Username", "Student ID"]
COLUMNS = [
    "Vanilla RNN [Total Pts: 20 Score] |1281892",
    "Gradient probe [Total Pts: 5 Score] |1281893",
    "Essay [Total Pts: 100 Score] |1281894",
    "Total [Total Pts: up to 125 Score] |1281895",
]
NUMBERS = {"ex1": 1281892, "ex2": 1281893}
OUT_OF = {"ex1": 20.0, "ex2": 5.0}


def export(rows: list[list[str]], mark: str = "\t") -> str:
    text = io.StringIO()
    lines = csv.writer(text, delimiter=mark, quoting=csv.QUOTE_ALL)
    lines.writerow([*IDENTITY, "Last Access", "Availability", *COLUMNS])
    for at, cells in enumerate(rows):
        person = [f"Doe{at}", "Jane", f"@u{at}", f"00{at}", "2026-11-01 09:00:00", "Yes"]
        lines.writerow([*person, *cells, "", ""])
    return text.getvalue()


finals = st.one_of(st.none(), st.just("EX"), st.decimals(0, 10, places=3).map(float))
cells = st.sampled_from(["", "4.00", "0.00", "Needs Grading", "In Progress"])
SAVED = [("utf-16", "\t"), ("utf-8-sig", ",")]


@settings(max_examples=40)
@given(
    st.lists(st.tuples(cells, cells, finals, finals), min_size=1, max_size=6),
    st.sampled_from(SAVED),
)
def test_an_upload_changes_only_what_has_a_grade(rows: list[tuple], saved: tuple[str, str]) -> None:
    encoding, mark = saved
    text = export([list(row[:2]) for row in rows], mark)
    wish = course("ex1", "ex2")
    with TemporaryDirectory() as folder:
        found = roster(Path(folder), wish, gc=text.encode(encoding))
    before = {
        (f"@u{at}", number): row[column]
        for at, row in enumerate(rows)
        for column, number in enumerate(NUMBERS.values())
        if row[column]
    }
    after, state, grades = dict(before), dict(before), []
    for at, (person, row) in enumerate(zip(found.people, rows, strict=True)):
        for exercise, final in zip(NUMBERS, row[2:], strict=True):
            if final is not None:
                points = None if final == "EX" else final
                grades.append(grade(person, points, exercise, excused=points is None))
            if final not in (None, "EX"):
                after[f"@u{at}", NUMBERS[exercise]] = final * OUT_OF[exercise] / 10
    files = written(wish, found, grades)
    users = {f"@u{at}" for at in range(len(rows))}
    for name, content in files.files.items():
        if name.startswith("blackboard"):
            state = blackboard.imported(content, encoding, mark, users, state)
    assert state.keys() == after.keys()
    for place, value in after.items():
        if isinstance(value, str):
            assert state[place] == value
        else:
            assert float(state[place]) == pytest.approx(value, abs=0.005001)


@pytest.mark.parametrize(("encoding", "mark"), SAVED)
def test_the_file_is_saved_as_the_export_is(tmp_path: Path, encoding: str, mark: str) -> None:
    found = roster(tmp_path, course(), gc=export([["", ""]], mark).encode(encoding))
    content = written(course(), found, [grade(found.people[0], 7.5)]).files["blackboard.csv"]
    lines = [[*IDENTITY, COLUMNS[0]], ["Doe0", "Jane", "@u0", "000", "15"]]
    expected = "".join(mark.join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)
    assert content.decode(encoding) == expected
    marks = {"utf-16": b"\xff\xfe", "utf-8-sig": b"\xef\xbb\xbf"}
    assert content.startswith(marks[encoding])


def test_who_is_left_out_is_named(tmp_path: Path) -> None:
    own = "name,id\nZoe,99\n"
    found = roster(tmp_path, course(), gc=export([["", ""]] * 2), own=own)
    ada, bob, zoe = found.people
    grades = [grade(ada, 5.0), grade(bob, None, excused=True), grade(zoe, 5.0)]
    files = written(course(), found, grades)
    assert files.unwritten == ["blackboard.csv lacks Zoe (99): not in gc.csv"]
    [note] = files.notes
    why = "excused, for which there is no word"
    assert note == f"moodle.csv, blackboard.csv lack Jane Doe1 (001): {why}"


def test_without_a_column_of_grades_there_is_no_file(tmp_path: Path) -> None:
    text = "Last Name,First Name,Username,Last Access,Availability\nDoe,Jane,jd,,\n"
    found = roster(tmp_path, course(), gc=text)
    files = written(course(), found, [grade(found.people[0], 5.0)])
    assert "blackboard.csv" not in files.files
    [note] = files.notes
    assert note.startswith("blackboard.csv is not written: gc.csv has no column of grades")
