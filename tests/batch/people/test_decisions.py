"""What a person decides with --match, --times and --teams, and what people.csv says."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from grading.batch.gradebooks.csv_writer import table
from grading.batch.people.decisions import (
    people_rows,
    read_matches,
    read_times,
    with_teams,
)
from grading.batch.people.evidence import Evidence, Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.errors import UsageError
from grading.tables import rows_of
from tests.support.classes import put

ANN, BOB = Person("Ann Smith", "1001", "ann@x.edu", "ann"), Person("Bob Jones", "1002")
LI = [Person("Li Wei", "7"), Person("Li Wei", "8")]
ROSTER = Roster([ANN, BOB, *LI])
LABELS = ("doejane_12", "-x", "'y")
FOUND = {
    "doejane_12": Match((ANN,), Evidence.LOGIN),
    "-x": Match((ANN, BOB), Evidence.TEAM),
    "'y": Match(candidates=(ANN, BOB)),
}


def matches(folder: Path, text: str) -> dict[str, Person | None]:
    return read_matches(put(folder / "match.csv", text), ROSTER, LABELS)


@pytest.mark.parametrize("person", ["1001", "ann", "ANN@X.EDU", "Smith, Ann", " ann smith "])
def test_a_match_names_a_person_by_anything(tmp_path: Path, person: str) -> None:
    text = f'submission,person\ndoejane_12,"{person}"\n'
    assert matches(tmp_path, text) == {"doejane_12": ANN}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("submission,person\ndoejane_12,\n", {"doejane_12": None}),
        ("submission,person\ndoejane_12\n", {"doejane_12": None}),
        ("person,submission\nann,-x\n\n,\n", {"-x": ANN}),
        ("Submission;Person;evidence\n-x;1002;name\n", {"-x": BOB}),
        # A spreadsheet shows an apostrophe before what it would take for a formula.
        ("submission,person\n'-x,ann\n'y,1002\n", {"-x": ANN, "'y": BOB}),
        ("submission,person\ndoejane_12,ann,,\n", {"doejane_12": ANN}),
    ],
)
def test_what_a_file_of_matches_says(
    tmp_path: Path, text: str, expected: dict[str, Person | None]
) -> None:
    assert matches(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("submission,person\nzoe,ann\n", "there is no submission zoe"),
        ("submission,person\n-x,Zoe\n", "Zoe is nobody of the roster"),
        ("submission,person\n-x,Li Wei\n", "Li Wei is 2 people of the roster: give an id"),
        ("submission,who\n-x,ann\n", "no column person: its first line is submission, who"),
        ("person,submission\nann\n", "there is no submission"),
        ("", "no column submission: its first line is nothing"),
        ("submission,person\n\n-x,Doe, Ann\n", "line 3 has 3 cells below 2 headers: put a cell"),
    ],
)
def test_matches_that_cannot_be_meant_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        matches(tmp_path, text)
    assert str(caught.value).startswith("match.csv")


def test_times_of_submissions_and_of_people(tmp_path: Path) -> None:
    text = (
        "submission,person,submitted_at\n"
        "doejane_12,,2026-10-05T21:02:38+02:00\n"
        "'-x,,2026-10-05T21:02\n"
        ",1002,2026-10-05T21:02Z\n"
    )
    by_label, by_person = read_times(put(tmp_path / "times.csv", text), ROSTER, FOUND)
    moment = datetime(2026, 10, 5, 21, 2)
    assert by_label == {
        "doejane_12": moment.replace(second=38, tzinfo=timezone(timedelta(hours=2))),
        "-x": moment,
    }
    assert by_person == {BOB: moment.replace(tzinfo=UTC)}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("submission,submitted_at\n-x,yesterday\n", "yesterday is not a time in ISO 8601"),
        ("submission,submitted_at\nzoe,2026-10-05\n", "there is no submission zoe"),
        ("person,submitted_at\nZoe,2026-10-05\n", "Zoe is nobody"),
        ("submission,submitted_at\n-x,\n", r"times\.csv: -x: its row needs a time in ISO 8601"),
        ("person,submitted_at\nann, \n", r"times\.csv: ann: its row needs a time in ISO 8601"),
        ("submitted_at\n2026-10-05\n", "the row of 2026-10-05 has no submission or person"),
        ("submission,time\n-x,2026-10-05\n", "no column submitted_at"),
    ],
)
def test_times_that_cannot_be_meant_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        read_times(put(tmp_path / "times.csv", text), ROSTER, FOUND)


@pytest.mark.parametrize(
    ("row", "fits"),
    [
        ("doejane_12,ann", True),
        ("doejane_12,Ann Smith (1001)", True),
        ("doejane_12,", True),
        ("doejane_12,1002", False),
        ("-x,Ann Smith (1001); Bob Jones (1002)", True),
        ("-x,Bob Jones (1002)", True),
        ("-x,ann; 7", False),
        ("'y,", True),
        ("'y,ann", False),
    ],
)
def test_a_row_with_submission_and_person_names_one_and_the_same(
    tmp_path: Path, row: str, fits: bool
) -> None:
    """As in people.csv, to which somebody has added the times."""
    path = put(tmp_path / "times.csv", f"submission,person,submitted_at\n{row},2026-10-05T21:02\n")
    if fits:
        by_label, by_person = read_times(path, ROSTER, FOUND)
        assert (list(by_label), by_person) == ([row.partition(",")[0]], {})
    else:
        with pytest.raises(UsageError, match=r"times\.csv: .* does not belong to "):
            read_times(path, ROSTER, FOUND)


def test_teams_of_a_file_join_those_of_the_roster(tmp_path: Path) -> None:
    people = [Person("Ann", "1", teams=("Red",)), Person("Bob", "2")]
    path = put(tmp_path / "teams.csv", "team;person\nBlue;1\nRed;1\nBlue;Bob\n")
    ann, bob = with_teams(path, people)
    assert (ann.teams, bob.teams) == (("Red", "Blue"), ("Blue",))
    for row in ("Blue,Zoe", "Blue"):
        with pytest.raises(UsageError, match="is nobody of the roster"):
            with_teams(put(path, f"team,person\n{row}\n"), people)


def test_people_csv_has_a_row_for_each_submission_and_is_read_as_matches(tmp_path: Path) -> None:
    found = {
        "doejane_12": Match((ANN,), Evidence.LOGIN),
        "-x": Match(candidates=(BOB, *LI)),
        "'y": Match((ANN, BOB), Evidence.TEAM),
    }
    text = table(people_rows(found, {"-x": ["one thing", "another"]}))
    heading, *rows = csv.reader(io.StringIO(text))
    assert heading == ["submission", "person", "evidence", "candidates", "to_settle"]
    assert rows == [
        ["'y", "Ann Smith (1001); Bob Jones (1002)", "team", "", ""],
        ["'-x", "", "", "Bob Jones (1002); Li Wei (7); Li Wei (8)", "one thing; another"],
        ["doejane_12", "Ann Smith (1001)", "login", "", ""],
    ]
    labels = [row["submission"] for row in rows_of(put(tmp_path / "p.csv", text), ("submission",))]
    settled = "submission,person\n" + "".join(f"{label},1002\n" for label in labels)
    assert matches(tmp_path, settled) == dict.fromkeys(LABELS, BOB)


TWO = [Person("Ann Smith", "4711", "ann@x.edu"), Person("Bob Jones", "", "bob@x.edu", "4711")]


def test_what_two_people_have_names_neither(tmp_path: Path) -> None:
    roster = Roster([*TWO, Person("Kim", "5"), Person("Lee Kim", "6", login="kim")])
    for text in ("4711", "kim"):
        path = put(tmp_path / "match.csv", f"submission,person\nx,{text}\n")
        with pytest.raises(UsageError, match=f"{text} is 2 people of the roster: give an id that"):
            read_matches(path, roster, ["x"])
    for text in ("Ann Smith (4711)", "ann@x.edu", "Ann Smith"):
        path = put(tmp_path / "match.csv", f"submission,person\nx,{text}\n")
        assert read_matches(path, roster, ["x"]) == {"x": TWO[0]}


def test_a_decision_is_found_again_by_a_key_of_its_own() -> None:
    for people in (TWO, TWO[::-1]):
        roster = Roster(people)
        assert [roster.of_key(roster.key_of(person)) for person in people] == people
    # Two of one login, one of whom has nothing else.
    two = [Person("Jane Doe", "1", login="jdoe"), Person("James Doe", login="jdoe")]
    assert [Roster(two).key_of(person) for person in two] == ["id:1", "name:james doe"]


@pytest.mark.parametrize(
    ("key", "person"),
    [
        # Of an older version: the id, or else the login, the address or the name.
        *(("4711", None), ("bob@x.edu", None), ("Kim", 2), ("id:4711", 0), ("login:4711", 1)),
        *(("email:bob@x.edu", 1), ("name:bob jones", 1), ("id:1", None), ("", None)),
    ],
)
def test_keys_of_stores(key: str, person: int | None) -> None:
    people = [*TWO, Person("Kim")]
    assert Roster(people).of_key(key) == (None if person is None else people[person])


def test_a_decision_stays_when_the_roster_gets_more_columns() -> None:
    before, after = Person("Ann Smith", email="ann@x.edu"), TWO[0]
    assert Roster([after, TWO[1]]).of_key(Roster([before]).key_of(before)) == after
