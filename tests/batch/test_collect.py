"""What an instructor has becomes submissions: recognized by its naming, and nothing dropped."""

import os
import zipfile
from pathlib import Path

import pytest
from grading.batch.collect import Collected, collect

from grading.batch.people import Person, Roster, read
from grading.course.syllabus import Course
from grading.errors import UsageError

WORK = "x = 1\n"
FILE = "ex1_vanilla_rnn.py"


def put(path: Path, text: str = WORK) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def pack(path: Path, files: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def found(folder: Path, course: Course, *ids: str) -> dict[str, Collected]:
    """By label and attempt, for one exercise."""
    exercises = [course.exercise(one) for one in ids or ("ex1",)]
    collected = collect(folder, exercises)
    return {f"{one.origin.label}/{one.origin.attempt}": one for one in collected}


def test_folders_files_archives_and_repositories(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "ada" / FILE)
    put(tmp_path / "bob" / "course" / "exercises" / FILE)
    put(tmp_path / "bob" / ".git" / FILE, "not this one")
    put(tmp_path / "cleo.py")
    pack(tmp_path / "dan.zip", {f"work/{FILE}": WORK, "__MACOSX/" + FILE: "no"})
    put(tmp_path / "eve" / "my_ex1_final.py")
    collected = found(tmp_path, real_course)
    assert set(collected) == {"ada/1", "bob/1", "cleo/1", "dan/1", "eve/1"}
    for one in collected.values():
        assert one.work is not None, one.problem
        assert (one.work.read().source, one.exercise, one.problem) == (WORK, "ex1", "")


def test_the_downloads_of_canvas(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / f"doejane_LATE_1234_56789_{FILE}")
    put(tmp_path / "doejane_1234_57000_ex1_vanilla_rnn-1.py", WORK + "#\n")
    pack(tmp_path / "roejohn_77_88_work.zip", {FILE: WORK})
    collected = found(tmp_path, real_course)
    assert set(collected) == {"doejane_1234/1", "doejane_1234/2", "roejohn_77/1"}
    assert collected["doejane_1234/2"].origin.tokens == ("doejane", "1234")
    assert all(one.work is not None for one in collected.values())


def test_the_downloads_of_moodle(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "Jane Doe_123456_assignsubmission_file_" / FILE)
    put(tmp_path / f"John Roe_99_assignsubmission_file_{FILE}")
    collected = found(tmp_path, real_course)
    assert set(collected) == {"Jane Doe_123456/1", "John Roe_99/1"}
    assert all(one.work is not None for one in collected.values())


def test_the_downloads_of_gradescope(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "submission_42" / FILE)
    put(
        tmp_path / "submission_metadata.yml",
        "submission_42:\n  :submitters:\n  - :name: Jane Doe\n    :sid: '12'\n"
        "    :email: jane@example.org\n  :created_at: 2026-11-20 10:00:00 +0000\n",
    )
    [one] = found(tmp_path, real_course).values()
    assert one.origin.tokens == ("Jane Doe", "12", "jane@example.org")
    assert one.received == 1795168800.0
    assert one.work is not None


def test_several_exercises_and_attempts(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "ada" / FILE)
    put(tmp_path / "ada" / "ex4_interpretability.py")
    put(tmp_path / "bob_attempt1" / FILE)
    put(tmp_path / "bob_attempt2" / FILE)
    exercises = list(real_course.exercises.values())
    collected = collect(tmp_path, exercises)
    got = {(one.origin.label, one.exercise, one.origin.attempt) for one in collected}
    assert got == {("ada", "ex1", 1), ("ada", "ex4", 1), ("bob", "ex1", 1), ("bob", "ex1", 2)}


def test_what_cannot_be_read_is_listed_with_its_reason(tmp_path: Path, real_course: Course) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"PK no")
    os.symlink("/etc/hostname", tmp_path / "link.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "binary").mkdir()
    (tmp_path / "binary" / FILE).write_bytes(b"\xff\xfe\x00")
    put(tmp_path / "huge" / FILE, "#" * 2**20 + "\n\n")
    collected = found(tmp_path, real_course)
    reasons = {
        "empty/1": "holds no",
        "broken/1": "archive",
        "link/1": "symbolic link",
        "pipe/1": "neither a file nor a folder",
        "binary/1": "NUL",
        "huge/1": "larger than 1 MB",
    }
    assert set(collected) == set(reasons)
    for name, reason in reasons.items():
        assert collected[name].work is None
        assert reason in collected[name].problem


def test_an_archive_writes_nothing_and_is_read_no_further_than_counts(
    tmp_path: Path, real_course: Course
) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    pack(folder / "slip.zip", {f"../../{FILE}": WORK, f"/abs/{FILE}": WORK})
    pack(folder / "bomb.zip", {FILE: "0" * (300 * 2**20)})
    before = sorted(path for path in tmp_path.rglob("*"))
    collected = found(folder, real_course)
    assert collected["slip/1"].work is not None
    assert "larger than 1 MB" in collected["bomb/1"].problem
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_a_link_inside_a_folder_is_no_submission(tmp_path: Path, real_course: Course) -> None:
    (tmp_path / "ada").mkdir()
    os.symlink(put(tmp_path / "secret" / "other.txt"), tmp_path / "ada" / FILE)
    assert "symbolic link" in found(tmp_path, real_course)["ada/1"].problem


def test_two_of_one_name_do_not_hide_each_other(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / f"doejane_1_2_{FILE}")
    put(tmp_path / f"doejane_1_3_{FILE}")
    exercises = [real_course.exercise("ex1")]
    problems = sorted(one.problem for one in collect(tmp_path, exercises))
    assert problems == ["", "doejane_1 handed in attempt 1 twice"]


def test_a_folder_that_is_none_is_said(tmp_path: Path, real_course: Course) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        collect(tmp_path / "missing", list(real_course.exercises.values()))


@pytest.mark.parametrize(
    "token", ["doejane", "Jane Doe", "jane.doe@example.org", "12", "jd12", "Doe, Jane", "janedoe"]
)
def test_people_are_found_by_whatever_names_them(token: str) -> None:
    jane = Person("Doe, Jane", "12", "jane.doe@example.org", "jd12")
    assert Roster([jane, Person("John Roe", "13")]).find([token]) == jane


def test_nobody_is_found_where_two_may_be_meant() -> None:
    roster = Roster([Person("Jane Doe", "1"), Person("Doe Jane", "2")])
    assert roster.find(["janedoe"]) is None
    assert roster.find(["nobody", "2"]) == roster.people[1]


def test_names_with_accents_meet_plain_ones() -> None:
    zoe = Person("Zoë Müller")
    assert Roster([zoe]).find(["mullerzoe"]) == zoe


def test_a_roster_is_read_with_any_columns_it_has(tmp_path: Path) -> None:
    path = put(tmp_path / "roster.csv", "\ufeffName,Email,Other\nAda,ada@example.org,x\n")
    assert read(path) == [Person("Ada", "", "ada@example.org")]
    for text, reason in (("who\nAda\n", "no column name"), ('name\n"Ada', "cannot be read")):
        with pytest.raises(UsageError, match=reason):
            read(put(tmp_path / "bad.csv", text))
