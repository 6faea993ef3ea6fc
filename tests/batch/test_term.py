"""What happens to a class in a term: rosters change, files are edited, runs end early."""

import csv
from dataclasses import replace
from datetime import UTC, datetime

import pytest

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
from tests.support.classes import EX1

EX2 = "ex2_gradient_probe.py"

__all__ = ["batches"]

RUBRIC = "submission,exercise,question,points,max_points,comment\n"
QUESTIONS = ("struggling", "surrogate")


def sheet(*answers: str) -> str:
    """A student's answers to the first questions."""
    answered = zip(QUESTIONS, answers, strict=False)
    return "".join(f"## {name}: Why?\n\n{text}\n\n" for name, text in answered)


def test_a_comma_without_quotation_marks_is_no_smaller_number(batches: Batches) -> None:
    batches.put({ANN: program(40)})
    with pytest.raises(UsageError, match="line 2 has 6 cells below 5 headers: put a cell that"):
        batches.run(roster=ROSTER, decisions=f"{DECISIONS}1,ex1,override,12,5,appeal\n")
    with pytest.raises(UsageError, match=r"line 2: 12 with the comment 5: write 12\.5, or a"):
        batches.run(roster=ROSTER, decisions=f"{DECISIONS}1,ex1,override,12,5\n")


def test_decisions_on_submissions_are_on_their_people_once_a_roster_says_who(
    batches: Batches,
) -> None:
    """They hold where nothing came in, the last of two labels wins, and `undo` takes them back."""
    with_deadline(batches, datetime(2020, 1, 1, tzinfo=UTC))
    batches.course = replace(batches.course, missing="zero", trust_file_times=True)
    batches.put(
        {ANN: program(40), f"Ann_Smith_ex1/{EX1}": program(50), f"Bob Jones/{EX2}": program(7)}
    )
    rows = f"{DECISIONS}Ann Smith,ex2,override,50,oral\nAnn Smith,ex1,override,90,first\n"
    rows += "Ann_Smith_ex1,ex1,override,60,second\n"
    alone = batches.run(exercises=("ex1", "ex2"), decisions=rows)
    assert "Ann Smith ex2: decided, but nothing came in" in alone.about("needs attention")
    found = batches.run(exercises=("ex1", "ex2"), roster=ROSTER)
    assert (found.finals["Ann Smith ex1"], found.finals["Ann Smith ex2"]) == ("60.0", "50.0")
    undone = batches.run(
        exercises=("ex1", "ex2"), roster=ROSTER, decisions=f"{DECISIONS}1,ex1,undo,,\n"
    )
    assert undone.finals["Ann Smith ex1"] == "90.0"


def test_an_old_name_that_is_somebody_elses_now_is_refused(batches: Batches) -> None:
    batches.put({ANN: program(40)})
    roster = "name,id,email\nDan Old,14,dan@x.org\nAnn Smith,1,\n"
    batches.run(roster=roster, decisions=f"{DECISIONS}dan@x.org,ex1,override,10,\n")
    later = "name,id,email\nDan New,99,dan@x.org\nAnn Smith,1,\n"
    undo = f"{DECISIONS}dan@x.org,ex1,undo,,\n"
    with pytest.raises(
        UsageError, match="is somebody of the roster, and was somebody else: write id:14"
    ):
        batches.run(roster=later, decisions=undo)
    found = batches.run(roster=later, decisions=undo.replace("dan@x.org", "id:14"))
    assert not any("dan@x.org has decisions" in line for line in found.lines)


def test_a_dry_run_does_not_know_the_points_that_overrides_are_out_of(batches: Batches) -> None:
    batches.put({ANN: program(40)})
    rows = f"{DECISIONS}1,ex1,override,50,\n"
    assert not batches.run(roster=ROSTER, decisions=rows, dry_run=True).about("decided out of")


def test_a_file_of_decisions_grows_whatever_became_of_its_first_rows(batches: Batches) -> None:
    """One person has left, and the deadline has moved, since those rows were taken."""
    with_deadline(batches, datetime(2026, 10, 5, tzinfo=UTC))
    batches.put({ANN: program(40), BOB: program(60)})
    first = f"{DECISIONS}Bob Jones,ex1,override,70,\n1,ex1,extension,2026-10-06T00:00:00Z,\n"
    batches.run(roster=ROSTER, decisions=first)
    with_deadline(batches, datetime(2026, 10, 7, tzinfo=UTC))
    left = ROSTER.replace("Bob Jones,2", "Dan Dorn,4")
    found = batches.run(roster=left, decisions=f"{first}1,ex1,override,45,\n")
    assert found.about("decisions") == ["1 taken, 2 taken before"]
    assert found.finals["Ann Smith ex1"] == "45.0"
    [lost] = [line for line in found.about("needs attention") if "Bob Jones" in line]
    assert lost.endswith("and take these back with undo for Bob Jones")
    settled = batches.run(roster=left, decisions=f"{DECISIONS}Bob Jones,ex1,undo,,\n")
    assert "Bob Jones has decisions" not in "".join(settled.lines)


def test_without_its_roster_decisions_do_not_vanish_in_silence(batches: Batches) -> None:
    batches.put({ANN: program(40)})
    batches.run(roster=ROSTER, decisions=f"{DECISIONS}1,ex1,override,55,\n2,ex1,excuse,,\n")
    found = batches.run()
    said = "the decisions on 2 people count for nobody without a roster: give --roster"
    assert (found.about("needs attention"), found.code) == ([said], 1)
    # Nobody has taken the decisions back, and changes.csv does not say so.
    assert ("Ann Smith", "ex1", "55.0", "40.0") in [change[:4] for change in found.changes]
    assert not any("taken back" in change[4] for change in found.changes)


def test_a_row_that_was_taken_before_and_no_longer_holds_is_named(batches: Batches) -> None:
    batches.put({ANN: program(40)})
    first = f"{DECISIONS}1,ex1,override,80,\n"
    batches.run(roster=ROSTER, decisions=first)
    batches.run(roster=ROSTER, decisions=first.replace("80", "85"))
    found = batches.run(roster=ROSTER, decisions=first)
    assert found.finals == {"Ann Smith ex1": "85.0"}
    count, outdated = found.about("decisions")
    assert count == "0 taken, 1 taken before"
    assert outdated.startswith("line 2 of decisions.csv was taken before and no longer holds")


def test_points_that_were_decided_out_of_others_are_to_be_settled(batches: Batches) -> None:
    batches.put({ANN: program(40), "Ann Smith/ex1.md": sheet("This.")})
    batches.run(roster=ROSTER, decisions=f"{DECISIONS}1,ex1,override,100,full marks\n")
    batches.course = replace(batches.course, by_hand="counts")
    rubric = f"{RUBRIC}Ann Smith,ex1,struggling,3,20,\n"
    found = batches.run(roster=ROSTER, rubric=rubric)
    kind = "decided out of other points"
    assert found.about(kind) == ["Ann Smith ex1: 100 of 120 points, decided out of 100"]
    again = batches.run(roster=ROSTER, decisions=f"{DECISIONS}1,ex1,override,120,full marks\n")
    assert again.about(kind) == []


def test_an_extension_for_somebody_from_whom_nothing_came_in_is_shown(batches: Batches) -> None:
    with_deadline(batches, datetime(2020, 1, 1, tzinfo=UTC))
    batches.course = replace(batches.course, missing="zero", trust_file_times=True)
    batches.put({ANN: program(40)})
    zero = batches.run(roster=ROSTER)
    assert zero.finals["Bob Jones ex1"] == "0.0"
    assert "ex1: Bob Jones (2), who has 0 points" in zero.about("handed in nothing")
    rows = f"{DECISIONS}2,ex1,extension,2999-01-01T00:00:00Z,ill\n"
    found = batches.run(roster=ROSTER, decisions=rows)
    assert found.finals["Bob Jones ex1"] == ""
    said = "extension 2999-01-01T00:00:00Z (ill)"
    assert ("Bob Jones (2)", "ex1", "0.0", "", said) in found.changes
    assert "ex1: Bob Jones (2)" in found.about("handed in nothing")
    assert said in found.page("Bob_Jones_2")
    [told] = [line for line in found.about("gradebook") if "no grade any more" in line]
    assert "Bob Jones (2) ex1" in told


def test_what_nobody_has_handed_in_is_zero_for_nobody(batches: Batches) -> None:
    with_deadline(batches, datetime(2020, 1, 1, tzinfo=UTC))
    batches.course = replace(batches.course, missing="zero", trust_file_times=True)
    batches.put({ANN: program(40)})
    found = batches.run(exercises=("ex1", "ex2"), roster=ROSTER)
    assert {name for name, final in found.finals.items() if final == "0.0"} == {
        *("Bob Jones ex1", "Cyd Ray ex1"),
    }


def test_points_for_another_answer_are_to_be_looked_at(batches: Batches) -> None:
    batches.put({ANN: program(40), "Ann Smith/ex1.md": sheet("This.", "That.")})
    rubric = f"{RUBRIC}Ann Smith,ex1,struggling,3,5,\nAnn Smith,ex1,surrogate,4,5,\n"
    assert batches.run(roster=ROSTER, rubric=rubric).about("to be looked at") == []
    batches.put({"Ann Smith/ex1.md": sheet("Something else.", "That.\n")})
    line = "Ann Smith ex1: the points by hand are for another answer (struggling)"
    for more in ({}, {"rubric": rubric}):
        found = batches.run(roster=ROSTER, **more)
        assert found.about("to be looked at") == [line]
    # The file goes back for other rows as well, so an unchanged row does not settle anything.
    seen = (batches.out / "answers.csv").read_text(encoding="utf-8")
    assert batches.run(roster=ROSTER, rubric=seen).about("to be looked at") == [line]
    looked = f"{RUBRIC}Ann Smith,ex1,struggling,3,5,still right\n"
    assert batches.run(roster=ROSTER, rubric=looked).about("to be looked at") == []


def test_two_marks_for_one_answer_are_refused(batches: Batches) -> None:
    batches.put({ANN: program(40), "Ann Smith/ex1.md": sheet("This.")})
    rubric = f"{RUBRIC}Ann Smith,ex1,struggling,3,5,\n1,ex1,struggling,4,5,\n"
    with pytest.raises(UsageError, match="two marks for Ann Smith, ex1, struggling: choose one"):
        batches.run(roster=ROSTER, rubric=rubric)


def test_points_by_hand_can_be_taken_back(batches: Batches) -> None:
    batches.put({ANN: program(40), "Ann Smith/ex1.md": sheet("This.", "That.")})
    rubric = f"{RUBRIC}Ann Smith,ex1,struggling,3,5,\nAnn Smith,ex1,surrogate,4,5,\n"
    batches.run(roster=ROSTER, rubric=rubric)
    found = batches.run(roster=ROSTER, rubric=f"{RUBRIC}Ann Smith,ex1,surrogate,-,,\n")
    assert [row["by_hand"] for row in found.table("grades.csv")] == ["3.0"]


@pytest.mark.parametrize(
    ("points", "comment", "is_kept"), [("", "well", True), ("", "", True), ("3.0", "", False)]
)
def test_what_was_not_taken_from_the_file_of_answers_is_kept(
    batches: Batches, points: str, comment: str, is_kept: bool
) -> None:
    """A comment without points, and a cell that somebody has emptied."""
    batches.put({ANN: program(40), "Ann Smith/ex1.md": sheet("This.")})
    batches.run(roster=ROSTER, rubric=f"{RUBRIC}Ann Smith,ex1,struggling,3,5,\n")
    path = batches.out / "answers.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= {"points": points, "comment": comment}
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    found = batches.run(roster=ROSTER)
    assert bool(found.about("edited by hand")) == is_kept
    assert (batches.out / "answers.csv.edited-1").exists() == is_kept


def test_points_may_be_corrected_by_another_file(batches: Batches) -> None:
    batches.put({ANN: program(40), "Ann Smith/ex1.md": sheet("This.")})
    for points in ("3", "1"):
        rubric = f"{RUBRIC}Ann Smith,ex1,struggling,{points},5,\n"
        found = batches.run(roster=ROSTER, rubric=rubric)
        assert [row["by_hand"] for row in found.table("grades.csv")] == [f"{points}.0"]


def test_points_under_another_name_of_the_person_are_to_be_looked_at(batches: Batches) -> None:
    batches.put({ANN: program(40), "Ann Smith/ex1.md": sheet("This.")}, "first")
    again = {f"Ann_Smith_ex1/{EX1}": program(50), "Ann_Smith_ex1/ex1.md": sheet("This.")}
    batches.put(again, "next")
    batches.run("first", roster=ROSTER, rubric=f"{RUBRIC}Ann Smith,ex1,struggling,3,5,\n")
    found = batches.run("next", roster=ROSTER)
    assert found.finals["Ann Smith ex1"] == "50.0"
    line = "Ann_Smith_ex1 ex1: the points by hand are those of Ann Smith"
    assert found.about("to be looked at") == [line]


def test_a_run_that_ends_early_tells_the_next_one_what_it_has_moved(batches: Batches) -> None:
    batches.put({ANN: program(40)})
    batches.run(roster=ROSTER)
    (batches.out / "grades.csv").write_text("mine\n", encoding="utf-8")
    (batches.out / "changes.csv").unlink()
    (batches.out / "changes.csv").mkdir()
    with pytest.raises(UsageError, match=r"changes\.csv cannot be written"):
        batches.run(roster=ROSTER)
    (batches.out / "changes.csv").rmdir()
    said = ["grades.csv was edited: kept as grades.csv.edited-1"]
    assert batches.run(roster=ROSTER).about("edited by hand") == said
    assert batches.run(roster=ROSTER).about("edited by hand") == []


def test_what_a_killed_run_was_about_to_write_is_removed(batches: Batches) -> None:
    batches.put({ANN: program(40)})
    batches.run(roster=ROSTER)
    ours = batches.out / f".junit.xml.{'0a' * 8}"
    others = batches.out / f".notes.txt.{'0a' * 8}"
    for path in (ours, others):
        path.touch()
    batches.run(roster=ROSTER)
    assert (ours.exists(), others.exists()) == (False, True)


def test_what_was_decided_says_why_and_no_more(batches: Batches) -> None:
    """A reason is a decision that has come or gone; without other points it is not printed."""
    with_deadline(batches, datetime(2999, 1, 1, tzinfo=UTC))
    batches.put({ANN: program(40)})
    rows = f"{DECISIONS}1,ex1,override,90,\n3,ex1,excuse,,ill\n"
    batches.run(roster=ROSTER, decisions=rows)
    rows += "1,ex1,extension,+3d,\n"
    extended = batches.run(roster=ROSTER, decisions=rows)
    assert extended.changes == [("Ann Smith (1)", "ex1", "90.0", "90.0", "extension +3d")]
    assert extended.about("changed") == []
    rows += "3,ex1,undo,,\n1,ex1,undo,,\n"
    undone = batches.run(roster=ROSTER, decisions=rows)
    assert undone.changes == [
        ("Ann Smith (1)", "ex1", "90.0", "90.0", "no longer in force: extension +3d"),
        ("Cyd Ray (3)", "ex1", "excused", "", "no longer in force: excused (ill)"),
    ]
    assert undone.about("changed") == [
        "Cyd Ray (3) ex1: excused -> no grade (no longer in force: excused (ill))"
    ]
