"""A class is graded more than once: what was decided stays, and what changed is said."""

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grading.batch import run
from grading.errors import UsageError
from tests.support.batches import (
    ANN,
    BOB,
    DECISIONS,
    ROSTER,
    Batches,
    batches,
    program,
    with_deadline,
)
from tests.support.classes import EX1, EX4

__all__ = ["batches"]
VERSION_1 = Path(__file__).with_name("data") / "store_of_version_1.sql"
EX2 = "ex2_gradient_probe.py"


def test_a_class_through_a_term(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    """Graded, appealed, extended, graded again after an upgrade, and withdrawn."""
    with_deadline(batches, datetime(2026, 10, 5, tzinfo=UTC))
    batches.put({ANN: program(40), BOB: program(60)})
    times = "person,submitted_at\n1,2026-10-04T12:00:00Z\n2,2026-10-06T12:00:00Z\n"

    graded = batches.run(roster=ROSTER, times=times)
    assert graded.finals == {"Ann Smith ex1": "40.0", "Bob Jones ex1": "48.0"}
    assert graded.changes == [
        ("Ann Smith (1)", "ex1", "", "40.0", "new"),
        ("Bob Jones (2)", "ex1", "", "48.0", "new"),
    ]
    assert graded.about("changed") == []

    again = batches.run(roster=ROSTER, times=times)
    assert (again.finals, again.changes) == (graded.finals, [])

    appeal = f"{DECISIONS}Ann Smith,ex1,override,55,appeal of 3 May\n"
    appealed = batches.run(roster=ROSTER, times=times, decisions=appeal)
    assert appealed.finals == {"Ann Smith ex1": "55.0", "Bob Jones ex1": "48.0"}
    said = "override 55 (appeal of 3 May)"
    assert appealed.changes == [("Ann Smith (1)", "ex1", "40.0", "55.0", said)]
    assert appealed.about("decisions") == ["1 taken"]
    assert "55 of 100" in appealed.page("Ann_Smith")

    more = f"{appeal}2,,extension,+3d,ill\n"
    extended = batches.run(roster=ROSTER, times=times, decisions=more)
    assert extended.about("decisions") == ["1 taken, 1 taken before"]
    assert extended.changes == [
        ("Bob Jones (2)", "ex1", "48.0", "60.0", "extension +3d (ill); penalty: 12 -> 0")
    ]

    monkeypatch.setattr(run, "engine_sha256", lambda: "another")
    batches.put({BOB: program(60) + "# the same\n"})
    upgraded = batches.run(roster=ROSTER, times=times)
    assert any(line.startswith("2 attempts: 2 graded now, 0 known") for line in upgraded.lines)
    assert upgraded.changes == []  # nothing became different

    (batches.root / "in" / ANN).unlink()
    (batches.root / "in" / "Ann Smith").rmdir()
    gone = batches.run(roster=ROSTER, times="person,submitted_at\n2,2026-10-06T12:00:00Z\n")
    assert gone.finals == {"Bob Jones ex1": "60.0", "Ann Smith ex1": "55.0"}
    assert (gone.about("not in this folder"), gone.changes) == (["Ann Smith ex1"], [])
    assert gone.page("Ann_Smith")

    taken_back = batches.run(roster=ROSTER, decisions=f"{DECISIONS}1,ex1,undo,,\n")
    assert (
        "Ann Smith (1)",
        "ex1",
        "55.0",
        "40.0",
        f"no longer in force: {said}",
    ) in taken_back.changes

    pruned = batches.run(roster=ROSTER, prune=True)
    assert pruned.finals == {"Bob Jones ex1": "60.0"}
    assert pruned.changes == [("Ann Smith (1)", "ex1", "40.0", "", "no longer known")]
    assert not (batches.out / "feedback" / "Ann_Smith.html").exists()
    assert not list((batches.out / "gradescope").glob("Ann*"))


def test_another_folder_and_another_exercise_add(batches: Batches) -> None:
    batches.put({ANN: program(40)}, "first")
    batches.put({BOB: program(60), f"Ann Smith/{EX2}": program(70)}, "second")
    batches.run("first", roster=ROSTER)
    both = batches.run("second", ("ex1", "ex2"), roster=ROSTER)
    assert both.finals == {
        "Bob Jones ex1": "60.0",
        "Ann Smith ex1": "40.0",
        "Ann Smith ex2": "70.0",
    }
    assert both.about("not in this folder") == ["Ann Smith ex1"]
    only = batches.run("second", ("ex2",), roster=ROSTER)
    assert only.finals == both.finals
    assert only.about("not in this folder") == ["ex1: 2 submissions of earlier runs"]
    assert (batches.out / "feedback" / "Bob_Jones.html").exists()


def test_what_an_earlier_run_has_left_is_no_result(batches: Batches) -> None:
    """An exercise that cannot be graded any more has no upload from before."""
    batches.put({ANN: program(40), BOB: program(60)})
    batches.run(roster=ROSTER)
    upload = batches.out / "gradescope" / "Ann_Smith.ex1.json"
    assert upload.exists()
    batches.put({ANN: "x = 1\n"})
    found = batches.run(roster=ROSTER)
    assert found.changes == [("Ann Smith (1)", "ex1", "40.0", "", "changed: submission")]
    assert not upload.exists()


def test_a_later_attempt_that_cannot_be_read_leaves_nothing_that_contradicts_the_table(
    batches: Batches,
) -> None:
    batches.put({f"ann/{EX1}": program(40), f"bob/{EX1}": program(60)})
    batches.run()
    batches.put({f"ann_attempt2/{EX1}": "\0"})
    (batches.root / "in" / "bob" / EX1).unlink()
    (batches.root / "in" / "bob").rmdir()
    found = batches.run()
    assert found.about("not in this folder") == ["bob ex1"]
    table = {f"{row['submission']}.{row['exercise']}": row for row in found.table("grades.csv")}
    uploads = {path.name: json.loads(path.read_text()) for path in found.uploads}
    assert {name.removesuffix(".json"): upload["score"] for name, upload in uploads.items()} == {
        name: float(row["final"]) for name, row in table.items() if row["final"]
    }
    gone = batches.run(prune=True)
    assert [path.name for path in gone.uploads if "bob" in path.name] == []
    assert not (batches.out / "feedback" / "bob.html").exists()


def test_files_that_somebody_edited_are_kept(batches: Batches) -> None:
    batches.put({ANN: program(40)})
    batches.run(roster=ROSTER)
    edited = batches.out / "grades.csv"
    edited.write_text("mine\n", encoding="utf-8")
    (batches.out / "canvas.csv").unlink()
    found = batches.run(roster=ROSTER)
    assert found.about("edited by hand") == ["grades.csv was edited: kept as grades.csv.edited-1"]
    assert (batches.out / "grades.csv.edited-1").read_text(encoding="utf-8") == "mine\n"
    assert found.finals == {"Ann Smith ex1": "40.0"}
    edited.write_text("mine again\n", encoding="utf-8")
    batches.run(roster=ROSTER)
    assert (batches.out / "grades.csv.edited-2").read_text(encoding="utf-8") == "mine again\n"
    assert batches.run(roster=ROSTER).about("edited by hand") == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Zoe,ex1,override,5,", "line 3: Zoe is nobody of the roster"),
        (",ex1,override,5,", "line 3: nobody is named"),
        ("1,ex9,override,5,", "line 3: there is no exercise ex9"),
        ("1,ex1,raise,5,", "line 3: raise is no decision: there are override, extension"),
        ("1,ex1,override,,", "line 3: an empty value is no number of points"),
        ("1,ex1,override,-1,", "line 3: -1 is no number of points"),
        ("1,ex1,override,nan,", "line 3: nan is no number of points"),
        ("1,ex1,override,101,", "line 3: ex1 has 100 points, and not 101"),
        ("1,ex1,excuse,ill,", "line 3: excuse has no value: leave ill out"),
        ("1,ex1,undo,,", "line 3: there is no decision to take back"),
        ("1,ex1,extension,+3d,", "line 3: ex1 has no deadline"),
    ],
)
def test_a_row_that_means_nothing_ends_the_run_and_nothing_is_taken(
    batches: Batches, row: str, said: str
) -> None:
    batches.put({ANN: program(40), BOB: program(60)})
    first = "2,ex1,override,10,\n"
    with pytest.raises(UsageError, match=said):
        batches.run(roster=ROSTER, decisions=f"{DECISIONS}{first}{row}\n")
    assert batches.run(roster=ROSTER).finals["Bob Jones ex1"] == "60.0"


def test_without_a_roster_decisions_are_on_submissions(batches: Batches) -> None:
    batches.put({ANN: program(40), BOB: program(60)})
    decided = batches.run(decisions=f"{DECISIONS}Ann Smith,,override,50,\nBob Jones,ex1,excuse,,\n")
    assert decided.finals == {"Ann Smith ex1": "50.0", "Bob Jones ex1": ""}
    assert [row["decision"] for row in decided.table("grades.csv")] == ["override 50", "excused"]
    assert decided.code == 0
    with pytest.raises(UsageError, match="line 2: there is no submission Cyd"):
        batches.run(decisions=f"{DECISIONS}Cyd,ex1,excuse,,\n")
    # Of a submission, they are its owner's.
    assert batches.run(roster=ROSTER).finals == decided.finals


def test_undo_takes_back_the_last_decision_on_that_exercise(batches: Batches) -> None:
    batches.put({ANN: program(40)})
    batches.run(roster=ROSTER)
    log = DECISIONS
    for row, final in (
        ("1,ex1,override,50,", "50.0"),
        ("1,,excuse,,", ""),
        ("1,ex1,override,60,", "60.0"),
        ("1,ex1,undo,,", ""),
        ("1,ex1,undo,,again", "50.0"),
        ("1,ex1,override,50,", "50.0"),  # the same cells for the second time
        ("1,ex1,undo,,", "50.0"),
        ("1,ex1,undo,,again", "40.0"),
    ):
        log += f"{row}\n"
        found = batches.run(roster=ROSTER, decisions=log)
        assert (found.finals["Ann Smith ex1"], found.about("decisions")[0][:7]) == (
            final,
            "1 taken",
        )
    with sqlite3.connect(batches.out / "grades.sqlite") as database:
        rows = database.execute("select kind, replaced, at from decisions order by id").fetchall()
    assert [replaced.partition(": ")[2] for _, replaced, _ in rows[:4]] == [
        *("40", "override 50", "excused", "override 60"),
    ]
    assert all(at > 0 for *_, at in rows)


def test_a_decision_on_a_member_is_not_on_the_page_of_the_team(batches: Batches) -> None:
    team = "name,id,team\nAnn Smith,1,Ions\nBob Jones,2,Ions\n"
    batches.put({f"Ions/{EX1}": program(40)})
    found = batches.run(roster=team, decisions=f"{DECISIONS}1,ex1,override,77,appeal\n")
    assert found.finals == {"Ann Smith ex1": "77.0", "Bob Jones ex1": "40.0"}
    assert "appeal" not in found.page("Ions")
    assert "appeal" in found.page("Ions_Ann_Smith_1")
    # The page of the team has its own points, even if each member has others.
    found = batches.run(roster=team, decisions=f"{DECISIONS}2,ex1,override,88,\n")
    assert found.finals == {"Ann Smith ex1": "77.0", "Bob Jones ex1": "88.0"}
    assert "40 of 100 points" in found.page("Ions")


def test_somebody_from_whom_nothing_came_in_may_have_a_decision(batches: Batches) -> None:
    batches.put({ANN: program(40)})
    rows = f"{DECISIONS}2,ex1,override,30,handed in on paper\n3,ex1,excuse,,ill\n"
    found = batches.run(roster=ROSTER, decisions=rows)
    assert found.finals == {"Ann Smith ex1": "40.0", "Bob Jones ex1": "30.0", "Cyd Ray ex1": ""}
    assert (found.code, found.about("handed in nothing")) == (0, [])
    assert "handed in on paper" in found.page("Bob_Jones_2")


PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
UNREADABLE = {f"Bob Jones/{EX1}": "\0"}


@pytest.mark.parametrize(
    ("due", "more", "decisions", "zeros"),
    [
        (PAST, {}, "", ["Bob Jones", "Cyd Ray"]),
        (FUTURE, {}, "", []),
        (None, {}, "", []),
        (PAST, {}, "3,ex1,extension,2999-01-01T00:00:00Z,\n", ["Bob Jones"]),
        (PAST, {}, "3,ex1,extension,+1d,\n", ["Bob Jones", "Cyd Ray"]),
        (PAST, {}, "3,ex1,excuse,,\n", ["Bob Jones"]),
        # What belongs to nobody, or cannot be read, may be theirs.
        (PAST, {f"zoe/{EX1}": program(10)}, "", []),
        (PAST, {"zoe/notes.txt": "?"}, "", []),
    ],
)
def test_a_zero_is_for_those_who_certainly_handed_in_nothing(
    batches: Batches,
    due: datetime | None,
    more: dict[str, str],
    decisions: str,
    zeros: list[str],
) -> None:
    if due is not None:
        with_deadline(batches, due)
    batches.course = replace(batches.course, missing="zero", trust_file_times=True)
    batches.put({ANN: program(100), **more})
    found = batches.run(
        roster=ROSTER, **({"decisions": DECISIONS + decisions} if decisions else {})
    )
    rows = [row for row in found.table("grades.csv") if row["status"] == "missing"]
    assert [row["name"] for row in rows if row["final"] == "0.0"] == zeros


@pytest.mark.parametrize(
    ("by_hand", "rubric", "finals", "maxima"),
    [
        ("apart", "Ann Smith,ex1,struggling,3,5\n", ["40.0", "60.0"], ["100.0", "100.0"]),
        # Who has not answered has no points of those that others could have.
        ("counts", "Ann Smith,ex1,struggling,3,5\n", ["43.0", "60.0"], ["105.0", "105.0"]),
        ("counts", "", ["40.0", "60.0"], ["100.0", "100.0"]),
        # Ann has answered two, and one of them has points only elsewhere.
        ("counts", "Bob Jones,ex1,surrogate,3,5\n", ["", "63.0"], ["105.0", "105.0"]),
    ],
)
def test_points_by_hand_count_where_the_course_says_so(
    batches: Batches, by_hand: str, rubric: str, finals: list[str], maxima: list[str]
) -> None:
    batches.course = replace(batches.course, by_hand=by_hand)
    answers = "## struggling: Why?\n\nThis.\n\n## surrogate: What?\n\nThat.\n"
    batches.put({ANN: program(40), "Ann Smith/ex1.md": answers, BOB: program(60)})
    heading = "submission,exercise,question,points,max_points\n"
    found = batches.run(roster=ROSTER, **({"rubric": heading + rubric} if rubric else {}))
    rows = found.table("grades.csv")
    assert [row["final"] for row in rows] == finals
    assert [row["max_final"] for row in rows] == maxima
    waits = ["Ann Smith ex1"] if "" in finals else []
    assert found.about("waits for points by hand") == waits


def test_two_accounts_of_one_label_stay_two_in_two_folders(batches: Batches) -> None:
    """The second Jane Doe must not replace the first one's grade."""
    for folder, user, points in (("a", 7, 40), ("b", 8, 60)):
        batches.put({f"doejane_{user}_100_{EX1}": program(points)}, folder)
    people = "Student,ID,SIS User ID,SIS Login ID,Section\n"
    people += 'Points Possible,,,,\n"Doe, Jane",7,s7,l7,A\n"Doe, Jane",8,s8,l8,B\n'
    batches.run("a", roster=people)
    found = batches.run("b", roster=people)
    finals = {row["id"]: row["final"] for row in found.table("grades.csv")}
    assert finals == {"s7": "40.0", "s8": "60.0"}


def test_a_store_of_version_1_is_brought_up_to_date(batches: Batches) -> None:
    """With results, matches and marks, and with what the folder no longer holds.

    The store is that of two submissions, ann (full marks, and points by hand) and bob (the stub).
    """
    batches.course = replace(batches.course, by_hand="counts")
    batches.out.mkdir()
    with sqlite3.connect(batches.out / "grades.sqlite") as database:
        database.executescript(VERSION_1.read_text(encoding="utf-8"))
    (batches.out / "feedback").mkdir()
    batches.put({"ann.html": "as version 1 wrote it"}, "out/feedback")
    batches.put({f"bob/{EX4}": program(30)})
    found = batches.run(exercises=("ex4",), roster="name,id\nAnn Smith,1\nBob Jones,2\n")
    assert found.finals == {"Ann Smith ex4": "103.0", "Bob Jones ex4": "30.0"}
    assert found.about("not in this folder") == ["ann ex4"]
    [(*changed, why)] = found.changes
    assert changed == ["Bob Jones (2)", "ex4", "0.0", "30.0"]
    assert why.startswith("changed: submission, ")
    assert "engine" in why
    assert [row["max_final"] for row in found.table("grades.csv")] == ["105.0", "105.0"]
    assert "Good" in found.page("ann")
    assert not list(batches.out.rglob("*.edited-*"))


def test_a_store_of_a_newer_version_is_refused(batches: Batches) -> None:
    batches.put({ANN: program(40)})
    batches.run()
    with sqlite3.connect(batches.out / "grades.sqlite") as database:
        database.execute("update meta set value = '99' where name = 'version'")
    with pytest.raises(UsageError, match="was written by a newer version of this program"):
        batches.run()
