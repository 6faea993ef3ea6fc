"""What an instructor has becomes submissions: recognized by its naming, and nothing dropped."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grading import pack as packing
from grading.batch.intake.collect import collect
from grading.course.syllabus import Course
from grading.errors import UsageError
from tests.support.classes import EX1, EX4, WORK, collected, pack, put
from tests.support.repositories import clone, commit, start


def test_folders_files_archives_and_repositories(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "ada" / EX1)
    put(tmp_path / "bob" / "course" / "exercises" / EX1)
    put(tmp_path / "bob" / ".git" / EX1, "not this one")
    put(tmp_path / "cleo.py")
    pack(tmp_path / "dan.zip", {f"work/{EX1}": WORK, "__MACOSX/" + EX1: "no"})
    put(tmp_path / "eve" / "my_ex1_final.py")
    found = collected(tmp_path, real_course)
    assert set(found) == {"ada/1", "bob/1", "cleo/1", "dan/1", "eve/1"}
    for one in found.values():
        assert one.work is not None, one.problem
        assert (one.work.read().source, one.exercise, one.problem) == (WORK, "ex1", "")


def canvas(folder: Path) -> None:
    put(folder / f"doejane_LATE_1234_56789_{EX1}")
    pack(folder / "roejohn_77_88_work.zip", {EX1: WORK})
    put(folder / "roejohn_77_89_report.pdf")


def moodle(folder: Path) -> None:
    put(folder / "Jane Doe_12_assignsubmission_file_" / EX1)
    put(folder / "Jane Doe_12_assignsubmission_onlinetext_" / "onlinetext.html")
    put(folder / f"John Roe_99_assignsubmission_file_{EX1}")


def gradescope(folder: Path) -> None:
    submitters = "  :submitters:\n  - :name: {0}\n    :email: {0}@x.edu\n"
    blocks = [f"submission_{n}:\n{submitters.format(who)}" for n, who in ((4, "jane"), (5, "john"))]
    put(folder / "submission_metadata.yml", "".join(blocks))
    for number in (4, 5):
        put(folder / f"submission_{number}" / EX1)
        put(folder / f"submission_{number}" / "data_utils.py")


def blackboard(folder: Path) -> None:
    for login in ("jane", "john"):
        before = f"HW_{login}_attempt_2026-10-05-21-02-38"
        put(folder / f"{before}.txt", f"Name: {login} ({login})\n")
        put(folder / f"{before}_{EX1}")
        put(folder / f"{before}_data_utils.py")


def brightspace(folder: Path) -> None:
    for number, name in ((1, "Jane Doe"), (2, "John Roe")):
        put(folder / f"{number}-56 - {name} - Oct 5, 2026 902 PM" / EX1)
    put(folder / "index.html")


def brightspace_flat(folder: Path) -> None:
    for number, name in ((1, "Jane Doe"), (2, "John Roe")):
        for file in (EX1, "data_utils.py"):
            put(folder / f"{number}-56 - {name} - Oct 5, 2026 902 PM - {file}")
    put(folder / "index.html")


def submitty(folder: Path) -> None:
    for user in ("jane", "john"):
        place = folder / "submissions" / user
        for version in ("1", "2"):
            put(place / version / EX1, WORK if version == "1" else "wrong = 1\n")
            put(place / version / ".submit.timestamp", "2026-10-05 21:02:38-0400")
        put(place / "user_assignment_settings.json", '{"active_version": 1}')
        put(folder / "results" / user / "1" / "results.json", "{}")


def nbgrader(folder: Path) -> None:
    for student in ("jane", "john"):
        put(folder / "submitted" / student / "ex1" / EX1)
        put(folder / "submitted" / student / "ex1" / "timestamp.txt", "2026-10-05 19:02:38 UTC")
    put(folder / "source" / "ex1" / EX1)
    put(folder / "nbgrader_config.py")


def plain(folder: Path) -> None:
    put(folder / "jane" / EX1)
    put(folder / "john" / "work" / EX1)


def archives(folder: Path) -> None:
    for name in ("jane", "john"):
        pack(folder / f"{name}.zip", {EX1: WORK, "data_utils.py": WORK})


PLATFORMS = (
    *(canvas, moodle, gradescope, blackboard, brightspace, brightspace_flat, submitty, nbgrader),
    *(plain, archives),
)


@pytest.mark.parametrize("around", ["", "Homework 1 Download", "a/b/c"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_download_is_recognized_through_folders_around_it(
    tmp_path: Path, real_course: Course, platform: Callable[[Path], None], around: str
) -> None:
    platform(tmp_path / "class" / around)
    put(tmp_path / "class" / "__MACOSX" / "._x")
    put(tmp_path / "class" / around / ".DS_Store")
    found = collected(tmp_path / "class", real_course)
    assert len(found) == 2
    for one in found.values():
        assert one.work is not None, one.problem
        assert one.work.read().source == WORK


def test_clones_are_recognized_through_a_folder_around_them(
    tmp_path: Path, real_course: Course
) -> None:
    origin = start(tmp_path / "origin")
    commit(origin, EX1, WORK, "2026-10-05T21:02:38+0000")
    for name in ("rnns-ann", "rnns-bob"):
        clone(origin, tmp_path / "class" / "around" / name)
    found = collected(tmp_path / "class", real_course)
    assert set(found) == {"rnns-ann/1", "rnns-bob/1"}
    for one in found.values():
        assert one.stamp.moment == datetime(2026, 10, 5, 21, 2, 38, tzinfo=UTC)
        assert (one.stamp.source, one.doubt) == ("commit (set by the student)", "")
    put(tmp_path / "class" / "around" / "rnns-bob" / EX1, "y = 1\n")
    assert (
        "differs from what was committed"
        in collected(tmp_path / "class", real_course)["rnns-bob/1"].doubt
    )


def test_one_persons_folders_are_no_class(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "class" / "ada" / "course" / "exercises" / EX1)
    put(tmp_path / "class" / "ada" / "course" / "notes" / "a.txt")
    assert set(collected(tmp_path / "class", real_course)) == {"ada/1"}


def test_each_assignment_of_nbgrader_has_its_own_time(tmp_path: Path, real_course: Course) -> None:
    folder = tmp_path / "submitted" / "jane"
    for exercise, name, day in (("ex1", EX1, 5), ("ex4", EX4, 9)):
        put(folder / exercise / name)
        put(folder / exercise / "timestamp.txt", f"2026-10-0{day} 12:00:00 UTC")
    found = collect(tmp_path, [real_course.exercise(one) for one in ("ex1", "ex4")])
    days = {one.exercise: one.stamp.moment.day for one in found if one.stamp.moment}
    assert days == {"ex1": 5, "ex4": 9}


def test_several_exercises_and_attempts(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "ada" / EX1)
    put(tmp_path / "ada" / EX4)
    put(tmp_path / "bob_attempt1" / EX1)
    put(tmp_path / "bob_attempt2" / EX1)
    found = collect(tmp_path, list(real_course.exercises.values()))
    got = {(one.author.label, one.exercise, one.attempt) for one in found}
    assert got == {("ada", "ex1", 1), ("ada", "ex4", 1), ("bob", "ex1", 1), ("bob", "ex1", 2)}


def test_two_entries_of_one_name_do_not_hide_each_other(
    tmp_path: Path, real_course: Course
) -> None:
    put(tmp_path / "ada.py", "a = 1\n")
    put(tmp_path / "ada" / EX1, "b = 1\n")
    pack(tmp_path / "ada.zip", {EX1: "c = 1\n"})
    put(tmp_path / "bob.py")
    found = collected(tmp_path, real_course)
    assert set(found) == {"ada/1", "ada/2", "ada/3", "bob/1"}
    sources = {one.work.read().source for one in found.values() if one.work is not None}
    assert sources == {"a = 1\n", "b = 1\n", "c = 1\n", WORK}


def test_what_cannot_be_read_is_listed_with_its_reason(tmp_path: Path, real_course: Course) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"PK no")
    os.symlink("/etc/hostname", tmp_path / "link.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "binary").mkdir()
    (tmp_path / "binary" / EX1).write_bytes(b"x = 1\x00")
    put(tmp_path / "huge" / EX1, "#" * 2**20 + "\n\n")
    found = collected(tmp_path, real_course)
    reasons = {
        "empty/1": "holds no",
        "broken/1": "archive",
        "link/1": "symbolic link",
        "pipe/1": "neither a file nor a folder",
        "binary/1": "NUL",
        "huge/1": "larger than 1 MB",
    }
    assert set(found) == set(reasons)
    for name, reason in reasons.items():
        assert found[name].work is None
        assert reason in found[name].problem


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("eve/main.py", "but main.py"),
        ("cyd/ex1_vanilla_rnn.py.txt", "but ex1_vanilla_rnn.py.txt; .py, .ipynb and .zip are read"),
        ("dee.tar.gz", "but dee.tar.gz; of archives, only .zip is read"),
        ("dee.7z", "but dee.7z; of archives, only .zip is read"),
        ("fay/index.html", "but index.html; .py, .ipynb and .zip are read"),
        ("gus/a\x1b[2Jb.txt", "but a"),
        ("eve.py/notes.md", "but notes.md"),
    ],
)
def test_what_is_there_instead_is_said(
    tmp_path: Path, real_course: Course, name: str, problem: str
) -> None:
    put(tmp_path / name)
    put(tmp_path / "somebody.py")
    found = {label: one for label, one in collected(tmp_path, real_course).items() if one.problem}
    [one] = found.values()
    assert one.problem.startswith(f"holds no {EX1} (or .ipynb), {problem}")
    assert one.problem.isprintable()


DAMAGED = b"PK no"


def every(folder: Path, course: Course) -> list[tuple[str, str]]:
    """Problems beside the work on ex1, as (exercise, line)."""
    put(folder / "jane" / EX1)
    put(folder / "somebody" / EX1)
    found = collect(folder, list(course.exercises.values()))
    assert sum(one.work is not None for one in found) == 2
    return [(one.exercise, one.problem) for one in found if one.problem]


@pytest.mark.parametrize(
    "name", ["ex2.zip", "work/ex2.tar.gz", "ex2_gradient_probe.py.txt", "ex2_gradient_probe.html"]
)
def test_what_cannot_be_read_for_another_exercise_is_listed(
    tmp_path: Path, real_course: Course, name: str
) -> None:
    put(tmp_path / "jane" / name, DAMAGED)
    [(exercise, problem)] = every(tmp_path, real_course)
    assert exercise == "ex2"
    wanted = f"holds no ex2_gradient_probe.py (or .ipynb), but {Path(name).name}; "
    assert problem.startswith(wanted)


@pytest.mark.parametrize("name", ["all.zip", "a/all.7z", "a/b/c/d/e/f/g/ex2_gradient_probe.py"])
def test_what_may_hold_any_exercise_is_listed_once(
    tmp_path: Path, real_course: Course, name: str
) -> None:
    put(tmp_path / "jane" / name, DAMAGED)
    [(exercise, problem)] = every(tmp_path, real_course)
    assert exercise == ""
    shown = "g/; folders below 6" if name.endswith(".py") else Path(name).name
    assert f"ex4_interpretability.py (or .ipynb), but {shown}" in problem
    assert EX1 not in problem


def test_an_archive_in_an_archive_is_listed(tmp_path: Path, real_course: Course) -> None:
    pack(tmp_path / "jane" / "all.zip", {"inner.zip": DAMAGED})
    [(_, problem)] = every(tmp_path, real_course)
    assert "but inner.zip; an archive in an archive is not read" in problem


def test_what_cannot_be_read_replaces_no_other_attempt(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "ada_attempt1" / EX1)
    put(tmp_path / "ada_attempt2" / "ex1_vanilla_rnn.pdf")
    first, second = collect(tmp_path, [real_course.exercise("ex1")])
    assert first.work is not None
    assert (second.exercise, second.attempt) == ("", 2)
    assert "but ex1_vanilla_rnn.pdf" in second.problem


def test_an_unread_archive_in_another_assignment_is_listed(
    tmp_path: Path, real_course: Course
) -> None:
    for student in ("jane", "john"):
        for assignment in ("hw1", "hw2"):
            put(tmp_path / "submitted" / student / assignment / "timestamp.txt", "2026-10-05 UTC")
        put(tmp_path / "submitted" / student / "hw1" / EX1)
    put(tmp_path / "submitted" / "jane" / "hw2" / "all.zip", DAMAGED)
    exercises = list(real_course.exercises.values())
    problems = [
        (one.author.label, one.problem) for one in collect(tmp_path, exercises) if one.problem
    ]
    [(label, problem)] = problems
    assert (label, "all.zip" in problem) == ("jane", True)
    assert all(one.work is not None for one in collect(tmp_path, exercises[:1]))


def test_where_work_is_that_is_not_searched_is_said(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "ada" / "1/2/3/4/5/6/7" / EX1)
    put(tmp_path / "bob" / EX1)
    (tmp_path / "cyd").mkdir()
    os.symlink(tmp_path / "bob", tmp_path / "cyd" / "work.py")
    found = collected(tmp_path, real_course)
    assert found["bob/1"].work is not None
    for label, name in (("ada/1", "7/"), ("cyd/1", "work.py/")):
        wanted = f"but {name}; folders below 6 others and links to folders are not searched"
        assert found[label].problem == f"holds no {EX1} (or .ipynb), {wanted}"


@pytest.mark.parametrize("name", ["EX1_VANILLA_RNN.PY", "ex1_vanilla_rnn.IPYNB"])
def test_capital_suffixes_are_read(tmp_path: Path, real_course: Course, name: str) -> None:
    blank = real_course.exercise("ex1").notebook.read_bytes()
    put(tmp_path / "ann" / name, blank if name.endswith("IPYNB") else WORK)
    put(tmp_path / "bob.PY")
    pack(tmp_path / "cyd.ZIP", {name: blank if name.endswith("IPYNB") else WORK})
    found = collected(tmp_path, real_course)
    assert set(found) == {"ann/1", "bob/1", "cyd/1"}
    assert all(one.work is not None for one in found.values())


def test_an_archive_writes_nothing_and_is_read_no_further_than_counts(
    tmp_path: Path, real_course: Course
) -> None:
    folder = tmp_path / "class"
    pack(folder / "slip.zip", {f"../../{EX1}": WORK, f"/abs/{EX1}": WORK})
    pack(folder / "bomb.zip", {EX1: "0" * (300 * 2**20)})
    before = sorted(path for path in tmp_path.rglob("*"))
    found = collected(folder, real_course)
    assert found["slip/1"].work is not None
    assert "larger than 1 MB" in found["bomb/1"].problem
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_a_link_inside_a_folder_is_no_submission(tmp_path: Path, real_course: Course) -> None:
    (tmp_path / "ada").mkdir()
    os.symlink(put(tmp_path / "secret" / "other.txt"), tmp_path / "ada" / EX1)
    assert "symbolic link" in collected(tmp_path, real_course)["ada/1"].problem


def test_a_folder_that_is_none_is_said(tmp_path: Path, real_course: Course) -> None:
    exercises = list(real_course.exercises.values())
    with pytest.raises(UsageError, match="is not a folder"):
        collect(tmp_path / "missing", exercises)
    with pytest.raises(UsageError, match="unpack the download first"):
        collect(pack(tmp_path / "class.zip", {}), exercises)


def test_the_time_of_a_file_is_no_evidence_unless_the_course_trusts_it(
    tmp_path: Path, real_course: Course
) -> None:
    exercises = [real_course.exercise("ex1")]
    os.utime(put(tmp_path / "ada" / EX1), (86400, 86400))
    os.utime(put(tmp_path / "bob" / EX1), (1e12, 1e12))  # in the year 33658, where that is possible
    put(tmp_path / "1-2 - Cyd - Oct 5, 2026 902 PM" / "notes.txt")
    for one in collect(tmp_path, exercises):
        assert one.stamp.moment is None
    trusted = {one.author.label: one for one in collect(tmp_path, exercises, True)}
    assert trusted["ada"].stamp.moment == datetime(1970, 1, 2, tzinfo=UTC)
    assert trusted["bob"].stamp.moment is None or trusted["bob"].stamp.moment.year < 3000


def test_a_copy_of_the_folder_says_the_same(tmp_path: Path, real_course: Course) -> None:
    for platform in (canvas, blackboard, brightspace, submitty, nbgrader):
        platform(tmp_path / platform.__name__)
        copied = tmp_path / "copies" / platform.__name__
        shutil.copytree(tmp_path / platform.__name__, copied, copy_function=shutil.copyfile)
        before, after = (
            [(one.author, one.stamp, one.attempt) for one in collected(place, real_course).values()]
            for place in (tmp_path / platform.__name__, copied)
        )
        assert before == after


def test_a_date_inside_an_archive_is_no_evidence(tmp_path: Path, real_course: Course) -> None:
    pack(tmp_path / "mallory.zip", {EX1: WORK})
    pack(tmp_path / "doejane_LATE_1111_2222_w.zip", {EX1: WORK})
    found = collected(tmp_path, real_course)
    assert found["mallory/1"].stamp.moment is None
    late = found["doejane_1111/1"].stamp
    assert (late.moment, late.late, late.source) == (None, True, "canvas_late")


@pytest.mark.parametrize(
    "name",
    [
        f"HW_ada_attempt_2026-10-05-21-02-38_{EX1}",
        f"1-56 - Ada - Oct 5, 2026 902 PM - {EX1}",
        "Ada_1_assignsubmission_file_x.py",
    ],
)
def test_among_other_names_a_platforms_name_is_a_students_own_invention(
    tmp_path: Path, real_course: Course, name: str
) -> None:
    """It tells no time: a download has such a name for everybody."""
    put(tmp_path / name)
    for other in ("bob", "cyd", "dan"):
        put(tmp_path / other / EX1)
    found = collected(tmp_path, real_course)
    assert len(found) == 4
    assert {one.stamp.moment for one in found.values()} == {None}


def test_what_was_packed_is_read_without_a_guess(tmp_path: Path, real_course: Course) -> None:
    stub = real_course.exercise("ex1").stub.read_text(encoding="utf-8")
    put(tmp_path / "work" / EX1, stub + "mine = 1\n")
    packed = packing.as_zip(packing.pack(real_course, tmp_path / "work"))
    folder = tmp_path / "class"
    put(folder / "doejane_1234_56789_hand-in.zip", packed)
    put(folder / "doejane_1234_56790_ex1_vanilla_rnn_v9.py", "other = 1\n")
    [one] = collected(folder, real_course).values()
    assert one.work is not None
    assert one.work.read().source.endswith("mine = 1\n")
    # What lies beside it may be newer.
    assert "beside it does not count" in one.work.note
    assert not one.work.settled
