"""Names in Canvas's download, as lib/content_zipper.rb of instructure/canvas-lms makes them."""

import unicodedata
from pathlib import Path

import pytest

from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.platforms.canvas import take
from grading.batch.platforms.hand_in import HandIn
from tests.support.classes import clues, files, put


def taken(folder: Path, *names: str) -> list[HandIn]:
    for name in names:
        put(folder / name)
    hand_ins, used = take(folder, sorted(names))
    assert used == set(names)
    return hand_ins


@pytest.mark.parametrize(
    ("name", "label", "known", "theirs"),
    [
        ("doejane_1234_56789_ex1.py", "doejane_1234", ["1234", "doejane"], "ex1.py"),
        ("doejane_LATE_1234_56789_ex1.py", "doejane_1234", ["1234", "doejane"], "ex1.py"),
        ("o_brien_1234_56789_ex1.py", "o_brien_1234", ["1234", "o_brien"], "ex1.py"),
        ("王小明_1_2_ex1.py", "王小明_1", ["1", "王小明"], "ex1.py"),
        ("शर्माआरव_1_2_ex1.py", "शर्माआरव_1", ["1", "शर्माआरव"], "ex1.py"),
        ("müllerzoë_1_2_ex1.py", "müllerzoë_1", ["1", "müllerzoë"], "ex1.py"),
        ("kim_late_1_2_ex1.py", "kim_late_1", ["1", "kim_late"], "ex1.py"),
        ("late_1_2_ex1.py", "late_1", ["1", "late"], "ex1.py"),
        ("1_2_ex1.py", "1", ["1"], "ex1.py"),
        ("anon_aB3x9_56789_ex1.py", "anon_aB3x9", [], "ex1.py"),
        ("LATE_anon_12345_56789_ex1.py", "anon_12345", [], "ex1.py"),
        ("anon_aB3x9_56789_2024_ex1.py", "anon_aB3x9", [], "2024_ex1.py"),
        ("doejane_1_2_my_3_4_work.py", "doejane_1", ["1", "doejane"], "my_3_4_work.py"),
    ],
)
def test_every_form_of_a_name(
    tmp_path: Path, name: str, label: str, known: list[str], theirs: str
) -> None:
    [hand_in] = taken(tmp_path, name)
    assert hand_in.author.label == label
    assert list(dict.fromkeys(value for _, value in clues(hand_in))) == known
    assert {kind for kind, value in clues(hand_in) if value.isdigit()} <= {"Canvas ID"}
    assert list(files(hand_in).values()) == [theirs]
    assert hand_in.stamp.late == ("LATE_" in name)
    assert hand_in.stamp.moment is None


def test_decomposed_names_are_read(tmp_path: Path) -> None:
    [hand_in] = taken(tmp_path, unicodedata.normalize("NFD", "müllerzoë_1_2_ex1.py"))
    assert unicodedata.normalize("NFC", hand_in.author.label) == "müllerzoë_1"


def test_the_files_of_one_student_are_one_submission(tmp_path: Path) -> None:
    names = ("roemax_1_7_ex1.py", "roemax_1_6_data.py", "roemax_1_8_a.pdf", "roemax_1_text.html")
    [hand_in] = taken(tmp_path, *names)
    assert sorted(files(hand_in).values()) == ["a.pdf", "data.py", "ex1.py"]
    assert (hand_in.attempt, hand_in.problem) == (1, "")


@pytest.mark.parametrize(
    ("uploads", "attempts"),
    [
        ({57: "ex1-1.py", 56: "ex1.py"}, {1: ["ex1.py"], 2: ["ex1.py"]}),
        ({57: "ex1-1.py"}, {2: ["ex1.py"]}),
        # A helper that came with the second one,
        ({57: "ex1-1.py", 58: "data.py"}, {2: ["ex1.py", "data.py"]}),
        ({57: "ex1-1.py", 58: "ex1-1.ipynb"}, {2: ["ex1.py", "ex1.ipynb"]}),
        (
            {56: "ex1.py", 57: "ex1-1.py", 58: "d.py"},
            {1: ["ex1.py", "d.py"], 2: ["ex1.py", "d.py"]},
        ),
        # and a number that a student has chosen: it does not outrank what came later.
        ({56: "ex1-7.py", 57: "ex1-1.py"}, {1: ["ex1.py"], 2: ["ex1.py"]}),
        ({56: "ex1-99999999999999999999.py"}, {1: ["ex1-99999999999999999999.py"]}),
    ],
)
def test_attempts_are_in_the_order_of_canvas(
    tmp_path: Path, uploads: dict[int, str], attempts: dict[int, list[str]]
) -> None:
    hand_ins = taken(tmp_path, *(f"doejane_1_{number}_{name}" for number, name in uploads.items()))
    found = {hand_in.attempt: list(files(hand_in).values()) for hand_in in hand_ins}
    assert found == attempts
    numbers = [one.parts[0].path.name.split("_")[2] for one in hand_ins]
    assert numbers == sorted(numbers)  # what came later is the later attempt
    orders = [hand_in.order for hand_in in sorted(hand_ins, key=lambda one: one.attempt)]
    assert orders == sorted(orders, key=lambda order: order or ())


def test_two_users_of_one_name_stay_two(tmp_path: Path) -> None:
    one, other = taken(tmp_path, "liwei_5_1_ex1.py", "liwei_6_2_ex1.py")
    assert one.author.account != other.author.account


@pytest.mark.parametrize("name", ["doejane_1_text.html", "doejane_LATE_1_link.html"])
def test_typed_text_alone_is_listed(tmp_path: Path, name: str) -> None:
    [hand_in] = taken(tmp_path, name)
    assert "only text typed into Canvas" in hand_in.problem
    assert hand_in.parts == ()


def test_one_name_like_canvas_makes_no_download(tmp_path: Path) -> None:
    names = ["a_1_2_x.py", "bob.py", "cleo.py"]
    for name in names:
        put(tmp_path / name)
    assert take(tmp_path, names) == ([], set())


def test_the_test_student_is_nobody(tmp_path: Path) -> None:
    [hand_in] = taken(tmp_path, "doejane_1_2_ex1.py", "studenttest_99_3_ex1.py")
    assert hand_in.author.label == "doejane_1"


X = Person("Xenia Roe", "1", canvas="1235", login="xroe")
ANN = Person("Ann Lee", "2", canvas="1299", teams=("team_1235",))
BOB = Person("Bob Ray", "3", canvas="1300", teams=("team_1235",))
JANE = Person("Jane Doe", "4", canvas="4711")
LAB, LAB_1 = Person("Al Poe", "5", teams=("lab",)), Person("Bo Fox", "6", teams=("lab_1",))


@pytest.mark.parametrize(
    ("names", "people", "owners"),
    [
        # The group team_1235, whose member 1299 has handed in, or a user 1235 called team.
        (["team_1235_1299_5000_EX"], [X, ANN, BOB], None),
        (["team_1235_1299_5000_EX"], [ANN, BOB, JANE], ["2", "3"]),
        # Two teams, and no number of a member that tells which.
        (["lab_1_1299_5000_EX"], [LAB, LAB_1], None),
        (["lab_1_LATE_1299_5000_EX"], [LAB, LAB_1], ["6"]),
        # LATE stands in front of the user, and no two files have one number: nothing is open.
        (["team_1235_LATE_1299_5000_EX"], [X, ANN, BOB], ["2", "3"]),
        (["team_1235_1299_5000_a.py", "team_1235_1299_5001_b.py"], [X, ANN, BOB], ["2", "3"]),
        # A student's own name of a file begins with numbers.
        (["doejane_4711_5000_01_ex1.py"], [X, ANN, JANE], ["4"]),
        (["doejane_4711_5000_2026_10_05_ex1.py"], [X, ANN, JANE], ["4"]),
        (["doejane_4711_5000_ex1.py", "doejane_4711_5001_7_data.py"], [X, ANN, JANE], ["4"]),
        (["doejane_4711_5000_1235_ex1.py"], [X, ANN, JANE], ["4"]),
        # A user has taken the name and number of somebody else for a name.
        (["doejane_4711_1235_5000_ex1.py"], [X, ANN, JANE], None),
        (["doejane_4711_1235_5000_a.py", "doejane_4711_5001_b.py"], [X, ANN, JANE], None),
    ],
)
def test_more_numbers_than_two_are_read_in_every_way(
    tmp_path: Path, names: list[str], people: list[Person], owners: list[str] | None
) -> None:
    [hand_in] = taken(tmp_path, *names)
    [match] = Roster(people).match([hand_in.author], {}).values()
    assert [person.id for person in match.people] == (owners or [])
    assert match.people or match.candidates


@pytest.mark.parametrize("who", ["mallory_5678_1", "mallory_5678_1_2", "5678_1"])
def test_a_name_with_numbers_does_not_hide_that_it_was_late(tmp_path: Path, who: str) -> None:
    [hand_in] = taken(tmp_path, f"{who}_LATE_5678_777_ex1.py")
    assert hand_in.stamp.late
    [match] = Roster([Person("Mallory", "5", canvas="5678")]).match([hand_in.author], {}).values()
    assert match.people or match.candidates


def test_a_number_that_comes_twice_is_no_files_own(tmp_path: Path) -> None:
    names = ("lab_1_2_1299_5000_ex1.py", "lab_1_2_1299_5001_ex1-1.py", "lab_1_2_1299_text.html")
    first, second = taken(tmp_path, *names)
    assert first.author.label == second.author.label == "lab_1_2_1299"
    assert [list(files(one).values()) for one in (first, second)] == [["ex1.py"]] * 2
