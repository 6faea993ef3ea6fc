"""Everything without a platform: the name is the owner's."""

from pathlib import Path

import pytest

from grading.batch.people.evidence import Evidence
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.platforms.plain import take
from grading.course.syllabus import Course
from tests.support.classes import clues, put


@pytest.mark.parametrize(
    ("name", "who", "attempt"),
    [
        *(("ada.py", "ada", 1), ("Ada Lovelace.ZIP", "Ada Lovelace", 1), ("a.b.ipynb", "a.b", 1)),
        *(("ada_attempt2.py", "ada", 2), ("ada-Attempt-12", "ada", 12), ("a attempt 3", "a", 3)),
        ("ada_attempt99999999999999999999.py", "ada_attempt99999999999999999999", 1),
        ("dee.tar.gz", "dee.tar.gz", 1),
        ("attempt2.py", "attempt2", 1),
        ("王小明_attempt2.py", "王小明", 2),
    ],
)
def test_the_name_of_a_file(tmp_path: Path, name: str, who: str, attempt: int) -> None:
    put(tmp_path / name)
    [hand_in], used = take(tmp_path, [name])
    assert used == {name}
    assert (hand_in.author.label, hand_in.attempt) == (who, attempt)
    assert clues(hand_in) == [("label", who)]
    assert hand_in.author.account == ""
    assert hand_in.stamp.moment is None


def test_the_name_of_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "ada.py").mkdir()
    [hand_in], _ = take(tmp_path, ["ada.py"])
    assert hand_in.author.label == "ada.py"


JANE = Person("Doe, Jane", "901", login="jd12")
PEOPLE = [
    JANE,
    Person("José García", "902", login="bill"),
    Person("Mary Ann Poe", "903", login="kim_2"),
    Person("Kim"),
]


@pytest.mark.parametrize(
    ("label", "person", "evidence"),
    [
        ("Jane_Doe_ex1", 0, Evidence.PART),
        ("ex1_Jane_Doe", 0, Evidence.PART),
        ("ex1_vanilla_rnn_doe_jane", 0, Evidence.PART),
        ("Jane Doe - vanilla rnn (2)", 0, Evidence.PART),
        ("Jane Doe - HW1", 0, Evidence.PART),
        ("jane.doe hw 1 final v2", 0, Evidence.PART),
        ("901_ex1", 0, Evidence.PART),
        ("JD12-ex1 (1)", 0, Evidence.PART),
        ("901 Jane Doe ex1", 0, Evidence.PART),
        ("Jane Doe (901)", 0, Evidence.PART),
        ("jd12_janedoe", 0, Evidence.PART),
        ("Jose_Garcia_ex1", 1, Evidence.PLAIN),
        ("kim_2", 2, Evidence.LOGIN),
        ("kim_2_ex1", 2, Evidence.PART),
        ("kim ex1", 3, Evidence.PART),
        *(("jd_12_ex1", None, Evidence.NONE), ("jd_12", None, Evidence.NONE)),
        # Other words, and numbers that may be somebody's.
        *(("Mary Jane Doe ex1", None, Evidence.NONE), ("Jane ex1", None, Evidence.NONE)),
        *(("Jane Doe 904 ex1", None, Evidence.NONE), ("Jane Doe (904)", None, Evidence.NONE)),
        *(("Jane_Doe_2", None, Evidence.NONE), ("Jane Doe 902", None, Evidence.NONE)),
        *(("Bill_Gates_ex1", None, Evidence.NONE), ("Bill_Neu", None, Evidence.NONE)),
        ("ex1_My_Kim", None, Evidence.NONE),
        *(("jane_doe_and_kim_ex1", None, Evidence.NONE), ("ex1", None, Evidence.NONE)),
        *(("ex1 1", None, Evidence.NONE), ("Jane_ex1_Doe", None, Evidence.NONE)),
        ("Bill_rnn", None, Evidence.NONE),
    ],
)
def test_a_name_beside_words_of_an_exercise(
    tmp_path: Path, real_course: Course, label: str, person: int | None, evidence: Evidence
) -> None:
    put(tmp_path / f"{label}.py")
    hand_ins, _ = take(tmp_path, [f"{label}.py"], [real_course.exercise("ex1")])
    [match] = Roster(PEOPLE).match([hand_in.author for hand_in in hand_ins], {}).values()
    assert match.people == (() if person is None else (PEOPLE[person],))
    assert match.evidence is evidence


def test_a_part_that_fits_two_people_is_nobodys(tmp_path: Path) -> None:
    people = [JANE, Person("Jane", login="jane.doe")]
    hand_ins, _ = take(tmp_path, ["Jane Doe hw1"])
    [match] = Roster(people).match([hand_in.author for hand_in in hand_ins], {}).values()
    assert (match.people, set(match.candidates)) == ((), set(people))


def test_a_long_label_has_no_parts(tmp_path: Path) -> None:
    hand_ins, _ = take(tmp_path, ["ex1 " * 6 + "Jane " * 7])
    assert len(clues(hand_ins[0])) == 1
