"""Names in Moodle's download, as mod/assign/classes/downloader.php of moodle/moodle makes them."""

from pathlib import Path

import pytest

from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.platforms.hand_in import HandIn
from grading.batch.platforms.moodle import take
from tests.support.classes import EX1, files, put


def taken(folder: Path, *names: str) -> list[HandIn]:
    hand_ins, used = take(folder, sorted(names))
    assert used == set(names)
    return hand_ins


def people(hand_ins: list[HandIn], *roster: Person) -> dict[str, list[str]]:
    """The ids of the people whom each hand-in belongs to, by label."""
    found = Roster(roster).match([hand_in.author for hand_in in hand_ins], {})
    return {label: [person.id for person in match.people] for label, match in found.items()}


@pytest.mark.parametrize(
    ("name", "label", "theirs"),
    [
        (f"Jane Doe_12_assignsubmission_file_{EX1}", "Jane Doe_12", EX1),
        ("Jane Doe_12_assignsubmission_file_my_work.py", "Jane Doe_12", "my_work.py"),
        ("Jane Doe_12_assignsubmission_file_", "Jane Doe_12", ""),
        ("Jane Doe_12_assignsubmission_file", "Jane Doe_12", ""),
        ("王小明_12_assignsubmission_file_", "王小明_12", ""),
        ("Anne-Marie O'Neil_12_assignsubmission_file_", "Anne-Marie O'Neil_12", ""),
        ("Default group_assignsubmission_file_", "Default group", ""),
    ],
)
def test_every_form_of_a_name(tmp_path: Path, name: str, label: str, theirs: str) -> None:
    put(tmp_path / name / EX1) if not theirs else put(tmp_path / name)
    [hand_in] = taken(tmp_path, name)
    assert (hand_in.author.label, hand_in.problem) == (label, "")
    assert files(hand_in) == {name: theirs or name}
    assert (hand_in.stamp.moment, hand_in.stamp.late) == (None, None)


def test_typed_text_is_no_file(tmp_path: Path) -> None:
    text = "Jane Doe_12_assignsubmission_onlinetext_"
    put(tmp_path / text / "onlinetext.html")
    [alone] = taken(tmp_path, text)
    assert "only text typed into Moodle" in alone.problem
    file = f"Jane Doe_12_assignsubmission_file_{EX1}"
    put(tmp_path / file)
    [both] = taken(tmp_path, text, file)
    assert (files(both), both.problem) == ({file: EX1}, "")


FOLDER = "{}_assignsubmission_file_"
ANN = Person("Ann Smith", "1", moodle="4711", teams=("Red",))
BOB = Person("Bob Jones", "4711", moodle="9", teams=("Red", "Blue"))
LI = [Person("Li Wei", "7", moodle="21"), Person("Li Wei", "8", moodle="22")]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Ann Smith_4711", "Bob Jones_9"], [["1"], ["4711"]]),
        # The number tells two of one name apart.
        (["Li Wei_21", "Li Wei_22", "Ann Smith_4711"], [["1"], ["7"], ["8"]]),
        (["Ann Smith_4712", "Bob Jones_9"], [[], ["4711"]]),
        # It is no id, and says nothing about somebody else's name.
        (["Maria Lopez_4711", "Bob Jones_9"], [["4711"], []]),
        # Moodle 4: a team has its own name, and a number that may be a participant's.
        (["Red_9", "Green_4711"], [[], ["1", "4711"]]),
        # Moodle 3: the team, a hyphen, and each member.
        (["Red-Ann Smith_4711", "Red-Bob Jones_9"], [["1"], ["4711"]]),
        (["Green-Ann Smith_4711", "Green-Zoe_9"], [["1"], []]),
        (["Green-Ann Smith_5", "Red-Zoe_6"], [[], []]),
        # Blind marking: the same word for everybody.
        (["Participant_4711", "Participant_9"], [["1"], ["4711"]]),
        (["Participant_4711"], [["1"]]),
        (["Teilnehmer-in_4711", "Teilnehmer-in_77"], [["1"], []]),
    ],
)
def test_whose_it_is(tmp_path: Path, names: list[str], expected: list[list[str]]) -> None:
    folders = [FOLDER.format(name) for name in names]
    found = people(taken(tmp_path, *folders), ANN, BOB, *LI)
    assert [found[name] for name in sorted(names)] == expected


def test_a_part_of_a_name_is_not_somebody_else(tmp_path: Path) -> None:
    marie = Person("Marie Doe", "1")
    [hand_in] = taken(tmp_path, FOLDER.format("Anne-Marie Doe_12"))
    [match] = Roster([marie]).match([hand_in.author], {}).values()
    assert match.people == ()


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("Group A-Ann Smith_11_assignsubmission_file_", ["1"]),
        ("Lab 2-Ann-Kim Smith_11_assignsubmission_file_", ["3"]),
        ("Group A-Ann Smith_11_assignsubmission_file_ex1.py", ["1"]),
        ("Group A-2-Ann Smith_11_assignsubmission_file_", ["1"]),
        ("Group-B-Ann Smith_11_assignsubmission_file_", ["1"]),
        # Nobody is called Ann Smith here.
        ("Group A-Mary-Ann Smith_11_assignsubmission_file_", []),
        # In Moodle 4 this is the name of a group,
        ("Group A-Ann Smith_11_assignsubmission_file", []),
        # and this is one of a person.
        ("Mary-Ann Smith_11_assignsubmission_file_", []),
    ],
)
def test_a_group_before_the_name_that_the_roster_does_not_know(
    tmp_path: Path, name: str, ids: list[str]
) -> None:
    put(tmp_path / name / EX1) if not name.endswith(".py") else put(tmp_path / name)
    roster = (Person("Ann Smith", "1"), Person("Bob Jones", "2"), Person("Ann-Kim Smith", "3"))
    [found] = people(taken(tmp_path, name), *roster).values()
    assert found == ids
