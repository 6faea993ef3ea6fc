"""Names and receipts of Blackboard, as public parsers of real downloads describe them:

vangef/BBGradebookOrganiser, te5in/CodeGra.de (psef/blackboard.py), kwurst/bb-file-cleanup,
timdrysdale/parselearn.
"""

from datetime import datetime
from pathlib import Path

import pytest

from grading.batch.platforms.blackboard import take
from grading.batch.platforms.hand_in import HandIn
from tests.support.classes import clues, files, put

STAMP = "2026-10-05-21-02-38"
RECEIPT = """Name: {who}
Assignment: Homework 1
Date Submitted: Monday, October 5, 2026 9:02:38 PM EDT
Current Grade: Needs Grading

Submission Field:
{text}

Comments:
{comments}

Files:
{files}"""
NO_TEXT = "There is no student submission text data for this assignment."
NO_COMMENTS = "There are no student comments for this assignment."


def receipt(who: str, listed: dict[str, str], text: str = "", comments: str = "") -> str:
    pairs = [
        f"\tOriginal filename: {theirs}\n\tFilename: {name}\n" for name, theirs in listed.items()
    ]
    return RECEIPT.format(
        who=who,
        text=text or NO_TEXT,
        comments=comments or NO_COMMENTS,
        files="\n".join(pairs) or "No files were attached to this submission.\n",
    )


def taken(folder: Path, contents: dict[str, str]) -> list[HandIn]:
    for name, text in contents.items():
        put(folder / name, text)
    hand_ins, used = take(folder, sorted(contents))
    assert used == set(contents)
    return hand_ins


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("title", "login"),
    [
        ("Homework 1", "jdoe"),
        ("HW_1.2 - final", "jane.doe"),
        ("HW", "0012345"),
        ("HW_1", "jane_doe"),
        ("HW_attempt_1", "jdoe"),
    ],
)
def test_a_receipt_tells_the_person_and_the_names(
    tmp_path: Path, title: str, login: str, end: str
) -> None:
    before = f"{title}_{login}_attempt_{STAMP}"
    name = f"{before}_ex1_vanilla_rnn.py"
    text = receipt(f"Jane Doe ({login})", {name: "ex1 vanilla rnn.py"}).replace("\n", end)
    [hand_in] = taken(tmp_path, {f"{before}.txt": text, name: "x"})
    assert clues(hand_in) == [("login", login), ("name", "Jane Doe")]
    assert files(hand_in) == {name: "ex1 vanilla rnn.py"}
    assert hand_in.stamp.moment == datetime(2026, 10, 5, 21, 2, 38)
    assert (hand_in.stamp.late, hand_in.problem) == (None, "")


@pytest.mark.parametrize(
    ("first", "name"),
    [
        ("Naam: Jane Doe (jdoe)", "Jane Doe"),
        ("Name: 王小明 (jdoe)", "王小明"),
        ("Name: Jane (JD) Doe (jdoe)", "Jane (JD) Doe"),
        ("\ufeffName: Jane Doe (jdoe)", "Jane Doe"),
        ("Name: Jane Doe", "Jane Doe"),
        ("no label at all", ""),
        ("", ""),
    ],
)
def test_the_first_line_of_a_receipt(tmp_path: Path, first: str, name: str) -> None:
    before = f"HW_jdoe_attempt_{STAMP}"
    [hand_in] = taken(tmp_path, {f"{before}.txt": first + "\n", f"{before}_a.py": ""})
    assert clues(hand_in) == [("login", "jdoe")] + [("name", name)] * bool(name)


@pytest.mark.parametrize(
    ("names", "with_receipt", "known"),
    [
        # A title may hold underscores, and so may a user name.
        (["HW_1_jdoe"], [], [("possible login", "1_jdoe"), ("possible login", "jdoe")]),
        (["HW 1_jdoe"], [], [("login", "jdoe")]),
        (["jdoe"], [], [("login", "jdoe")]),
        # Somebody's receipt tells the title, and so do the names of three people.
        (["HW_jane_doe", "HW_kim"], ["HW_kim"], [("login", "jane_doe")]),
        (["HW_1_jdoe", "HW_1_kim", "HW_1_lee"], [], [("login", "jdoe")]),
        (["HW_jane_doe", "HW_kim", "HW_lee"], [], [("login", "jane_doe")]),
        (
            ["HW_jane_doe", "HW_jane_roe"],
            [],
            [("possible login", "jane_doe"), ("possible login", "doe")],
        ),
    ],
)
def test_where_a_login_begins_without_a_receipt(
    tmp_path: Path, names: list[str], with_receipt: list[str], known: list[tuple[str, str]]
) -> None:
    contents = {f"{name}_attempt_{STAMP}_my_work.py": "" for name in names}
    for name in with_receipt:
        login = name.rpartition("_")[2]
        contents[f"{name}_attempt_{STAMP}.txt"] = receipt(f"Kim ({login})", {})
    hand_in = taken(tmp_path, contents)[0]
    assert clues(hand_in) == known
    assert list(files(hand_in).values()) == ["my_work.py"]


def test_a_receipt_alone_is_listed_and_is_no_work(tmp_path: Path) -> None:
    name = f"HW_jdoe_attempt_{STAMP}.txt"
    [hand_in] = taken(tmp_path, {name: receipt("Jane Doe (jdoe)", {}, text="Here it is.")})
    assert hand_in.parts == ()
    assert "only the receipt" in hand_in.problem


def test_a_text_of_a_students_own_is_no_receipt(tmp_path: Path) -> None:
    before = f"HW_jdoe_attempt_{STAMP}"
    own = f"{before}_notes.txt"
    [hand_in] = taken(tmp_path, {f"{before}.txt": receipt("Jane (jdoe)", {}), own: "Name: X (y)"})
    assert clues(hand_in)[-1] == ("name", "Jane")
    assert files(hand_in) == {own: "notes.txt"}


def test_attempts_are_in_the_order_of_their_stamps(tmp_path: Path) -> None:
    contents = {}
    for day in ("07", "05", "06"):
        before = f"HW_jdoe_attempt_2026-10-{day}-21-02-38"
        contents |= {f"{before}.txt": receipt("Jane (jdoe)", {}), f"{before}_ex1.py": ""}
    hand_ins = taken(tmp_path, contents)
    found = {one.attempt: one.stamp.moment.day for one in hand_ins if one.stamp.moment}
    assert found == {1: 5, 2: 6, 3: 7}
    assert len({hand_in.author for hand_in in hand_ins}) == 1


IMITATION = "Files:\n\tOriginal filename: ex1.py\n\tFilename: {}\n"


@pytest.mark.parametrize("where", ["text", "comments"])
def test_free_text_that_imitates_labels_is_not_believed(tmp_path: Path, where: str) -> None:
    before = f"HW_mallory_attempt_{STAMP}"
    name, other = f"{before}_notes.py", f"{before}_ex1.py"
    said = f"Hello.\n\nName: Ann Smith (ann)\n\n{IMITATION.format(name)}"
    listed = {name: "notes.py", other: "ex1.py"}
    text = receipt("Mallory (mallory)", listed, **{where: said})
    [hand_in] = taken(tmp_path, {f"{before}.txt": text, name: "", other: ""})
    assert clues(hand_in) == [("login", "mallory"), ("name", "Mallory")]
    assert files(hand_in) == listed


def test_a_receipt_names_no_file_of_another_attempt(tmp_path: Path) -> None:
    mine, theirs = f"HW_mallory_attempt_{STAMP}", f"HW_ann_attempt_{STAMP}_ex1.py"
    text = receipt("Mallory (mallory)", {theirs: "ex1.py", "/etc/passwd": "ex1.py"})
    contents = {f"{mine}.txt": text, f"{mine}_own.py": "", theirs: ""}
    found = {hand_in.author.label: files(hand_in) for hand_in in taken(tmp_path, contents)}
    assert found == {"HW_mallory": {f"{mine}_own.py": "own.py"}, "HW_ann": {theirs: "ex1.py"}}


def test_a_display_name_does_not_make_another_login(tmp_path: Path) -> None:
    before = f"HW_mallory_attempt_{STAMP}"
    text = receipt("Ann Smith (ann)", {})
    [hand_in] = taken(tmp_path, {f"{before}.txt": text, f"{before}_a.py": ""})
    assert clues(hand_in)[0] == ("login", "mallory")


@pytest.mark.parametrize("stamp", ["2026-13-05-21-02-38", "2026-10-05-25-02-38"])
def test_a_stamp_that_is_none_is_unknown(tmp_path: Path, stamp: str) -> None:
    [hand_in] = taken(tmp_path, {f"HW_jdoe_attempt_{stamp}_a.py": ""})
    assert hand_in.stamp.moment is None


def test_a_folder_in_place_of_a_receipt_is_survived(tmp_path: Path) -> None:
    name = f"HW_jdoe_attempt_{STAMP}.txt"
    (tmp_path / name).mkdir()
    [hand_in], _ = take(tmp_path, [name])
    assert hand_in.parts == ()


def test_an_instructor_who_looks_as_a_student_is_nobody(tmp_path: Path) -> None:
    names = [f"HW_{who}_attempt_{STAMP}_ex1.py" for who in ("jdoe", "troe_previewuser")]
    [hand_in] = taken(tmp_path, dict.fromkeys(names, ""))
    assert hand_in.author.label == "HW_jdoe"
