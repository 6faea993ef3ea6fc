"""moodle.csv, read back by an importer that is written after Moodle's."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.gradebooks import REMARK, course, grade, roster, written
from tests.support.importers import Refused, moodle
from tests.support.importers.moodle import EXPORTED, Grade

AT = 1790000000
HEADING = ["First name", "Last name", "ID number", "Institution", "Department", "Email address"]
ITEMS = ["Assignment: Vanilla RNN (Real)", "Feedback: Assignment: Vanilla RNN (Feedback)"]
ITEMS += ["Assignment: Gradient probe (Real)", "Course total (Real)"]


def export(people: list[tuple[str, str, str]], cells: list[list[str]] | None = None) -> str:
    """Moodle's own gradebook: (name, id, address), and the cells of the items."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow([*HEADING, *ITEMS, EXPORTED])
    for at, (name, identity, email) in enumerate(people):
        mine = cells[at] if cells else ["-", "", "-", "-"]
        rows.writerow([name, "Doe", identity, "", "", email, *mine, AT])
    return text.getvalue()


def test_a_file_has_one_identity_one_grade_and_a_feedback(tmp_path: Path) -> None:
    people = [("Ada", "000123", "ada@x.edu"), ("Bob", "-7", "bob@x.edu"), ("Cleo", "", "@c")]
    found = roster(tmp_path, course(), gradebook=export(people))
    grades = [grade(found.people[0], 7.5), grade(found.people[2], 0.0)]
    files = written(course(), found, grades)
    assert list(csv.reader(files.lines("moodle.csv"))) == [
        ["Email address", ITEMS[0], f"{ITEMS[0]} feedback", EXPORTED],
        ["ada@x.edu", "7.5", REMARK, str(AT)],
        ["@c", "0", REMARK, str(AT)],
    ]
    assert not files.unwritten
    points, overridden = files.notes
    assert points.startswith("moodle.csv: the points of ex1 are out of 10; if its item is out of")
    assert overridden.startswith("moodle.csv: an imported grade of an assignment counts as")


finals = st.one_of(st.none(), st.just("EX"), st.decimals(0, 10, places=3).map(float))
cells = st.sampled_from(["-", "", "4.00", "0.00"])
remarks = st.sampled_from(["", "  \n ", 'say "\\x"', "ends with \\", "=1+1", "Zeile\nzwei", "ok"])


@settings(max_examples=40)
@given(st.lists(st.tuples(cells, cells, finals, finals), min_size=1, max_size=6), remarks)
def test_an_import_changes_only_what_has_a_grade(rows: list[Any], remark: str) -> None:
    """No grade and no feedback is erased, and nobody else's grade becomes overridden."""
    people = [(f"P{at}", f"00{at}", f"p{at}@x.edu") for at in range(len(rows))]
    wish = course("ex1", "ex2")
    with TemporaryDirectory() as folder:
        text = export(people, [[first, "old", second, "-"] for first, second, *_ in rows])
        found = roster(Path(folder), wish, gradebook=text)
    finals = {"ex1": [row[2] for row in rows], "ex2": [row[3] for row in rows]}
    grades = [
        grade(person, None if final == "EX" else final, exercise, excused=final == "EX")
        for exercise, mine in finals.items()
        for person, final in zip(found.people, mine, strict=True)
        if final is not None
    ]
    files = written(wish, found, grades, remark)
    users = {email: email for _, _, email in people}
    several = all(any(final is not None for final in mine) for mine in finals.values())
    for at, (exercise, mine) in enumerate(finals.items()):
        name = f"moodle-{exercise}.csv" if several else "moodle.csv"
        if all(final is None for final in mine):
            continue
        before = {
            email: Grade(float(row[at]) if row[at] not in ("", "-") else None, "old", at=AT)
            for (_, _, email), row in zip(people, rows, strict=True)
        }
        for is_old, sign in ((False, "."), (True, "."), (False, ",")):
            after = moodle.imported(files.files[name], users, before, 10.0, is_old, sign)
            for (_, _, email), final in zip(people, mine, strict=True):
                if final in (None, "EX"):
                    assert after[email] == before[email]
                else:
                    assert after[email].points == pytest.approx(final, abs=0.005001)
                    assert after[email].feedback
                    assert after[email].overridden


def test_a_grade_given_after_the_export_is_not_overwritten(tmp_path: Path) -> None:
    found = roster(tmp_path, course(), gradebook=export([("Ada", "1", "a@x.edu")]))
    files = written(course(), found, [grade(found.people[0], 7.5)])
    users = {"a@x.edu": "a@x.edu"}
    with pytest.raises(Refused, match="changed after the export"):
        moodle.imported(files.files["moodle.csv"], users, {"a@x.edu": Grade(3.0, at=AT + 1)})


# What most people have; who lacks it is left out, as an empty cell is somebody else's or an error.
IDENTITIES = [
    ("name,id,email\nAda,1,a@x\nBob,2,b@x\n", "email", ["a@x", "b@x"], 0),
    ("name,id,email\nAda,1,\nBob,2,b@x\n", "idnumber", ["1", "2"], 0),
    ("name,id,email,login\nAda,,,ada\nBob,,b@x,bob\n", "username", ["ada", "bob"], 0),
    ("name,id,email\nAda,1,a@x\nBob,2,b@x\nCleo,,c@x\nDan,,\n", "email", ["a@x", "b@x", "c@x"], 1),
    ("name\nAda\nBob\n", "email", [], 2),
]


@pytest.mark.parametrize(("text", "header", "cells", "left_out"), IDENTITIES)
def test_no_cell_for_a_person_is_empty(
    tmp_path: Path, text: str, header: str, cells: list[str], left_out: int
) -> None:
    found = roster(tmp_path, course(), people=text)
    files = written(course(), found, [grade(person, 5.0) for person in found.people])
    heading, *rows = csv.reader(files.lines("moodle.csv"))
    assert heading == [header, "Vanilla RNN", "Vanilla RNN feedback"]
    assert [row[0] for row in rows] == cells
    said = [note for note in files.notes if f"no {header}" in note]
    assert len(said) == bool(left_out)
    assert not files.unwritten  # nothing says that the class is Moodle's


@pytest.mark.parametrize(
    ("ids", "cells"), [(("1", "2", "3"), ["1", "2", "3"]), (("", "", ""), ["c@x.edu"])]
)
def test_two_people_with_one_address_need_something_else(
    tmp_path: Path, ids: tuple[str, ...], cells: list[str]
) -> None:
    emails = ("fam@x.edu", "FAM@x.edu", "c@x.edu")
    text = export(list(zip(("Ada", "Bob", "Cleo"), ids, emails, strict=True)))
    found = roster(tmp_path, course(), gradebook=text)
    files = written(course(), found, [grade(person, 5.0) for person in found.people])
    assert [line.split(",")[0] for line in files.lines("moodle.csv")[1:]] == cells
    why = "somebody else has the same Email address"
    left_out = [f"moodle.csv lacks {name} Doe: {why}" for name in ("Ada", "Bob")]
    assert files.unwritten == left_out * (not any(ids))


def test_an_address_of_somebody_without_a_grade_is_shared_too(tmp_path: Path) -> None:
    text = export([("Ada", "1", "fam@x.edu"), ("Bob", "2", "fam@x.edu"), ("Cleo", "3", "")])
    found = roster(tmp_path, course(), gradebook=text)
    files = written(course(), found, [grade(found.people[0], 5.0)])
    assert files.lines("moodle.csv")[1].startswith("1,5,")


@pytest.mark.parametrize("more", ["(Feedback)", "(Letter)", "(Percentage)"])
def test_an_item_that_is_exported_in_several_ways_is_one(tmp_path: Path, more: str) -> None:
    text = export([("Ada", "1", "a@x.edu")]).replace("Course total (Real)", f"Vanilla RNN {more}")
    found = roster(tmp_path, course(), gradebook=text.replace("Assignment: Vanilla", "Vanilla"))
    files = written(course(), found, [grade(found.people[0], 5.0)])
    assert files.lines("moodle.csv")[0].split(",")[1] == "Vanilla RNN (Real)"


def test_excused_people_and_grades_above_the_maximum_are_named(tmp_path: Path) -> None:
    people = [("Ada", "1", "a@x.edu"), ("Bob", "2", "b@x.edu")]
    found = roster(tmp_path, course(), gradebook=export(people))
    ada, bob = found.people
    files = written(course(), found, [grade(ada, 5.0, excused=True), grade(bob, 11.0)])
    assert any("moodle.csv lacks Ada Doe (1): excused" in note for note in files.notes)
    assert any("Bob Doe (2) above the maximum" in note for note in files.notes)
    assert "EX" not in "".join(files.lines("moodle.csv")[1:])
    with pytest.raises(Refused, match="out of range"):
        moodle.imported(files.files["moodle.csv"], {"b@x.edu": "b"}, {}, 10.0)


def test_an_export_in_another_language(tmp_path: Path) -> None:
    """Its last column holds the time at which it was written, whatever that is called."""
    text = (
        "Vorname,Nachname,E-Mail-Adresse,Aufgabe: Vanilla RNN (Punkte),Zuletzt geladen\n"
        f'Ada,Doe,ada@x.edu,"7,5",{AT}\nBob,Roe,bob@x.edu,-,{AT}\n'
    )
    columns = {"given": "Vorname", "family": "Nachname", "email": "E-Mail-Adresse"}
    wish = course(roster=columns)
    found = roster(tmp_path, wish, gradebook=text)
    files = written(wish, found, [grade(found.people[1], 2.5)])
    assert files.lines("moodle.csv") == [
        "E-Mail-Adresse,Aufgabe: Vanilla RNN (Punkte),Aufgabe: Vanilla RNN (Punkte) feedback,"
        "Zuletzt geladen",
        f"bob@x.edu,2.5,{REMARK},{AT}",
    ]
