"""Which of several files is the work: five rules in a fixed order."""

from pathlib import Path

import pytest

from grading.batch.intake.choice import copy_number
from grading.batch.intake.collect import Collected, collect
from grading.course.syllabus import Course
from tests.support.classes import EX1, EX4, pack, put
from tests.support.notebooks import code, notebook

NOTEBOOK = EX1.replace(".py", ".ipynb")
MODULE = EX1.removesuffix(".py")


def only(folder: Path, course: Course) -> Collected:
    """What ada has handed in; somebody else makes a class of it."""
    put(folder / "somebody" / EX1)
    found = collect(folder, [course.exercise("ex1")])
    [mine] = [one for one in found if one.author.label == "ada"]
    return mine


def chosen(folder: Path, course: Course, files: dict[str, str]) -> tuple[str, str, bool]:
    """What counts of these files, why, and whether that is settled."""
    stub, blank = (path.read_text(encoding="utf-8") for path in course.exercise("ex1").stubs)
    for name, text in files.items():
        if text == "stub":
            text = blank if name.lower().endswith(".ipynb") else stub
        elif name.lower().endswith(".ipynb"):
            text = notebook(code(text)).decode()
        put(folder / "class" / "ada" / name, text)
    work = only(folder / "class", course).work
    assert work is not None
    return work.read().source.splitlines()[-1], work.note, work.settled


@pytest.mark.parametrize(
    ("files", "source", "note"),
    [
        # 1. Files that are named for the exercise; others only if there is none.
        ({EX1: "a", "ex1_best.py": "b"}, "a", "ex1_best.py beside it does not count"),
        ({EX1: "a", "data_utils.py": "c"}, "a", "data_utils.py beside it does not count"),
        ({f"{MODULE} (1).py": "a", "my_ex1.py": "b"}, "a", "my_ex1.py beside it does"),
        # 2. The untouched stub loses to anything that somebody has worked on.
        ({EX1: "stub", f"{MODULE} (1).py": "a"}, "a", f"{EX1} beside it is untouched"),
        ({NOTEBOOK: "stub", f"{MODULE}-Copy1.ipynb": "a"}, "a", f"{NOTEBOOK} beside it is"),
        ({EX1: "stub", NOTEBOOK: "a"}, "a", f"{EX1} beside it is untouched"),
        ({EX1: "a", NOTEBOOK: "stub"}, "a", f"{NOTEBOOK} beside it is untouched"),
        ({f"exercises/{EX1}": "stub", f"my/own/work/{EX1}": "a"}, "a", f"exercises/{EX1} beside"),
        ({EX1: "stub", NOTEBOOK: "stub", f"{MODULE}_v2.py": "a"}, "a", "are untouched"),
        # 3. The exact name.
        ({f"{MODULE} (1).py": "b", EX1: "a"}, "a", f"{MODULE} (1).py beside it does not count"),
        ({f"{MODULE}_final.py": "b", NOTEBOOK: "a"}, "a", f"{MODULE}_final.py beside it does not"),
        # 4. A module before a notebook.
        ({EX1: "a", NOTEBOOK: "b"}, "a", f"{NOTEBOOK} beside it does not count"),
        ({f"{MODULE}_v1.py": "a", f"{MODULE}_v2.ipynb": "b"}, "a", f"{MODULE}_v2.ipynb beside"),
    ],
)
def test_the_first_four_rules_settle_it(
    tmp_path: Path, real_course: Course, files: dict[str, str], source: str, note: str
) -> None:
    found, why, settled = chosen(tmp_path, real_course, files)
    assert (found, settled) == (source, True)
    assert note in why
    assert bool(note) == bool(why)


@pytest.mark.parametrize(
    ("files", "source"),
    [
        # 5. The higher number; but then another file may have been meant just as well.
        ({f"{MODULE}_v1.py": "b", f"{MODULE}_v2.py": "a"}, "a"),
        ({f"{MODULE} (2).py": "b", f"{MODULE} (10).py": "a"}, "a"),
        ({f"{MODULE}-Copy1.ipynb": "b", f"{MODULE}-Copy2.ipynb": "a"}, "a"),
        ({"ex1_v1.py": "b", "ex1_v2.py": "a"}, "a"),
        ({f"a/{EX1}": "a", f"b/c/{EX1}": "b"}, "a"),
    ],
)
def test_what_only_a_number_separates_is_not_settled(
    tmp_path: Path, real_course: Course, files: dict[str, str], source: str
) -> None:
    found, why, settled = chosen(tmp_path, real_course, files)
    assert (found, settled) == (source, False)
    assert "does not count" in why


@pytest.mark.parametrize(
    "files",
    [
        {f"{MODULE}_v1.py": "a", f"{MODULE}_v2.py": "a"},
        {f"a/{EX1}": "a", f"b/{EX1}": "a"},
        {f"a/{EX1}": "stub", f"b/{EX1}": "stub"},
    ],
)
def test_equal_files_leave_nothing_to_settle(
    tmp_path: Path, real_course: Course, files: dict[str, str]
) -> None:
    assert chosen(tmp_path, real_course, files)[1:] == ("", True)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *((f"{MODULE}{end}", 0) for end in (".py", ".PY", ".ipynb", ".Ipynb")),
        (f"{MODULE.upper()}.PY", 0),
        *((f"{MODULE}{end}.py", 1) for end in (" (1)", "(1)", "_(1)", "-Copy1", " - Copy", "-1")),
        *((f"{MODULE}{end}.py", 1) for end in ("_final", " final", "_v1", "-v1", "_final_final")),
        *((f"{MODULE}{end}.py", 2) for end in ("_v2", " v2", "_version2", " (2)", "-Copy2", "-2")),
        *((f"{MODULE}{end}.py", 3) for end in ("_v3_final", "_final_v3", "-Copy1 (3)", "_new (3)")),
        *((f"{begin}{MODULE}.py", 1) for begin in ("Copy of ", "copy of_", "Kopie von ")),
        (f"Copy of {MODULE} (4).ipynb", 4),
        *((name, None) for name in ("data_utils.py", EX4, "ex1.py", f"my_{EX1}", f"{MODULE}s.py")),
        *((name, None) for name in ("", ".py", "test_" + EX1, f"{MODULE}_test.py")),
    ],
)
def test_copies_by_their_names(real_course: Course, name: str, number: int | None) -> None:
    assert copy_number(name, real_course.exercise("ex1")) == number


def test_a_helper_is_never_graded_as_the_exercise(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "class" / "ada" / "data_utils.py")
    put(tmp_path / "class" / "bob" / "ex2_gradient_probe.py")
    for found in collect(tmp_path / "class", [real_course.exercise("ex1")]):
        assert found.work is None
        assert f"holds no {EX1} (or .ipynb), but" in found.problem


def test_a_module_beside_the_untouched_stub_is_listed(tmp_path: Path, real_course: Course) -> None:
    """It is probably the work; what lies in other folders of a clone is the course's."""
    files = {f"exercises/{EX1}": "stub", "exercises/my_rnn.py": "a", "grading/report.py": "b"}
    found, note, settled = chosen(tmp_path / "a", real_course, files)
    assert ("NotImplementedError" in found, settled) == (True, False)
    assert note == "exercises/my_rnn.py beside it does not count"
    files = {f"exercises/{EX1}": "stub", "grading/report.py": "b"}
    assert chosen(tmp_path / "b", real_course, files)[1:] == ("", True)


def test_a_lone_file_is_the_exercise_that_was_asked_for(
    tmp_path: Path, real_course: Course
) -> None:
    put(tmp_path / "ada.py")
    [found] = collect(tmp_path, [real_course.exercise("ex1")])
    assert found.work is not None
    [found] = collect(tmp_path, list(real_course.exercises.values()))
    assert found.work is None


def test_a_file_that_cannot_be_read_loses(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "class" / "ada" / EX1, b"\xff")
    put(tmp_path / "class" / "ada" / f"{MODULE}_v2.py", "a")
    work = only(tmp_path / "class", real_course).work
    assert work is not None
    assert work.read().source == "a"
    assert f"{EX1} beside it cannot be read" in work.note
    assert not work.settled


def test_a_file_in_an_archive_is_chosen_like_any_other(tmp_path: Path, real_course: Course) -> None:
    stub = real_course.exercise("ex1").stub.read_text(encoding="utf-8")
    pack(tmp_path / "class" / "ada.zip", {EX1: stub, f"{MODULE} (1).py": "a"})
    work = only(tmp_path / "class", real_course).work
    assert work is not None
    assert work.read().source == "a"


def test_a_work_that_changes_in_the_meantime_is_said(tmp_path: Path, real_course: Course) -> None:
    path = put(tmp_path / "ada" / EX1, "a")
    work = only(tmp_path, real_course).work
    assert work is not None
    path.write_text("b")
    with pytest.raises(Exception, match="changed while the class was being graded"):
        work.read()
