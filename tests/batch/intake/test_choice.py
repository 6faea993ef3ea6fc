"""Which of several files is the work: five rules in a fixed order."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from grading import pack as packing
from grading.batch.intake.choice import candidates, not_of_others
from grading.batch.intake.collect import collect
from grading.batch.intake.collected import Collected
from grading.batch.intake.files import File
from grading.batch.intake.naming import copy_number, copy_of
from grading.batch.people.evidence import Author
from grading.course.syllabus import Course
from tests.support.classes import EX1, EX4, pack, put
from tests.support.notebooks import code, notebook

NOTEBOOK = EX1.replace(".py", ".ipynb")
NOBODY = Author("", ())
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
        # Whatever follows the name is somebody's way to say which copy it is,
        *((f"{MODULE}{end}.py", 1) for end in (" - Kopie", "_done", "_jane", ".final", "_")),
        *((f"{MODULE}{end}.py", 2) for end in (" 2", "_2", "_final2", "2", " - Kopie (2)")),
        *((name, 0) for name in ("ex1-vanilla-rnn.py", "Ex1 Vanilla RNN.py")),
        # unless it says that it is something else.
        *((name, None) for name in ("data_utils.py", EX4, "ex1.py", f"my_{EX1}", "vanilla_rnn.py")),
        *((name, None) for name in ("", ".py", "test_" + EX1, f"{MODULE}_test.py")),
        *((f"{MODULE}{end}.py", None) for end in ("_utils", "-helper", "_tests2")),
    ],
)
def test_copies_by_their_names(real_course: Course, name: str, number: int | None) -> None:
    assert copy_number(name, real_course.exercise("ex1")) == number


@pytest.mark.parametrize(
    ("name", "stem", "number"),
    [
        *(("ex1.md", "ex1", 0), ("EX1 (2).md", "ex1", 2), ("ex1_answers.md", "ex1", 1)),
        *(("ex10.md", "ex1", None), ("ex1_2.md", "ex1", 2), ("my_ex1.md", "ex1", None)),
    ],
)
def test_copies_of_answers_by_their_names(name: str, stem: str, number: int | None) -> None:
    assert copy_of(name, stem) == number


def test_a_file_named_for_another_exercise_is_that_ones(
    tmp_path: Path, real_course: Course
) -> None:
    """Also if its name begins with this exercise's."""
    short = replace(real_course.exercise("ex1"), file="ex1_vanilla.py")
    long = real_course.exercise("ex1")
    files = [File(name, 0, name) for name in (EX1, "ex1_vanilla_2.py", f"{MODULE}_2.py")]
    both = [short, long]
    found = {one.file: candidates(not_of_others(files, one, both), one, NOBODY) for one in both}
    names = {name: [file.name for file in mine] for name, mine in found.items()}
    assert names == {short.file: ["ex1_vanilla_2.py"], EX1: [EX1, f"{MODULE}_2.py"]}


WHOLE = """
class VanillaRNNCell:
    pass
class VanillaRNN:
    pass
"""


@pytest.mark.parametrize(
    ("files", "last", "settled"),
    [
        # A helper with the exercise's name in front loses to a copy, and to the id alone;
        ({f"{MODULE}-Copy1.ipynb": "a", f"{MODULE}_lib.py": "b"}, "a", True),
        ({"ex1.py": "a", f"{MODULE}_plot.py": "b"}, "a", True),
        ({"my_ex1_final.py": "a", "ex1_plot.py": "b", f"{MODULE}_test.py": "c"}, "a", True),
        ({f"{MODULE}_Ada.py": "a", f"{MODULE}_loss2.py": "b"}, "a", True),
        ({"ex1_ada_v2.py": "a", "ex2_ada.py": "b"}, "a", True),
        # beside nothing else it may be the work: if it has what the exercise asks for, it is.
        ({f"{MODULE}_plot.py": "a"}, "a", False),
        ({"ex1_lstm.py": "a"}, "a", False),
        ({f"{MODULE}_jane.py": f"{WHOLE}a"}, "a", True),
        ({f"{MODULE}_plot.py": "b", f"{MODULE}_jane.py": f"{WHOLE}a"}, "a", True),
        ({EX1: "stub", f"{MODULE}_plot.py": "a"}, "a", False),
        ({EX1: "stub", f"{MODULE}_jane.py": f"{WHOLE}a"}, "a", True),
    ],
)
def test_another_word_in_the_name_comes_last(
    tmp_path: Path, real_course: Course, files: dict[str, str], last: str, settled: bool
) -> None:
    found, note, is_settled = chosen(tmp_path, real_course, files)
    assert (found, is_settled) == (last, settled)
    assert settled or note.startswith("from ")


UNTOUCHED = {
    "a line more at the end": lambda text: text + "\n",
    "a line less": lambda text: text.rstrip("\n"),
    "blanks": lambda text: text.replace("\n", "  \n"),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "a name on top": lambda text: f"# Jane Doe\n\n{text}",
    "a comment less": lambda text: text.replace("# V, b and f belong here.", ""),
}


@pytest.mark.parametrize("change", UNTOUCHED)
def test_a_stub_without_a_line_of_work_is_untouched(
    tmp_path: Path, real_course: Course, change: str
) -> None:
    stub = real_course.exercise("ex1").stub.read_text(encoding="utf-8")
    changed = UNTOUCHED[change](stub)
    assert changed != stub
    files = {EX1: changed, f"{MODULE} (1).py": "a"}
    source, note, settled = chosen(tmp_path, real_course, files)
    assert (source, settled) == ("a", True)
    assert f"{EX1} beside it is untouched" in note
    # A line that is none of the stub's is work.
    files = {EX1: f"{changed}\nb = 1\n", f"{MODULE} (1).py": "a"}
    assert chosen(tmp_path / "more", real_course, files)[0] == "b = 1"


@pytest.mark.parametrize("end", [".py.txt", ".ipynb.json", ".html", ".docx", " (1).txt"])
def test_another_kind_of_file_beside_the_untouched_stub_is_listed(
    tmp_path: Path, real_course: Course, end: str
) -> None:
    files = {EX1: "stub", f"{MODULE}{end}": "a"}
    _, note, settled = chosen(tmp_path / "a", real_course, files)
    assert (note, settled) == (f"{MODULE}{end} beside it cannot be read", False)
    assert chosen(tmp_path / "b", real_course, {**files, EX1: "a"})[1:] == ("", True)


@pytest.mark.parametrize(
    ("files", "answer", "note"),
    [
        ({"ex1.md": "a"}, "a", ""),
        (
            {"ex1.md": "", "ex1 (1).md": "a"},
            "a",
            "from ex1 (1).md; ex1.md beside it has no answers",
        ),
        ({"ex1.md": "", "questions/ex1.md": "a"}, "a", "from questions/ex1.md; ex1.md beside it"),
        ({"ex1.md": "", "ex1_answers.md": "a"}, "a", "from ex1_answers.md; ex1.md beside it has"),
        ({"ex1_answers.md": "a"}, "a", ""),
        ({"ex1.md": "a", "ex1 (1).md": "a"}, "a", ""),
        ({"ex1.txt": "a"}, "", "are read from ex1.md, and not from ex1.txt"),
        (
            {"ex1.pdf": "a", "ex10.txt": "b", "ex1_loss.png": ""},
            "",
            "are read from ex1.md, and not from ex1.pdf",
        ),
        *(
            ({name: "a"}, "", f"are read from ex1.md, and not from {name}")
            for name in (
                "answers.md",
                "questions.md",
                "README.md",
                "answers.docx",
                "my_answers.txt",
            )
        ),
        ({"ex1.md": "", "answers_ex1.docx": "a"}, "", "are read from ex1.md, and not from answers"),
        ({"ex1.md": "a", "README.md": "b"}, "a", ""),
        ({"docs/README.md": "b", "ex1_vanilla_rnn.html": ""}, "", ""),
    ],
)
def test_answers_are_chosen_like_works(
    tmp_path: Path, real_course: Course, files: dict[str, str], answer: str, note: str
) -> None:
    found = answered(tmp_path, real_course, files)
    assert (found[0], found[2]) == (answer, True)
    assert found[1].startswith(note)
    assert bool(note) == bool(found[1])


@pytest.mark.parametrize("name", ["ex1 (1).md", "questions/ex1.md", "ex1_answers.md"])
def test_two_answers_that_differ_are_not_settled(
    tmp_path: Path, real_course: Course, name: str
) -> None:
    found = answered(tmp_path, real_course, {"ex1.md": "a", name: "b"})
    assert found == ("a", f"from ex1.md; {name} beside it does not count", False)


def answered(folder: Path, course: Course, files: dict[str, str]) -> tuple[str, str, bool]:
    """The answer to a question that counts, why, and whether that is settled."""
    sheet = course.exercise("ex1").questions.read_text(encoding="utf-8")
    put(folder / "ada" / EX1, "a")
    for name, answer in files.items():
        text = sheet.replace("<!-- Write your answer here. -->", answer, 1)
        put(folder / "ada" / name, text)
    found = only(folder, course)
    given = [] if found.answers is None else [question.answer for question in found.answers()]
    return "".join(given), found.answers_note, found.answers_settled


def listing(name: str, text: str) -> dict[str, str]:
    """What `grader.py pack` makes of one file, which is the work on ex1."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    listed = {"format": packing.FORMAT, "exercises": {"ex1": name}, "files": {name: sha256}}
    return {name: text, packing.LIST: json.dumps(listed)}


def test_two_lists_that_name_different_files_are_not_settled(
    tmp_path: Path, real_course: Course
) -> None:
    for who, texts in {"ada": ("a", "b"), "bob": ("a", "a")}.items():
        for number, text in enumerate(texts):
            pack(tmp_path / who / f"hand-in ({number}).zip", listing(EX1, text))
    found = {one.author.label: one.work for one in collect(tmp_path, [real_course.exercise("ex1")])}
    two, same = found["ada"], found["bob"]
    assert two is not None
    beside = f"hand-in (1).zip/{EX1} beside it does not count"
    assert (two.note, two.settled) == (beside, False)
    assert same is not None
    assert (same.note, same.settled) == ("", True)


def test_a_list_of_another_file_is_said(tmp_path: Path, real_course: Course) -> None:
    pack(tmp_path / "ada.zip", {**listing(EX1, "a"), EX1: "edited"})
    work = only(tmp_path, real_course).work
    assert work is not None
    assert (work.note, work.settled) == (f"its list names another {EX1}", True)


def test_a_list_that_names_the_stub_hides_no_work(tmp_path: Path, real_course: Course) -> None:
    stub = real_course.exercise("ex1").stub.read_text(encoding="utf-8")
    files = {**listing(EX1, f"# Ada\n{stub}"), f"{MODULE} (1).py": "a"}
    listed = json.loads(files[packing.LIST])
    listed["files"][f"{MODULE} (1).py"] = hashlib.sha256(b"a").hexdigest()
    pack(tmp_path / "ada.zip", {**files, packing.LIST: json.dumps(listed)})
    work = only(tmp_path, real_course).work
    assert work is not None
    assert work.read().source == "a"
    assert work.note == f"from {MODULE} (1).py; {EX1} beside it is untouched"


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
    # In another folder, it is what defines all that the stub does.
    whole = real_course.exercise("ex1").stub.read_text(encoding="utf-8") + "x = 1\n"
    for name, source, listed in (("my_ex1", whole, 1), ("ex1_plots", "y = 2", 0)):
        files = {f"exercises/{EX1}": "stub", f"mine/{name}.py": source}
        note = f"mine/{name}.py beside it does not count" * listed
        assert chosen(tmp_path / name, real_course, files)[1:] == (note, not listed)


def test_files_called_after_the_ids_are_each_their_exercises(
    tmp_path: Path, real_course: Course
) -> None:
    names = {"ada": ["ex1.py", "ex2.py", "ex3.py"], "bob": ["ex1_bob.py", "ex2_bob.py"]}
    for who, files in names.items():
        for name in files:
            put(tmp_path / who / name, name)
    found = collect(tmp_path, list(real_course.exercises.values()))
    assert len(found) == 5
    for one in found:
        assert one.work is not None
        assert one.work.read().source.startswith(one.exercise)
        assert (one.work.note, one.work.settled) == ("", True)


@pytest.mark.parametrize(
    ("name", "is_work", "settled"),
    [
        ("my_rnn.py", True, True),
        ("rnn_data.py", True, False),
        ("data_utils.py", False, True),
        ("rnn_ex2.py", False, True),
    ],
)
def test_a_lone_file_in_a_folder_is_the_exercise_if_it_has_a_word_of_it(
    tmp_path: Path, real_course: Course, name: str, is_work: bool, settled: bool
) -> None:
    put(tmp_path / "ada" / name, "a")
    put(tmp_path / "bob" / EX1)
    for beside in (name, "ex2_gradient_probe.py"):
        put(tmp_path / "cyd" / beside)
    asked, *others = real_course.exercises.values()
    found = {one.author.label: one for one in collect(tmp_path, [asked], others=others)}
    work = found["ada"].work
    assert (work is not None) == is_work
    assert found["cyd"].work is None
    assert work is None or (work.note, work.settled) == (f"from {name}", settled)


def test_a_lone_file_is_the_exercise_that_was_asked_for(
    tmp_path: Path, real_course: Course
) -> None:
    put(tmp_path / "ada.py")
    [found] = collect(tmp_path, [real_course.exercise("ex1")])
    assert found.work is not None
    assert (found.work.note, found.work.settled) == ("", True)  # it is called after its owner
    [found] = collect(tmp_path, list(real_course.exercises.values()))
    assert found.work is None


@pytest.mark.parametrize(
    ("name", "settled"),
    [("my_rnn.py", True), ("Vanilla.py", True), ("rnn_data.py", False), ("solution.py", False)],
)
def test_a_lone_file_of_another_name_is_graded_and_said(
    tmp_path: Path, real_course: Course, name: str, settled: bool
) -> None:
    put(tmp_path / f"doejane_1234_5000_{name}")
    [found] = collect(tmp_path, [real_course.exercise("ex1")])
    assert found.work is not None
    assert (found.work.note, found.work.settled) == (f"from {name}", settled)


@pytest.mark.parametrize("name", ["doejane_1234_5000_ex2.py", "doe_ex3_v2.py", f"jane_{EX4}"])
def test_a_lone_file_with_another_exercises_id_is_not_this_ones(
    tmp_path: Path, real_course: Course, name: str
) -> None:
    put(tmp_path / name)
    asked, *others = real_course.exercises.values()
    [found] = collect(tmp_path, [asked], others=others)
    assert (found.work, found.exercise) == (None, "")
    assert f"holds no {EX1} (or .ipynb), but" in found.problem


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
