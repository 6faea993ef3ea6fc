"""Notebooks as submissions: what of them counts, where it stands, and what is refused."""

import ast
import csv
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from unittest.mock import MagicMock, patch

import nbformat
import pytest
from nbconvert.exporters import PythonExporter

from grading.batch import run
from grading.batch.intake.collect import collect
from grading.batch.intake.collected import Collected
from grading.cli.grade import is_own
from grading.course.stub_notebooks import make_notebook
from grading.course.syllabus import ROOT, Course, Exercise
from grading.errors import UsageError
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import Report, Status
from grading.submission.file import Submission, from_bytes, read
from grading.submission.ipython import without_magics
from grading.submission.line_map import LineMap
from tests.support.notebooks import code, markdown, notebook
from tests.support.patience import PATIENCE

NAME = "work.ipynb"
DOUBLE = ("def double(values):", "    return 2 * values")
NEGATE = ("def negate(values):", "    return -values")


def work(*cells: object) -> Submission:
    return from_bytes(notebook(*cells), NAME)


def module(*cells: object) -> dict[str, object]:
    """What the notebook's module defines when it is run here."""
    made: dict[str, object] = {"__name__": "work"}
    with patch.dict(sys.modules):
        exec(compile(work(*cells).source, NAME, "exec", dont_inherit=True), made)
    return made


# --- what counts


def test_code_cells_become_one_module_and_others_are_left_out() -> None:
    found = work(markdown("# Title"), code("x = 1"), code(), code("y = x", "", "z = y"))
    assert found.source == "# %% cell 2\nx = 1\n# %% cell 4\ny = x\n\nz = y\n"
    assert found.line_map == LineMap(((1, 2), (3, 4)))


def test_a_notebook_without_code_is_an_empty_module() -> None:
    assert work(markdown("x = 1")).source == ""


@pytest.mark.parametrize("tag", ["skip", "no-grade", "skip-execution"])
def test_tagged_cells_are_left_out(tag: str) -> None:
    assert "y" not in module(code("x = 1", tags=["other"]), code("y = 1", tags=["a", tag]))
    assert module(code("x = 1", tags=["skipped"]))["x"] == 1


def test_code_below_main_runs_in_a_notebook_only() -> None:
    assert "x" not in module(code('if __name__ == "__main__":', "    x = 1"))


def test_nbformat_and_nbconvert_agree_where_there_is_no_magic() -> None:
    cells = [
        nbformat.v4.new_markdown_cell("text"),
        nbformat.v4.new_code_cell("import math\n\n\ndef f(x):\n    return x % 2"),
        nbformat.v4.new_code_cell("y = f(3)\r\nz = 'grün\u2028'"),
    ]
    document = nbformat.v4.new_notebook(cells=cells)
    ours = from_bytes(nbformat.writes(document).encode(), NAME).source
    theirs, _ = PythonExporter().from_notebook_node(document)
    assert ast.dump(ast.parse(ours)) == ast.dump(ast.parse(theirs))


def test_format_3_is_read_as_nbformat_upgrades_it() -> None:
    cells = [
        nbformat.v3.new_text_cell("markdown", source="text"),
        nbformat.v3.new_heading_cell("heading"),
        nbformat.v3.new_code_cell(input="x = 1\ny = 2"),
        nbformat.v3.new_code_cell(input="z = 3"),
    ]
    old = nbformat.v3.new_notebook(worksheets=[nbformat.v3.new_worksheet(cells=cells)])
    upgraded = nbformat.writes(nbformat.convert(old, 4))
    ours = from_bytes(json.dumps(old).encode(), NAME)
    assert ours.source == from_bytes(upgraded.encode(), NAME).source
    assert "x = 1\ny = 2\n" in ours.source


def test_a_byte_order_mark_and_line_ends_do_not_matter() -> None:
    data = b"\xef\xbb\xbf" + notebook(code("x = 1\r\ny = 2\rz = 3"))
    assert from_bytes(data, NAME).source == "# %% cell 1\nx = 1\ny = 2\nz = 3\n"


def test_future_annotations_count_wherever_they_stand() -> None:
    future = "from __future__ import annotations"
    found = work(code("import math"), code(future, "x: Nothing = 1"), code("display(x)"))
    assert found.source.splitlines()[0] == future
    assert found.line_map.place(1 + found.source.splitlines().index("x: Nothing = 1")) == (
        "cell 2, line 2"
    )
    assert module(code("import math"), code(future, "x: Nothing = 1"), code("display(x)"))["x"] == 1


# --- what IPython adds


@pytest.mark.parametrize(
    ("cell", "made"),
    [
        ("%matplotlib inline", "# %matplotlib inline"),
        ("!pip install x", "# !pip install x"),
        ("!echo 'it", "# !echo 'it"),
        ("?nn.LSTM", "# ?nn.LSTM"),
        ("nn.LSTM?", "# nn.LSTM?"),
        ("  x = 1\n  y = 2", "x = 1\ny = 2"),
        ("nn.LSTM??", "# nn.LSTM??"),
        ("if x:\n    %cd y", "if x:\n    pass  # %cd y"),
        ("!a \\\n  b \\\n  c\nx = 1", "# !a \\\n#   b \\\n#   c\nx = 1"),
        ("files = !ls", "files = None  # !ls"),
        ("a.b, c = %who", "a.b, c = None  # %who"),
        ("%time x = f(1)", "x = f(1)"),
        ("%time x = 1 + \\\n    2", "x = 1 + \\\n    2"),
        ("x = %time f(1)", "x = f(1)"),
        ("%timeit f(1)", "# %timeit f(1)"),
        ("%%bash\nls\n\nrm x", "# %%bash\n# ls\n# \n# rm x"),
        ("\n%%html\n<p>", "# \n# %%html\n# <p>"),
        ("%%timeit\nx = 1", "# %%timeit\n# x = 1"),
        ("%%time\nx = 1\n%cd y", "# %%time\nx = 1\n# %cd y"),
        ("%%capture out\nx = 1", "# %%capture out\nx = 1"),
        # Python that looks like it.
        ("x = (7\n% 4)", "x = (7\n% 4)"),
        ("x = 7 \\\n% 4", "x = 7 \\\n% 4"),
        ("x = '''\n%cd\n!ls\ny?\n'''\n%cd", "x = '''\n%cd\n!ls\ny?\n'''\n# %cd"),
        ('x = """\\"""\n%cd\n"""', 'x = """\\"""\n%cd\n"""'),
        ("x = f(')', \"(\", # (\n%y)\n%cd", "x = f(')', \"(\", # (\n%y)\n# %cd"),
        ("x = '\\'('\n%cd", "x = '\\'('\n# %cd"),
        ("x = a != b  # why?", "x = a != b  # why?"),
        ("# 'quote\n%cd", "# 'quote\n# %cd"),
        ("x = 1 # \\\n%cd", "x = 1 # \\\n# %cd"),
        ("print('why?')", "print('why?')"),
        ("", ""),
        ("\n\n", "\n\n"),
    ],
)
def test_magics_become_comments_and_no_line_moves(cell: str, made: str) -> None:
    lines = without_magics(cell.split("\n"))
    assert "\n".join(lines) == made
    assert len(lines) == cell.count("\n") + 1


def test_what_a_notebook_has_without_importing_it_does_nothing() -> None:
    made = module(
        code("from IPython.display import HTML, clear_output, display as show"),
        code("import IPython", "import IPython.display as ipd", "from IPython import get_ipython"),
        code("if True:", "    import IPython.core.display"),
        code("display(1, 2); show(3, display_id=True); clear_output(wait=True); ipd.Audio([1])"),
        code("get_ipython().run_line_magic('matplotlib', 'inline')", "html = str(HTML('<b>'))"),
    )
    assert made["show"] is not made["display"]
    for name in ("IPython", "ipd", "clear_output", "get_ipython"):
        assert isinstance(made[name], MagicMock)
    assert module(code("display(1)", "x = get_ipython().magic('time')"))["display"]


# --- places


def test_lines_are_told_by_cell() -> None:
    line_map = LineMap(((2, 1), (5, 4)))
    assert [line_map.place(line) for line in (1, 3, 4, 5, 6)] == [
        *("line 1", "cell 1, line 1", "cell 1, line 2", "cell 1, line 3", "cell 4, line 1"),
    ]
    assert line_map.in_words("'(' on line 6, line x, line 12345678") == (
        "'(' on cell 4, line 1, line x, line 12345678"
    )
    assert LineMap().place(7) == "line 7"
    assert LineMap().in_words("on line 7") == "on line 7"


def graded(grader: Grader, exercise: Exercise, *cells: object) -> Report:
    return grader.grade(exercise, work(*cells), Plan(seed=5))


def test_a_notebook_is_graded_like_the_module(grader: Grader, toy: Exercise) -> None:
    report = graded(
        grader,
        toy,
        markdown("# My work"),
        code("%matplotlib inline", "print('hello')"),
        code(*DOUBLE),
        code("!ls", *NEGATE, "display(double(2))"),
        code("raise ValueError", tags=["skip"]),
    )
    assert report.full_marks
    assert report.submission_name == NAME


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            [code(*DOUBLE), code("", "double(nothing)")],
            "NameError: name 'nothing' is not defined\n  cell 2, line 2:  double(nothing)",
        ),
        (
            [code("%cd", "x = (1,"), code("y = 2")],
            "SyntaxError: '(' was never closed\n  cell 1, line 2:  x = (1,",
        ),
        (
            [code("def f():"), markdown(""), code("y = 2")],
            "IndentationError: expected an indented block after function definition on cell 1,"
            " line 1\n  cell 3, line 1:  y = 2",
        ),
        (
            [code("await f()")],
            "SyntaxError: 'await' outside function\n  cell 1, line 1:  await f()",
        ),
        (
            [code("def f():", "    raise NotImplementedError"), code("f()")],
            "NotImplementedError\n  cell 2, line 1:  f()\n  cell 1, line 2, in f:  raise"
            " NotImplementedError",
        ),
    ],
)
def test_what_cannot_be_imported_is_told_by_cell_with_a_way_out(
    grader: Grader, toy: Exercise, cells: list[object], said: str
) -> None:
    check, _ = graded(grader, toy, *cells).checks
    assert check.status is Status.UNREADABLE
    assert check.message.startswith(said)
    assert "tag it `skip`" in check.hint


def test_training_below_the_work_is_stopped_with_a_way_out(
    grader: Grader, toy: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = code("while True: pass")
    with monkeypatch.context() as patch:
        patch.setattr("grading.checking.respondents.LOAD_CPU_SECONDS", 0.5)
        check, _ = graded(grader, toy, code(*DOUBLE), loop).checks
    assert check.status is Status.TIMED_OUT
    assert "tag it `skip`" in check.hint
    tagged = graded(grader, toy, code(*DOUBLE, *NEGATE), {**loop, "metadata": {"tags": ["skip"]}})
    assert tagged.full_marks


def test_what_goes_wrong_in_a_check_is_told_by_cell(grader: Grader, toy: Exercise) -> None:
    check, _ = graded(
        grader, toy, code("import math"), code("def double(x):", "    return x + y")
    ).checks
    assert check.status is Status.FAILED
    assert "cell 2, line 2, in double:  return x + y" in check.message
    assert "notebook" not in check.hint


def test_the_same_failure_of_several_parts_is_told_once(
    grader: Grader, real_course: Course
) -> None:
    exercise = real_course.exercise("ex2")
    report = grader.grade(exercise, work(code("1 / 0")), Plan(seed=1, only="list_has_every_cell"))
    [check] = [one for one in report.checks if one.id == "list_has_every_cell"]
    assert check.message.startswith("LSTM (-2), LSTM (0), LSTM (+1), LSTM (+2), LSTM (+10), GRU")
    assert check.message.count("ZeroDivisionError") == 1


# --- what is refused


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "cannot be read as a notebook"),
        (b"x = 1\n", "cannot be read as a notebook"),
        (notebook(code("x"))[:-1], "cannot be read as a notebook"),
        (notebook(code("x")) + b"{}", "cannot be read as a notebook"),
        (notebook(code("x"), metadata={"a": float("nan")}), "NaN is not JSON"),
        (b'{"nbformat": 4, "cells": [], "cells": []}', "the same key twice"),
        (b"[" * 100_000, "nested too deeply"),
        (notebook(code("x")).decode().encode("utf-16"), "text in UTF-16: save it as UTF-8"),
        (b"\xff" + notebook(code("x")), "not UTF-8"),
        (b"[]", "not a notebook in format 4"),
        (b'"text"', "not a notebook in format 4"),
        (notebook(code("x"), nbformat=2), "not a notebook in format 4"),
        (notebook(code("x"), nbformat="4"), "not a notebook in format 4"),
        (notebook(code("x"), nbformat=[4]), "not a notebook in format 4"),
        (notebook(code("x"), nbformat=3), "no list of cells"),
        (notebook(cells={}), "no list of cells"),
        (notebook(nbformat=3, worksheets=[5]), "no list of cells"),
        (notebook(None), "cell 1 is of an unknown kind"),
        (notebook(markdown(""), {"source": "x"}), "cell 2 is of an unknown kind"),
        (notebook({**code("x"), "cell_type": "Code"}), "cell 1 is of an unknown kind"),
        (notebook({**code("x"), "cell_type": ["code"]}), "cell 1 is of an unknown kind"),
        (notebook({**code("x"), "source": None}), "cell 1 has no text"),
        (notebook({**code("x"), "source": ["x", 5]}), "cell 1 has no text"),
        (notebook({**code("x"), "source": [["x"]]}), "cell 1 has no text"),
        (notebook({**code("x"), "metadata": []}), "cell 1 has tags that are not text"),
        (notebook(code("x", tags="skip")), "cell 1 has tags that are not text"),
        (notebook(code("x", tags=[5])), "cell 1 has tags that are not text"),
        (notebook(code("x\0")), "cell 1 holds NUL"),
        (notebook(code("x", "y = '\ud800'")), r"cell 1 holds an incomplete character \(line 2\)"),
        (notebook(code("#" * 2**20), code("#")), "more than 1 MB of code"),
        (b" " * (2**24 + 1), "larger than 16 MB"),
    ],
)
def test_what_is_no_notebook_is_refused_with_a_reason(data: bytes, word: str) -> None:
    with pytest.raises(UsageError, match=word) as caught:
        from_bytes(data, NAME)
    assert str(caught.value).startswith(NAME)
    assert str(caught.value).isprintable()


def test_what_does_not_count_is_not_looked_at() -> None:
    odd = {**code("x = 1"), "outputs": [{"data": "\ud800\0"}], "execution_count": "9" * 5000}
    assert work(odd, {**markdown("\0"), "source": 5}).source == "# %% cell 1\nx = 1\n"


def test_a_number_of_any_length_is_read() -> None:
    data = notebook(code("x = 1")).replace(b"null", b"9" * 5000)
    assert from_bytes(data, NAME).source == "# %% cell 1\nx = 1\n"


# --- which file counts


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_folder_may_hold_a_notebook_instead(tmp_path: Path) -> None:
    put(tmp_path / "ex.ipynb", notebook(code("x = 1")))
    assert read(tmp_path, "ex.py") == read(tmp_path / "ex.ipynb", "ex.py")
    assert read(tmp_path, "ex.py").note == ""


def test_of_both_the_module_counts_unless_it_is_untouched_or_unreadable(tmp_path: Path) -> None:
    stub = put(tmp_path / "stubs" / "ex.py", b"x = 0\n")
    blank = put(tmp_path / "stubs" / "ex.ipynb", notebook(code("x = 0")))
    done = notebook(code("x = 1"))

    def taken(module: bytes, other: bytes) -> str:
        put(tmp_path / "work" / "ex.py", module)
        put(tmp_path / "work" / "ex.ipynb", other)
        return read(tmp_path / "work", "ex.py", (stub, blank)).described

    assert taken(b"x = 1\n", done) == "ex.py (ex.ipynb beside it does not count)"
    assert taken(b"x = 0\n", done) == "ex.ipynb (ex.py beside it is untouched)"
    assert taken(b"x = 0\n", blank.read_bytes()) == "ex.py (ex.ipynb beside it does not count)"
    assert taken(b"\xff", done) == "ex.ipynb (the other file cannot be read)"
    assert taken(b"x = 0\n", b"{") == "ex.py (the other file cannot be read)"
    with pytest.raises(UsageError, match=r"ex\.py is not UTF-8"):
        taken(b"\xff", b"{")


def test_the_same_bytes_are_another_submission_as_a_notebook(
    tmp_path: Path, real_course: Course
) -> None:
    """Handing in a copy of another's notebook as a module decides nothing about the notebook."""
    # An escape hides from the reader of modules that this is a notebook.
    data = notebook(code("x = 1")).replace(b'nbformat"', b'nbform\\u0061t"')
    for name in ("a.py", "b.ipynb"):
        put(tmp_path / name, data)
    collected = collect(tmp_path, [real_course.exercise("ex1")])
    module, own = run.attempts(real_course, collected, set(collected), "here", 1)
    assert module.basis is not None
    assert own.basis is not None
    assert module.basis.key != own.basis.key
    work = from_bytes(data, "b.ipynb")
    assert pickle.loads(pickle.dumps(work)) == work


# --- a class


FILE = "ex2_gradient_probe.ipynb"


def pack(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def found(folder: Path, course: Course) -> dict[str, Collected]:
    collected = collect(folder, [course.exercise("ex2")])
    return {f"{one.author.label}/{one.attempt}": one for one in collected}


def test_notebooks_are_collected_from_whatever_they_come_in(
    tmp_path: Path, real_course: Course
) -> None:
    data = notebook(code("x = 1"))
    checkpoint = f".ipynb_checkpoints/{FILE}"
    put(tmp_path / "ada" / FILE, data)
    put(tmp_path / "bob" / "course" / "exercises" / "notebooks" / FILE, data)
    put(tmp_path / "bob" / checkpoint, b"not this one")
    put(tmp_path / "cleo.ipynb", data)
    pack(tmp_path / "dan.zip", {checkpoint: b"not this one", f"work/{FILE}": data})
    put(tmp_path / "eve" / "my ex2 final.ipynb", data)
    put(tmp_path / "doejane_LATE_1234_56789_ex2_gradient_probe-1.ipynb", data)
    put(tmp_path / "Jane Doe_123456_assignsubmission_file_" / FILE, data)
    put(tmp_path / f"John Roe_99_assignsubmission_file_{FILE}", data)
    put(tmp_path / "submission_42" / FILE, data)
    collected = found(tmp_path, real_course)
    assert set(collected) == {
        *("ada/1", "bob/1", "cleo/1", "dan/1", "eve/1", "doejane_1234/2", "Jane Doe_123456/1"),
        *("John Roe_99/1", "submission_42/1"),
    }
    for one in collected.values():
        assert one.work is not None, one.problem
        assert (one.work.read().source, one.exercise) == ("# %% cell 1\nx = 1\n", "ex2")


def test_a_stub_beside_a_notebook_hides_nothing(tmp_path: Path, real_course: Course) -> None:
    exercise = real_course.exercise("ex2")
    stub, blank = (path.read_bytes() for path in exercise.stubs)
    folder = tmp_path / "ada" / "exercises"
    module = put(folder / exercise.file, stub)
    own = put(folder / "notebooks" / FILE, notebook(code("x = 1")))
    put(tmp_path / "ada" / "checks" / "public" / "ex2.py", b"not this one")
    one = found(tmp_path, real_course)["ada/1"]
    assert one.work is not None
    assert one.work.name == FILE
    assert one.work.settled
    assert one.work.note == f"exercises/{exercise.file} beside it is untouched"
    put(module, stub + b"# mine\n")
    put(own, blank)
    other = found(tmp_path, real_course)["ada/1"]
    assert other.work is not None
    assert other.work.name == exercise.file


def test_notebooks_that_cannot_be_read_are_listed(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "ada" / FILE, b"{}")
    pack(tmp_path / "bob.zip", {FILE: b" " * (20 * 2**20)})
    pack(tmp_path / "cleo.zip", {f"{number}/{FILE}": b" " * 2**24 for number in range(6)})
    (tmp_path / "dan").mkdir()
    os.symlink(put(tmp_path / "eve" / FILE, notebook(code("x = 1"))), tmp_path / "dan" / FILE)
    collected = found(tmp_path, real_course)
    assert "not a notebook in format 4" in collected["ada/1"].problem
    assert "larger than 16 MB" in collected["bob/1"].problem
    assert "unpacks to more than 64 MB" in collected["cleo/1"].problem
    assert "symbolic link" in collected["dan/1"].problem
    assert collected["eve/1"].work is not None


def filled(exercise: Exercise) -> dict[str, object]:
    """The exercise's notebook with the reference in its gaps, as a student leaves it."""
    lines = exercise.reference.read_text(encoding="utf-8").splitlines()
    solved = "\n".join(line for line in lines if "SOLUTION" not in line)
    document: dict[str, list[object]] = json.loads(make_notebook(solved, exercise))
    document["cells"].insert(1, code("%matplotlib inline", "from IPython.display import display"))
    document["cells"].append(code("display(nn.LSTM)", "files = !ls", "nn.LSTM?"))
    return document


def test_a_class_of_notebooks_is_graded(tmp_path: Path, real_course: Course) -> None:
    exercise = real_course.exercise("ex2")
    document = filled(exercise)
    put(tmp_path / "class" / "ada" / FILE, json.dumps(document).encode())
    put(tmp_path / "class" / "ada" / exercise.file, exercise.stub.read_bytes())
    put(tmp_path / "class" / "bob.ipynb", exercise.notebook.read_bytes())
    put(tmp_path / "class" / "cleo" / FILE, notebook(code("1 / 0")))
    put(tmp_path / "class" / "dan" / FILE, b"{}")
    command = ["grader.py", "batch", str(tmp_path / "class"), "--out", str(tmp_path / "out")]
    result = subprocess.run(
        [sys.executable, *command, "--exercise", "ex2", "--plain", "--jobs", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 1, result.stderr
    assert f"chosen: ada ex2: {FILE} ({exercise.file} beside it is untouched)" in result.stdout
    assert "needs attention: dan ex2: " in result.stdout
    with (tmp_path / "out" / "grades.csv").open(encoding="utf-8", newline="") as file:
        scores = {row["submission"]: row["score"] for row in csv.DictReader(file)}
    assert scores == {"ada": "100.0", "bob": "0.0", "cleo": "0.0", "dan": ""}
    page = (tmp_path / "out" / "feedback" / "cleo.html").read_text(encoding="utf-8")
    assert "cell 1, line 1" in page
    lines = (tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    by_score = {json.loads(line)["score"]: json.loads(line) for line in lines}
    assert by_score[100.0]["submission"]["name"] == FILE


# --- the notebooks of the exercises


def test_every_exercise_has_a_valid_notebook_of_the_same_code(real_course: Course) -> None:
    for exercise in real_course.exercises.values():
        document = nbformat.reads(exercise.notebook.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(document)
        stub = ast.parse(exercise.stub.read_text(encoding="utf-8"))
        del stub.body[0]  # the docstring is the text of the first cell
        code_of = ast.parse(read(exercise.notebook, exercise.file).source)
        assert ast.dump(code_of) == ast.dump(stub)
        definitions = [cell for cell in document.cells if cell.source.startswith(("class", "def"))]
        assert len(definitions) == sum(
            isinstance(node, ast.ClassDef | ast.FunctionDef) for node in stub.body
        )
        place = exercise.notebook.relative_to(ROOT)
        assert f"--submission {place}`" in document.cells[0].source
        link = document.cells[-1].source.partition("(")[2].partition(")")[0]
        assert (exercise.notebook.parent / link).resolve() == exercise.questions


def test_statements_between_definitions_stay_in_their_order(real_course: Course) -> None:
    stub = (
        '"""Doc."""\n# one\nimport a\n\nX = 1\nY = 2\n\n\n# of f\n@a\ndef f():\n    pass\n'
        "# end\nZ = 3\n"
    )
    document = json.loads(make_notebook(stub, real_course.exercise("ex1")))
    texts = ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == "code"]
    assert texts == [
        *("# one\nimport a", "X = 1\nY = 2", "# of f\n@a\ndef f():\n    pass", "# end\nZ = 3"),
    ]


def test_the_notebook_of_the_course_is_ones_own_work(
    tmp_path: Path, real_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then hints are kept, and the questions are those of the course."""
    exercise = real_course.exercise("ex2")
    monkeypatch.chdir(exercise.notebook.parent)
    for own in (None, exercise.notebook, Path("."), Path(FILE), exercise.stub, Path("..")):
        assert is_own(own, exercise)
    for other in (tmp_path, tmp_path / FILE, Path("ex1_vanilla_rnn.ipynb"), Path("..", "..")):
        assert not is_own(other, exercise)


def test_an_untouched_notebook_scores_nothing(grader: Grader, real_course: Course) -> None:
    exercise = real_course.exercise("ex2")
    report = grader.grade(exercise, read(exercise.notebook, exercise.file), Plan(seed=1))
    assert report.score == 0
    assert {check.status for check in report.checks} == {Status.NOT_ATTEMPTED}
