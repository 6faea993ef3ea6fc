"""Names in Brightspace's download, as public tools read them:

cgmb/d2lmf, codepost-io/integration-brightspace, saritonin/academic-shell-scripts,
UINDY-INSTRUCTORS/brightspace-utils, The-Software-Toolsmith/java-analyzer.
"""

from datetime import datetime
from pathlib import Path

import pytest

from grading.batch.people.evidence import Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.platforms.brightspace import take
from grading.batch.platforms.hand_in import HandIn
from tests.support.classes import EX1, files, put

FOLDER = "1234-56 - {} - Oct 5, 2026 902 PM"


def taken(folder: Path, *names: str) -> list[HandIn]:
    hand_ins, used = take(folder, sorted(names))
    assert used == set(names)
    return hand_ins


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Oct 5, 2026 902 PM", datetime(2026, 10, 5, 21, 2)),
        ("Oct 5, 2026 9:02 PM", datetime(2026, 10, 5, 21, 2)),
        ("Oct 5, 2026 9_02 PM", datetime(2026, 10, 5, 21, 2)),
        ("Oct 5, 2026 0902 PM", datetime(2026, 10, 5, 21, 2)),
        ("05 October 2026 902 PM", datetime(2026, 10, 5, 21, 2)),
        ("5 Oct 2026 9:02 pm", datetime(2026, 10, 5, 21, 2)),
        ("October 5, 2026 9:02 p.m.", datetime(2026, 10, 5, 21, 2)),
        ("Sept. 24, 2026 1022 AM", datetime(2026, 9, 24, 10, 22)),
        ("Oct 5, 2026 1205 AM", datetime(2026, 10, 5, 0, 5)),
        ("Oct 5, 2026 1205 PM", datetime(2026, 10, 5, 12, 5)),
        ("Oct 5, 2026 0000 AM", datetime(2026, 10, 5, 0, 0)),
        ("Oct 5, 2026 205 AM", datetime(2026, 10, 5, 2, 5)),
        # Other languages, and days that are none.
        ("5 mai 2026 902 PM", None),
        ("12 marraskuu 2026 902 PM", None),
        ("Feb 30, 2026 902 PM", None),
        ("Oct 5, 2026 975 PM", None),
    ],
)
def test_every_form_of_a_date(tmp_path: Path, date: str, expected: datetime | None) -> None:
    [hand_in] = taken(tmp_path, f"1234-56 - Jane Doe - {date}")
    assert hand_in.stamp.moment == expected
    assert (hand_in.author.label, hand_in.stamp.late) == ("Jane Doe_1234", None)
    assert (hand_in.order is None) == (expected is None)


JANE = Person("Jane Doe", "0012", login="jd12", family="Doe", teams=("Red",))
ANN = Person("Ann Lee", "7", "mary@x.edu", "ann", teams=("Red", "North - 2"))
LUC = Person("Jean-Luc Smith - Jones", "8")


@pytest.mark.parametrize(
    ("middle", "people"),
    [
        ("Jane Doe", [JANE]),
        ("jd12 Jane Doe", [JANE]),
        ("0012 Doe", [JANE]),
        ("Jean-Luc Smith - Jones", [LUC]),
        ("Red - Jane Doe", [JANE, ANN]),
        ("North - 2 - Ann Lee", [ANN]),
        # A part of a name is nobody's: neither name nor login nor address.
        ("Mary Ann Lee", []),
        ("mary Jane", []),
        ("ann Smith", []),
        ("Green - Jane Doe", []),
        ("0012 Smith", []),
    ],
)
def test_the_middle_is_compared_in_full(tmp_path: Path, middle: str, people: list[Person]) -> None:
    [hand_in] = taken(tmp_path, FOLDER.format(middle))
    [match] = Roster([JANE, ANN, LUC]).match([hand_in.author], {}).values()
    assert list(match.people) == people


def test_the_numbers_in_front_are_nobodys(tmp_path: Path) -> None:
    [hand_in] = taken(tmp_path, FOLDER.format("Zoe"))
    for known in (Person("A", "1234"), Person("A", login="1234"), Person("A", canvas="1234")):
        assert list(Roster([known]).match([hand_in.author], {}).values()) == [Match()]


@pytest.mark.parametrize(
    "theirs",
    [EX1, "my - work.py", "- x.py", "1-2 - y - z.py"],
)
def test_flat_files_keep_their_own_names(tmp_path: Path, theirs: str) -> None:
    name = f"{FOLDER.format('Jane Doe')} - {theirs}"
    [hand_in] = taken(tmp_path, name)
    assert files(hand_in) == {name: theirs}
    assert hand_in.author.label == "Jane Doe_1234"
    assert hand_in.stamp.moment == datetime(2026, 10, 5, 21, 2)


@pytest.mark.parametrize(
    ("name", "people", "theirs"),
    [
        ("1234-56_Jane Doe_Oct 5, 2026 902 PM_my_work.py", [JANE], "my_work.py"),
        ("1234-56_Jane_Doe_Oct 5, 2026 9_02 PM_my - work.py", [JANE], "my - work.py"),
        ("1234-56_0012_Jane Doe_5 Oct 2026 9:02 PM_ex1.py", [JANE], "ex1.py"),
        ("1234-56_Red_Jane Doe_Oct 5, 2026 902 PM_ex1.py", [JANE, ANN], "ex1.py"),
        ("1234-56 _ Jane Doe _ Oct 5, 2026 902 PM _ a _ b.py", [JANE], "a _ b.py"),
        ("1234-56_Ann_Smith_Oct 5, 2026 902 PM_ex1.py", [], "ex1.py"),
    ],
)
def test_an_underscore_may_stand_between_the_parts(
    tmp_path: Path, name: str, people: list[Person], theirs: str
) -> None:
    [hand_in] = taken(tmp_path, name)
    assert (files(hand_in), hand_in.stamp.moment) == ({name: theirs}, datetime(2026, 10, 5, 21, 2))
    [match] = Roster([JANE, ANN, LUC]).match([hand_in.author], {}).values()
    assert list(match.people) == people


def test_a_second_date_is_no_time_and_neither_is_the_first(tmp_path: Path) -> None:
    """A student may have put either into a nickname or into the name of a file."""
    [hand_in] = taken(tmp_path, f"{FOLDER.format('Jane Doe')} - a - Oct 1, 2026 100 AM - b.py")
    assert hand_in.stamp.moment is None


def test_flat_files_of_one_time_are_one_hand_in(tmp_path: Path) -> None:
    names = [f"{FOLDER.format('Jane Doe')} - {theirs}" for theirs in ("a.py", "b.py")]
    [hand_in] = taken(tmp_path, *names)
    assert sorted(files(hand_in).values()) == ["a.py", "b.py"]


def test_the_contents_are_no_hand_in(tmp_path: Path) -> None:
    put(tmp_path / "index.html")
    [hand_in] = taken(tmp_path, "index.html", FOLDER.format("Jane Doe"))
    assert hand_in.author.label == "Jane Doe_1234"
    # Where there is no folder of the platform, it is somebody's file.
    assert take(tmp_path, ["index.html", "jane"]) == ([], set())


def test_attempts_are_in_the_order_of_their_dates(tmp_path: Path) -> None:
    dates = ("Oct 12, 2026 100 AM", "Oct 5, 2026 902 PM", "Oct 6, 2026 1159 AM")
    hand_ins = taken(tmp_path, *(f"1234-56 - Jane Doe - {date}" for date in dates))
    found = {one.attempt: one.stamp.moment.day for one in hand_ins if one.stamp.moment}
    assert found == {1: 5, 2: 6, 3: 12}
    assert len({hand_in.author for hand_in in hand_ins}) == 1


def test_two_people_of_one_name_stay_two(tmp_path: Path) -> None:
    one, other = taken(tmp_path, *(f"{user}-56 - Li Wei - Oct 5, 2026 902 PM" for user in (1, 2)))
    assert one.author.account != other.author.account
    found = Roster([Person("Li Wei", "1")]).match([one.author, other.author], {})
    assert [match.people for match in found.values()] == [(), ()]


@pytest.mark.parametrize(
    "name", ["Jane Doe", "1234-56 - Jane Doe", "Jane - Oct 5, 2026 902 PM", "12 - 2026"]
)
def test_other_names_are_another_platforms(tmp_path: Path, name: str) -> None:
    assert take(tmp_path, [name]) == ([], set())


@pytest.mark.parametrize("date", ["Jan 1, 0001 1205 AM", "Dec 31, 9999 1159 PM"])
def test_the_ends_of_the_calendar_are_survived(tmp_path: Path, date: str) -> None:
    assert len(taken(tmp_path, f"1234-56 - Jane Doe - {date}")) == 1


def test_one_id_is_enough(tmp_path: Path) -> None:
    [hand_in] = taken(tmp_path, "1234 - Jane Doe - Oct 5, 2026 902 PM")
    assert hand_in.author.label == "Jane Doe_1234"
