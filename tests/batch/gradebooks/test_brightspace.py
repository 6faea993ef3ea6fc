"""brightspace.csv, read back by an importer that is written after Brightspace's help."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.gradebooks import course, grade, roster, written
from tests.support.importers import brightspace

ITEMS = [
    "Vanilla RNN Points Grade <Numeric MaxPoints:20 Weight:10>",
    "Gradient probe Points Grade <Numeric MaxPoints:5>",
    "Essay Points Grade <Numeric MaxPoints:100>",
    "Calculated Final Grade Numerator",
]
OUT_OF = {"Vanilla RNN": ("ex1", 20.0), "Gradient probe": ("ex2", 5.0)}


def export(rows: list[tuple[str, str]]) -> str:
    heading = ["OrgDefinedId", "Username", "Last Name", "First Name", "Email", *ITEMS]
    lines = [",".join([*heading, "End-of-Line Indicator"])]
    for at, (first, second) in enumerate(rows):
        lines.append(f"#00{at},#u{at},Doe,P{at},p{at}@x.edu,{first},{second},7,,#")
    return "\r\n".join(lines) + "\r\n"


finals = st.one_of(st.none(), st.just("EX"), st.decimals(0, 12, places=3).map(float))
cells = st.sampled_from(["", "4", "0"])


@settings(max_examples=40)
@given(st.lists(st.tuples(cells, cells, finals, finals), min_size=1, max_size=6))
def test_an_import_changes_only_what_has_a_grade(rows: list[tuple]) -> None:
    wish = course("ex1", "ex2")
    with TemporaryDirectory() as folder:
        people = roster(Path(folder), wish, grades=export([row[:2] for row in rows]))
    state, after, grades = {}, {}, []
    for at, (person, row) in enumerate(zip(people.people, rows, strict=True)):
        for item, cell, final in zip(OUT_OF, row[:2], row[2:], strict=True):
            exercise, most = OUT_OF[item]
            if cell:
                state[f"u{at}", item] = cell
                after[f"u{at}", item] = float(cell)
            if final is not None:
                points = None if final == "EX" else final
                grades.append(grade(person, points, exercise, excused=points is None))
            if final not in (None, "EX"):
                after[f"u{at}", item] = min(final * most / 10, most)
    files = written(wish, people, grades)
    users = {f"00{at}": f"u{at}" for at in range(len(rows))}
    for name, content in files.files.items():
        if name.startswith("brightspace"):
            most = 5.0 if b"Gradient" in content else 20.0
            state = brightspace.imported(content, users, state, most)
    found = {place: float(cell) for place, cell in state.items()}
    assert found == pytest.approx(after, abs=0.005001)


def test_the_file_has_ids_one_item_and_an_end(tmp_path: Path) -> None:
    found = roster(tmp_path, course(), grades=export([("", ""), ("3", "")]))
    ada, bob = found.people
    files = written(course(), found, [grade(ada, 7.5), grade(bob, 11.0)])
    assert files.lines("brightspace.csv") == [
        "OrgDefinedId,Username,Vanilla RNN Points Grade,End-of-Line Indicator",
        "#000,#u0,15,#",
        "#001,#u1,22,#",
    ]
    assert any("is published to the student at once" in note for note in files.notes)
    assert any("P1 Doe (001) above the maximum" in note for note in files.notes)
    assert not files.unwritten


def test_an_identity_of_somebody_else_is_left_out(tmp_path: Path) -> None:
    text = export([("", ""), ("3", ""), ("", "")]).replace("#001", "#000")
    text = text.replace("#002,#u2", "#000,#u2")
    found = roster(tmp_path, course(), grades=text)
    files = written(course(), found, [grade(found.people[0], 7.5)])
    assert files.lines("brightspace.csv")[1:] == [",#u0,15,#"]
    alone = text.replace("#u0", "#").replace("#u1", "#")
    found = roster(tmp_path, course(), grades=alone)
    files = written(course(), found, [grade(found.people[0], 7.5)])
    assert files.lines("brightspace.csv")[1:] == []
    [line] = files.unwritten
    assert line.endswith("somebody else has the same OrgDefinedId or Username")


def test_a_new_item_is_named_after_the_exercise(tmp_path: Path) -> None:
    text = "OrgDefinedId,Username,Last Name,End-of-Line Indicator\n#1,#u,Doe,#\n"
    found = roster(tmp_path, course(), grades=text)
    files = written(course(), found, [grade(found.people[0], 7.5)])
    assert files.lines("brightspace.csv")[1] == "#1,#u,7.5,#"
