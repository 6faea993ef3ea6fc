"""The labs of exercises 1 and 2 in short settings, and what all labs have in common."""

import csv
import re
import shlex
import signal
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from lab.leaderboard import Leaderboard
from lab.settings import Settings, command, parse, setting
from lab.student import explain, load

from grading.cli.main import main
from grading.course import syllabus
from grading.course.syllabus import ROOT, Course
from grading.errors import UsageError
from tests.support.labs import check_in_a_browser, check_page, interrupt, run

SINE_FIGURES = {"prediction", "progress", "losses"}
QUICK = ("--iterations", "40", "--reporting-interval", "20", "--seed", "3")
COMPARED = (*QUICK, "--compare", "--initializations", "2")


@pytest.fixture(scope="module")
def sine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python grader.py lab ex1 --compare` leaves, on the reference."""
    out = tmp_path_factory.mktemp("sine")
    result = run("ex1", *COMPARED, "--reference", "--out", out)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert "iteration     40   training loss" in result.stdout
    return out


@pytest.fixture
def without_jupyter(tmp_path: Path) -> dict[str, str]:
    """An environment in which one of Jupyter's packages cannot be imported."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['jupytext'] = None\n")
    return {"PYTHONPATH": str(tmp_path)}


def rows(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((out / "leaderboard.csv").open()))


def test_sine_leaves_plots_a_notebook_and_a_page(sine: Path) -> None:
    text = check_page(sine, "sine", "ex1", SINE_FIGURES | {"comparison", "warm_start_2"})
    assert "Losses of 2 networks" in text
    assert "of 2 networks, teacher forcing gave" in text
    assert "The lowest sampling losses of 13 so far" in text


def test_the_page_of_sine_in_a_browser(sine: Path, tmp_path: Path) -> None:
    check_in_a_browser(sine / "sine.html", tmp_path)


def test_interrupting_keeps_what_is_done(sine: Path) -> None:
    before = rows(sine)
    assert len(before) == 1 + 6 * 2
    for figure in sine.glob("*.png"):
        figure.unlink()
    many = ("--iterations", "9999999", "--reporting-interval", "20", "--compare", "--reference")
    code, printed, errors = interrupt(
        "ex1", *many, "--out", sine, after="iteration ", signal=signal.SIGINT
    )
    assert (code, errors) == (130, "sine: interrupted: the page shows the results so far\n")
    # The training that came to an early end is shown, and no experiment was begun after it.
    text = check_page(sine, "sine", "ex1", SINE_FIGURES)
    assert "unroll 62" not in printed
    assert rows(sine)[: len(before)] == before
    (last,) = rows(sine)[len(before) :]
    assert 20 <= int(last["iterations"]) < 9999999
    assert f"iteration {last['iterations']} training loss" in text


def test_interrupting_before_there_is_anything_leaves_an_earlier_page_alone(tmp_path: Path) -> None:
    page = tmp_path / "sine.html"
    page.write_text("an earlier page")
    # Now torch is being imported, for about a second.
    code, printed, errors = interrupt(
        "labs/sine.py", "--reference", "--out", tmp_path, after="Again:", signal=signal.SIGTERM
    )
    assert (code, errors) == (130, "sine: interrupted\n")
    assert "iteration" not in printed
    assert page.read_text() == "an earlier page"


def test_without_jupyter_there_are_plots_and_code_is_run_as_it_is(
    sine: Path, tmp_path: Path, without_jupyter: dict[str, str]
) -> None:
    # Written in the style of the tutorial, which cannot be vectorized over networks.
    text = (ROOT / "reference" / "ex1_vanilla_rnn.py").read_text()
    for old, new in (
        ("outputs: list[Tensor] = []", "outputs = torch.zeros(*inputs.shape[:2], 1)"),
        ("outputs[-1], hidden)", "outputs[i - 1].clone(), hidden)"),
        ("outputs.append(output)", "outputs[i] = output"),
        ("torch.stack(outputs)", "outputs"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    work, out = tmp_path / "work.py", tmp_path / "out"
    work.write_text(text)
    arguments = ("labs/sine.py", *COMPARED, "--submission", work, "--out", out)
    result = run(*arguments, **without_jupyter)
    assert result.returncode == 0, result.stderr
    assert result.stderr.startswith("sine: plots, but no page: pip install")
    assert "cannot be run for several networks at once" in result.stdout
    plots = {f"{name}.png" for name in (*SINE_FIGURES, "comparison", "warm_start_2")}
    assert {path.name for path in out.iterdir()} == plots | {"leaderboard.csv"}
    # One after the other, these networks become what the reference's became side by side.
    for mine, theirs in zip(rows(out), rows(sine), strict=False):
        assert mine["unroll_length"] == theirs["unroll_length"]
        for loss in ("training_loss", "sampling_loss"):
            assert float(mine[loss]) == pytest.approx(float(theirs[loss]), abs=1e-4)


def test_gradients_as_a_script(tmp_path: Path) -> None:
    arguments = ("--reference", "--draws", "3", "--long-sequence-length", "40", "--seed", "5")
    result = run("labs/gradients.py", *arguments, "--out", tmp_path)
    assert result.returncode == 0, result.stderr
    check_page(tmp_path, "gradients", "ex2", {"gradients", "long_sequences", "exact"})
    found = re.search(r"measurement and formula: (\S+)", result.stdout)
    assert found is not None
    assert float(found[1]) < 1e-12
    # At distance 39 every forget bias keeps more than the next smaller one.
    table = result.stdout.split("distance 39")[1]
    lines = [line for line in table.splitlines() if line.startswith("LSTM")]
    kept = [float(re.split("  +", line)[-2].split()[0]) for line in lines]
    assert len(kept) == 5
    assert kept == sorted(kept)


def test_an_unfinished_exercise_is_one_line(tmp_path: Path) -> None:
    page = tmp_path / "sine.html"
    page.write_text("an earlier page")
    stub = (ROOT / "exercises" / "ex1_vanilla_rnn.py").read_text().splitlines()
    gap = 1 + stub.index("        raise NotImplementedError")
    result = run("sine", *QUICK, "--out", tmp_path)
    assert result.returncode == 2
    assert result.stderr == (
        "sine: VanillaRNNCell.__init__ is still to be written: "
        f"exercises/ex1_vanilla_rnn.py, line {gap}\n"
    )
    assert page.read_text() == "an earlier page"
    assert not (tmp_path / "leaderboard.csv").exists()


def test_an_unfinished_exercise_is_one_line_without_jupyter_too(
    tmp_path: Path, without_jupyter: dict[str, str]
) -> None:
    result = run("ex2", "--out", tmp_path / "out", **without_jupyter)
    assert result.returncode == 2
    line = result.stderr.splitlines()[-1]
    assert line.startswith("gradients: probe_list is still to be written: exercises/ex2_gradient")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(:", r"SyntaxError: invalid syntax \(line 1\): .*work.py cannot be imported"),
        ("\n1 / 0", r"ZeroDivisionError: division by zero \(line 2\): .*work.py cannot be .*"),
        ("import sys\nsys.exit(0)", r"SystemExit: 0 \(line 2\): .*work.py cannot be imported"),
        ("VanillaRNN = 1", r".*work.py has no VanillaRNNCell: the lab needs it"),
    ],
)
def test_code_that_cannot_be_used_is_one_line(tmp_path: Path, source: str, message: str) -> None:
    work = tmp_path / "work.py"
    work.write_text(source)
    with pytest.raises(UsageError) as error:
        load("ex1", ("VanillaRNN", "VanillaRNNCell"), work, reference=False)
    assert re.fullmatch(message, str(error.value))


def test_a_fault_in_the_code_is_told_with_its_place(tmp_path: Path) -> None:
    work = tmp_path / "work.py"
    work.write_text("class A:\n    def f(self):\n        return [][1]\n")
    loaded = load("ex1", ("A",), work, reference=False)
    with pytest.raises(IndexError) as error:
        loaded.module.A().f()
    ending = explain(error.value)
    assert ending.code == 2
    assert ending.line == f"IndexError: list index out of range in A.f: {work}, line 3"


def test_a_fault_of_the_lab_is_not_blamed_on_the_student() -> None:
    ending = explain(ValueError("what"))
    assert ending.code == 3
    assert "this is a fault of the lab" in ending.line


def test_a_student_s_edition_has_no_reference(
    monkeypatch: pytest.MonkeyPatch, real_course: Course, tmp_path: Path
) -> None:
    moved = replace(real_course.exercise("ex1"), root=tmp_path)
    monkeypatch.setattr(
        "grading.course.syllabus.load", lambda root: replace(real_course, exercises={"ex1": moved})
    )
    with pytest.raises(UsageError, match="this edition of the course comes without the reference"):
        load("ex1", (), None, reference=True)


@dataclass(frozen=True, kw_only=True)
class Example(Settings):
    steps: int = setting(10, "steps", low=1, high=100)
    rate: float = setting(0.5, "rate", low=0.0)
    kind: str = setting("a", "kind", choices=("a", "b"))
    fast: bool = setting(False, "fast")
    shown: bool = setting(True, "shown")


def test_settings_are_options_and_options_are_settings() -> None:
    assert parse(Example, "example", []) == Example()
    assert command(Example(), "example") == "python labs/example.py"
    words = shlex.split("--steps 7 --rate 0.1 --kind b --fast --no-shown --seed 0 --out 'a folder'")
    settings = parse(Example, "example", words)
    assert settings == Example(
        steps=7, rate=0.1, kind="b", fast=True, shown=False, seed=0, out=Path("a folder")
    )
    python, script, *again = shlex.split(command(settings, "example"))
    assert (python, script) == ("python", "labs/example.py")
    assert parse(Example, "example", again) == settings


@pytest.mark.parametrize(
    "words", ["--steps 0", "--steps 101", "--steps x", "--rate nan", "--kind c", "--what 1", "1"]
)
def test_options_that_make_no_sense_are_one_line(words: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(Example, "example", words.split())
    assert "\n" not in str(error.value)
    assert "python labs/example.py --help" in str(error.value)


def test_a_leaderboard_only_grows(tmp_path: Path) -> None:
    path = tmp_path / "board.csv"
    board = Leaderboard(path, ("loss", "name"))
    board.append([{"loss": 1, "name": "a, b"}])
    # An editor left out the last line's end.
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    board.append([{"loss": 2, "name": "c"}, {"loss": 3, "name": "d"}])
    kept = Leaderboard(path, ("loss", "name")).rows()
    assert [(row["loss"], row["name"]) for row in kept] == [("1", "a, b"), ("2", "c"), ("3", "d")]


@pytest.mark.parametrize("content", [b"other,columns\n1,2\n", b"loss,name\n1\n", b"\xff", b"a"])
def test_what_is_no_leaderboard_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "board.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="move it away"):
        Leaderboard(path, ("loss", "name"))
    assert path.read_bytes() == content


def test_a_course_knows_its_labs(real_course: Course) -> None:
    assert real_course.labs("ex1") == ("sine",)
    assert real_course.labs("gradients") == ("gradients",)
    with pytest.raises(UsageError, match="there is no lab ex9: this course has ex1, ex2"):
        real_course.labs("ex9")


def test_a_lab_without_its_script_is_said(
    tmp_path: Path, real_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syllabus, "load", lambda root: real_course)
    monkeypatch.setattr(syllabus, "ROOT", tmp_path)
    result = CliRunner().invoke(main, ["lab", "ex1"])
    assert isinstance(result.exception, UsageError)
    assert "course.toml names the lab sine, but there is no" in str(result.exception)


def test_the_command_line_says_what_labs_there_are() -> None:
    result = CliRunner().invoke(main, ["lab", "--help"])
    assert result.exit_code == 0
    assert "python grader.py lab ex1 --help" in result.output


def test_several_labs_are_run_one_after_the_other() -> None:
    result = run("labs/__main__.py", "sine", "gradients", "--", "--help")
    assert result.returncode == 0
    assert "--unroll-length" in result.stdout.split("usage: ")[1]
    assert "--long-sequence-length" in result.stdout.split("usage: ")[2]
    # The first that goes wrong is the last.
    result = run("labs/__main__.py", "sine", "gradients", "--", "--iterations", "0")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "sine: argument --iterations: 0 is below 1 (see python labs/sine.py --help)\n"
    )
