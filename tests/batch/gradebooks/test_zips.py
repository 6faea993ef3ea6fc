"""Feedback in archives: every page goes back to the account that its submission came from."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.batch.gradebooks import zips
from grading.batch.gradebooks.zips import Feedback, canvas_prefix, planned
from grading.batch.intake.collect import collect
from grading.batch.people.evidence import Evidence, Match
from grading.batch.people.person import Person
from grading.course.syllabus import Course
from tests.support.classes import EX1, put
from tests.support.importers import archives

TEAM = Match((Person("Ada"), Person("Bob")), Evidence.TEAM)


def feedback(
    folder: Path, course: Course, *paths: str, matches: dict[str, Match] | None = None
) -> Feedback:
    for path in paths:
        put(folder / path)
    return planned(collect(folder, [course.exercise("ex1")]), matches or {})


# The names of a download, and the page's name in the archive.
CANVAS = [
    (f"doejane_1234_56789_{EX1}", "doejane_1234_56789_feedback.html"),
    (f"doejane_LATE_1234_56789_{EX1}", "doejane_LATE_1234_56789_feedback.html"),
    (f"anon_aB3dE_56789_{EX1}", "anon_aB3dE_56789_feedback.html"),
    (f"LATE_anon_9xYz2_56789_{EX1}", "LATE_anon_9xYz2_56789_feedback.html"),
    (f"1234_56789_{EX1}", "1234_56789_feedback.html"),
    # A group whose name ends with a number, and a student's file that begins with one.
    (f"lab_1_1299_5000_{EX1}", "lab_1_1299_5000_feedback.html"),
    (f"doejane_1234_56789_01_{EX1}", "doejane_1234_56789_01_feedback.html"),
    (f"müllerjörg_1234_56789_{EX1}", "müllerjörg_1234_56789_feedback.html"),
]


@pytest.mark.parametrize(("name", "expected"), CANVAS)
def test_canvas(tmp_path: Path, real_course: Course, name: str, expected: str) -> None:
    found = feedback(tmp_path, real_course, name)
    [(entry, _)] = found.entries["canvas"]
    assert entry == expected
    assert archives.canvas(entry) == archives.canvas(name)
    assert not found.notes


pieces = st.sampled_from(["doe", "LATE", "12", "345", "6", "a1", "anon", "x.py", "٣", "7.py", ""])


@given(st.lists(pieces, min_size=2, max_size=9), st.integers(0, 3))
def test_canvas_reads_the_same_numbers_as_in_the_download(parts: list[str], group: int) -> None:
    """Whatever a student's file and a group are called: no feedback reaches somebody else."""
    name = "_".join(parts)
    if (read := archives.canvas(name)) is None:
        return
    assert archives.canvas(f"{canvas_prefix(name)}_feedback.html") == read
    groups = ["_".join(parts[:group])]
    named = archives.canvas(f"{canvas_prefix(name)}_feedback.html", groups)
    assert named in (archives.canvas(name, groups), None)


def test_canvas_has_one_file_for_each_student_by_the_newest(
    tmp_path: Path, real_course: Course
) -> None:
    names = (f"doejane_1_11_{EX1}", "doejane_1_13_ex1_vanilla_rnn-1.py", "doejane_1_12_x.py")
    found = feedback(tmp_path, real_course, *names, f"roe_2_14_{EX1}", "lee_3_text.html")
    assert sorted(found.entries["canvas"]) == [
        ("doejane_1_13_feedback.html", "doejane_1"),
        ("roe_2_14_feedback.html", "roe_2"),
    ]
    [note] = found.notes
    assert note == (
        "feedback-canvas.zip lacks lee_3: no file was handed in whose name the platform would know"
    )


# The entry of a download, and the folder of the page.
MOODLE = [
    (f"Jane Doe_123_assignsubmission_file/{EX1}", "Jane Doe_123_assignsubmission_file"),
    # Before Moodle 4.1.
    (f"Jane Doe_123_assignsubmission_file_/{EX1}", "Jane Doe_123_assignsubmission_file_"),
    # Without folders, and a student's own name of a file that looks like the platform's.
    (f"Jane Doe_123_assignsubmission_file_{EX1}", "Jane Doe_123_assignsubmission_file"),
    (f"Participant_123_assignsubmission_file/{EX1}", "Participant_123_assignsubmission_file"),
    (f"王小明_123_assignsubmission_file/{EX1}", "王小明_123_assignsubmission_file"),
]


@pytest.mark.parametrize(("path", "folder"), MOODLE)
def test_moodle(tmp_path: Path, real_course: Course, path: str, folder: str) -> None:
    found = feedback(tmp_path / "wrapper", real_course, path)
    [(entry, _)] = found.entries["moodle"]
    assert entry == f"{folder}/feedback.html"
    participants = {123: "jane", 45: "bob"}
    assert archives.moodle(entry, participants) == ("jane", "feedback.html")
    assert archives.moodle(f"unpacked/{entry}", participants) == ("jane", "feedback.html")


def test_moodle_without_a_number_or_of_a_group(tmp_path: Path, real_course: Course) -> None:
    paths = [
        f"Default group_assignsubmission_file/{EX1}",
        f"Team 1_45_assignsubmission_file/{EX1}",
        f"Ann_Bell_46_assignsubmission_file/{EX1}",
        "Kim_47_assignsubmission_onlinetext/onlinetext.html",
        f"Jane Doe_123_assignsubmission_file/{EX1}",
    ]
    found = feedback(tmp_path, real_course, *paths, matches={"Team 1_45": TEAM})
    assert found.entries["moodle"] == [
        ("Jane Doe_123_assignsubmission_file/feedback.html", "Jane Doe_123")
    ]
    assert sorted(note.split(" lacks ")[1] for note in found.notes) == [
        "Ann_Bell_46, Default group: its name holds no number of a participant",
        "Kim_47: no file was handed in whose name the platform would know",
        "Team 1_45: in older versions Moodle may give a group's file to one student",
    ]


def test_brightspace_has_the_newest_folder_untouched(tmp_path: Path, real_course: Course) -> None:
    folders = [
        "1234-56 - Jane Doe - Oct 5, 2026 902 PM",
        "1234-56 - Jane Doe - Oct 6, 2026 1005 AM",
        "1235-56 - Team 1 - Bob Röe - Oct 5, 2026 902 PM",
    ]
    paths = [f"{folder}/{EX1}" for folder in folders]
    found = feedback(tmp_path, real_course, *paths, "index.html")
    assert sorted(name for name, _ in found.entries["brightspace"]) == [
        f"{folders[1]}/feedback.html",
        f"{folders[2]}/feedback.html",
    ]


def test_a_flat_download_of_brightspace_makes_no_archive(
    tmp_path: Path, real_course: Course
) -> None:
    names = [f"123{at}-56 - P{at} Doe - Oct 5, 2026 902 PM - {EX1}" for at in range(5)]
    found = feedback(tmp_path, real_course, *names)
    assert not found.entries
    [note] = found.notes
    assert note.endswith(
        "and 2 more: nothing tells whether Brightspace takes back a download without folders"
    )


def test_other_platforms_take_nothing_back(tmp_path: Path, real_course: Course) -> None:
    assert feedback(tmp_path, real_course, f"ada/{EX1}", f"bob/{EX1}") == Feedback()


def test_an_archive_is_the_same_every_time(tmp_path: Path) -> None:
    pages = {label: put(tmp_path / f"{label}.html", f"<p>{label}</p>") for label in ("a", "b")}
    found = Feedback({"moodle": [("Zoë_2_x/feedback.html", "b"), ("A_1_x/feedback.html", "a")]})
    found.entries["moodle"].append(("C_3_x/feedback.html", "without a page"))
    contents = []
    for name in ("one.zip", "two.zip"):
        zips.write(tmp_path / name, zips.of_pages(found, "moodle", pages))
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        entries = archive.infolist()
        assert [entry.filename for entry in entries] == [
            "A_1_x/feedback.html",
            "Zoë_2_x/feedback.html",
        ]
        assert archive.read(entries[1]) == b"<p>b</p>"
    # Bit 11: the name is UTF-8.
    assert [bool(entry.flag_bits & 0x800) for entry in entries] == [False, True]
    assert not list(tmp_path.glob(".*"))
