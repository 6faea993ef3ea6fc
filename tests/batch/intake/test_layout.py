"""How a class is laid out: what hides nothing, and what several people's work looks like."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from grading.batch.intake.collect import collect, handed_in
from grading.course.syllabus import Course
from tests.support.classes import EX1, WORK, collected, pack, put

OTHER = "y = 2\n"
SEVERAL = "looks like several people's work: "


def write(folder: Path, files: Mapping[str, str]) -> None:
    for place, text in files.items():
        put(folder / place, text)


@pytest.mark.parametrize("name", ["source/ex1/a.py", "gradebook.db", "nbgrader_config.py"])
def test_nbgraders_own_files_are_no_hand_ins(
    tmp_path: Path, real_course: Course, name: str
) -> None:
    write(tmp_path, {f"submitted/{who}/ex1/{EX1}": WORK for who in ("ann", "bob")})
    write(
        tmp_path, {f"submitted/{who}/ex1/timestamp.txt": "2026-10-05 UTC" for who in ("ann", "bob")}
    )
    put(tmp_path / name)
    assert set(collected(tmp_path, real_course)) == {"ann/1", "bob/1"}


def test_a_folder_called_submitted_hides_nothing(tmp_path: Path, real_course: Course) -> None:
    write(tmp_path, {f"jane/{EX1}": WORK, f"submitted/bob/{EX1}": WORK})
    found = collected(tmp_path, real_course)
    assert set(found) == {"jane/1", "submitted/1"}
    assert found["jane/1"].work is not None
    assert found["submitted/1"].problem == SEVERAL + "give it as SUBMISSIONS itself"


# An entry of a class that is a class itself, and one that is one person's in spite of its folders.
OF_SEVERAL = {
    "a section": {f"Jane/{EX1}": WORK, f"Bob/{EX1}": OTHER},
    "a section in more folders": {f"all/of/Jane/w/{EX1}": WORK, f"all/of/Bob Roe/{EX1}": OTHER},
    "a download of Canvas": {f"doe_1234_5678_{EX1}": WORK, f"roe_1235_5679_{EX1}": OTHER},
    "a download of Moodle": {
        f"{who}_assignsubmission_file/{EX1}": WORK for who in ("Jane Doe_12", "Bob Roe_13")
    },
    "a download of Brightspace": {
        f"1-2 - {who} - Oct 5, 2026 902 PM/{EX1}": WORK for who in ("Jane Doe", "Bob Roe")
    },
}
OF_ONE = {
    "two versions": {f"v1 of mine/{EX1}": WORK, f"v2 of mine/{EX1}": OTHER},
    "a backup": {f"exercises/{EX1}": WORK, f"backup from Monday/{EX1}": OTHER},
    "the same twice": {f"laptop/{EX1}": WORK, f"desktop/{EX1}": WORK},
    "weeks": {f"week1/{EX1}": WORK, f"week2/{EX1}": OTHER},
    "kinds": {f"scripts/{EX1}": WORK, f"notebooks/{EX1}": OTHER},
    "parts": {f"Part 1/{EX1}": WORK, f"Part 2 (done)/{EX1}": OTHER},
    "days": {f"2026-10-05/{EX1}": WORK, f"2026-10-06/{EX1}": OTHER},
    "the untouched course": {f"mine/{EX1}": WORK, f"unrolled/exercises/{EX1}": "STUB"},
    "other modules": {EX1: WORK, "Jane/a.py": WORK, "Bob/a.py": OTHER},
}


@pytest.mark.parametrize("is_zip", [False, True])
@pytest.mark.parametrize("name", [*OF_SEVERAL, *OF_ONE])
def test_an_entry_with_several_peoples_work_is_nobodys(
    tmp_path: Path, real_course: Course, name: str, is_zip: bool
) -> None:
    stub = real_course.exercise("ex1").stub.read_text(encoding="utf-8")
    files = {**OF_SEVERAL, **OF_ONE}[name]
    files = {place: stub if text == "STUB" else text for place, text in files.items()}
    put(tmp_path / "class" / "notes.txt")
    if is_zip:
        pack(tmp_path / "class" / "A.zip", files)
    else:
        write(tmp_path / "class" / "A", files)
    found = collected(tmp_path / "class", real_course)["A/1"]
    if name in OF_ONE:
        assert (found.problem, found.work is None) == ("", False)
    else:
        unpack = "unpack it and " if is_zip else ""
        assert found.problem == f"{SEVERAL}{unpack}give it as SUBMISSIONS itself"


def test_what_one_person_hands_in_to_an_autograder_is_theirs(
    tmp_path: Path, real_course: Course
) -> None:
    write(tmp_path / "submission", OF_SEVERAL["a section"])
    [found] = handed_in(tmp_path / "submission", [real_course.exercise("ex1")])
    assert found.work is not None
    assert not found.work.settled


def test_sections_side_by_side_are_listed(tmp_path: Path, real_course: Course) -> None:
    for section in ("Section A", "Section B"):
        write(tmp_path / section, OF_SEVERAL["a section"])
    found = collect(tmp_path, list(real_course.exercises.values()))
    assert [one.work for one in found] == [None, None]
    assert all(one.problem.startswith(SEVERAL) for one in found)


def test_flat_files_of_several_in_one_folder_are_told_apart(
    tmp_path: Path, real_course: Course
) -> None:
    write(tmp_path / "around", {"jane.py": WORK, "bob.py": OTHER})
    [found] = collected(tmp_path, real_course).values()
    assert "if these are several people's, give their folder as SUBMISSIONS" in found.problem


@pytest.mark.parametrize(
    "names",
    [["."], ["/", "//"], ["/etc/a", "/etc/b"], ["../../a", "../b"], ["a" * 9000, "b" * 300]],
)
def test_an_archive_with_places_that_are_none_ends_no_batch(
    tmp_path: Path, real_course: Course, names: list[str]
) -> None:
    pack(tmp_path / "ada.zip", {**dict.fromkeys(names, WORK), f"x/{EX1}": WORK})
    pack(tmp_path / "bob" / "work.zip", dict.fromkeys(names, WORK))
    found = collected(tmp_path, real_course)
    assert found["ada/1"].work is not None
    assert f"holds no {EX1}" in found["bob/1"].problem
