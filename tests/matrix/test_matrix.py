"""The matrix: how a cell is judged, kept and shown, and what the workflow runs of it."""

import csv
import json
import os
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from grading.course.syllabus import ROOT
from tests.matrix import verdicts
from tests.matrix.cells import CELLS, PYTHONS, RUNNERS, by_hand, by_runners
from tests.matrix.install import lowest
from tests.matrix.place import PlaceError, find_python, fits
from tests.matrix.records import DIRTY, Record, Result, Verdict, is_done, read
from tests.matrix.steps import RUNGS, STEPS, make_class, steps_of
from tests.matrix.table import NOT_RUN, table
from tests.support.command import called
from tests.support.patience import PATIENCE

WORKFLOW = ROOT / ".github" / "workflows" / "matrix.yml"


def report(score: float | None, check: str = "passed", **changes: Any) -> dict[str, Any]:
    """A report with one check."""
    return {
        "exercise": "ex1",
        "status": "graded" if score is not None else "not_gradable",
        "score": score,
        "max_score": 100,
        "isolation": {"rung": "landlock"},
        "checks": [{"id": "adds", "status": check, "message": "why\nmore"}],
        **changes,
    }


def record(**changes: Any) -> Record:
    values: dict[str, Any] = {
        "cell": "3.11",
        "step": "lab",
        "result": Result.OK,
        "seen": "page",
        "problems": [],
        "wrong_marks": [],
        "seconds": 1.0,
        "versions": {"python": "3.11.9", "torch": "2.13.0+cpu", "numpy": "2.4.6"},
        "system": "Linux",
        "commit": "abc",
    }
    return Record(**{**values, **changes})


# --- verdicts --------------------------------------------------------------------------------


def test_full_marks_for_a_reference_are_right() -> None:
    found = verdicts.references([report(100), report(100)], "landlock")
    assert found.result is Result.OK
    assert found.seen == "100 on all 2"


def test_a_reference_that_loses_points_is_a_wrong_mark() -> None:
    found = verdicts.references([report(2.5, "failed")], "landlock")
    assert found.result is Result.FAILED
    assert found.wrong_marks == ["ex1: 2.5 in place of 100"]
    assert found.problems == ["ex1: adds failed: why"]


def test_no_score_is_a_problem_and_no_wrong_mark() -> None:
    found = verdicts.references([report(None, "grader_error")], "landlock")
    assert found.result is Result.FAILED
    assert found.seen == verdicts.NO_SCORE
    assert found.wrong_marks == []
    assert "ex1: not_gradable" in found.problems


def test_a_score_from_another_rung_is_a_problem() -> None:
    assert verdicts.references([report(100)], "process").result is Result.FAILED


def test_no_report_at_all_is_a_problem() -> None:
    assert verdicts.references([], "landlock").result is Result.FAILED


@pytest.mark.parametrize(
    ("given", "result", "wrong"),
    [
        (report(0.0, "not_attempted"), Result.OK, 0),
        (report(5.0, "not_attempted"), Result.FAILED, 1),
        (report(0.0, "crashed"), Result.FAILED, 0),
    ],
)
def test_a_stub_gets_nothing_because_nobody_attempted_it(
    given: dict[str, Any], result: Result, wrong: int
) -> None:
    found = verdicts.stubs([given], "landlock")
    assert found.result is result
    assert len(found.wrong_marks) == wrong


def row(name: str, score: str, status: str = "graded") -> dict[str, str]:
    return {
        "submission": name,
        "exercise": "ex1",
        "status": status,
        "score": score,
        "problem": "",
    }


@pytest.mark.parametrize(
    ("rows", "problems", "wrong"),
    [
        ([row("a", "100"), row("b", "0.0")], 0, 0),
        ([row("a", "92"), row("b", "0.0")], 0, 1),
        ([row("a", "100"), row("b", "1")], 0, 1),
        ([row("a", "", "not_gradable"), row("b", "0")], 1, 0),
        ([row("a", "100")], 1, 0),
        ([row("a", "100"), row("b", "0"), row("c", "0")], 1, 0),
    ],
)
def test_a_class_is_compared_with_the_truth(
    rows: list[dict[str, str]], problems: int, wrong: int
) -> None:
    found = verdicts.grades(rows, {("a", "ex1"): 100.0, ("b", "ex1"): 0.0})
    assert (len(found.problems), len(found.wrong_marks)) == (problems, wrong)


def test_a_class_has_the_truth_beside_it_and_no_two_equal_files(tmp_path: Path) -> None:
    truth = make_class(tmp_path / "class", tmp_path / "truth.csv")
    files = list((tmp_path / "class").glob("*/*.py"))
    assert len(files) == len(truth) == 24
    assert len({path.read_bytes() for path in files}) == len(files)
    rows = list(csv.DictReader((tmp_path / "truth.csv").open()))
    kept = {(row["submission"], row["exercise"]): float(row["score"]) for row in rows}
    assert kept == truth


@pytest.mark.parametrize(
    ("output", "code", "seen", "problems"),
    [
        ("...\n3 passed, 1 skipped in 2.1s\n", 0, "3 passed, 1 skipped", []),
        (
            "F\nFAILED tests/a.py::b - assert 1\n1 failed, 2 passed in 3s\n",
            1,
            "1 failed, 2 passed",
            ["tests/a.py::b - assert 1"],
        ),
        ("Killed", -9, "no result", ["exit code -9: Killed"]),
    ],
)
def test_what_pytest_said(output: str, code: int, seen: str, problems: list[str]) -> None:
    found = verdicts.tests(output, code)
    assert (found.seen, found.problems) == (seen, problems)


# --- cells -----------------------------------------------------------------------------------


def test_every_supported_python_is_in_a_cell() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={PYTHONS[0]}"
    assert {cell.python for cell in by_hand()} >= set(PYTHONS)
    assert len(CELLS) == len([*by_hand(), *by_runners()])


def test_the_lowest_versions_are_those_that_are_declared(tmp_path: Path) -> None:
    pins = lowest(ROOT / "pyproject.toml")
    assert {"torch==2.4", "numpy==1.26"} <= set(pins)
    assert not any(pin.startswith("unrolled") for pin in pins)
    vague = tmp_path / "pyproject.toml"
    vague.write_text(
        '[project]\nname = "x"\ndependencies = ["torch"]\n[project.optional-dependencies]\n'
    )
    with pytest.raises(ValueError, match="torch"):
        lowest(vague)


@pytest.mark.parametrize(
    ("cell", "version", "fitting"),
    [("3.12", "3.12.1\n", True), ("3.11.2", "3.11.7", False), ("3.12", "3.1.2", False)],
)
def test_which_python_a_cell_takes(cell: str, version: str, fitting: bool) -> None:
    assert fits(CELLS[cell], version) is fitting


def test_a_python_that_is_not_there_is_named() -> None:
    with pytest.raises(PlaceError, match=r"no Python 3\.11\.2 is no-such-python"):
        find_python(CELLS["3.11.2"], "no-such-python")


# --- records and their table -----------------------------------------------------------------


def test_a_step_is_done_on_its_own_commit_alone(tmp_path: Path) -> None:
    record().write(tmp_path)
    assert list(read(tmp_path)) == [record()]
    assert is_done(tmp_path, "3.11", "lab", "abc")
    assert not is_done(tmp_path, "3.11", "lab", "abd")
    assert not is_done(tmp_path, "3.12", "lab", "abc")
    record(commit=f"abc{DIRTY}").write(tmp_path)
    assert not is_done(tmp_path, "3.11", "lab", f"abc{DIRTY}")


def test_the_table_shows_what_failed_and_what_was_not_run() -> None:
    step = f"references-{RUNGS[0]}"
    shown = table(
        [CELLS["3.11"], CELLS["3.12"]],
        [
            record(),
            record(step=step, result=Result.FAILED, seen="100, 2.5", wrong_marks=["ex2: 2.5"]),
            record(step=f"references-{RUNGS[1]}", result=Result.ABSENT, seen=""),
        ],
    )
    head, line, run, other = shown.splitlines()
    assert head.count("|") == line.count("|") == run.count("|") == other.count("|")
    cells = dict(zip(head.split(" | "), run.split(" | "), strict=True))
    assert cells["Python, torch, numpy"] == "3.11.9, 2.13.0+cpu, 2.4.6"
    assert cells[f"references, {RUNGS[0]}"] == "**100, 2.5**"
    assert cells[f"references, {RUNGS[1]}"] == "not available"
    assert cells["lab"] == "page"
    assert cells["tests"] == NOT_RUN
    assert cells["wrong marks |"] == "**1** |"
    assert other.startswith(f"| 3.12 | {NOT_RUN} |")


@pytest.mark.parametrize(
    ("verdict", "result"),
    [
        (Verdict("x"), Result.OK),
        (Verdict("x", ["p"]), Result.FAILED),
        (Verdict("x", [], ["w"]), Result.FAILED),
        (Verdict("", ["why"], absent=True), Result.ABSENT),
    ],
)
def test_what_a_verdict_comes_to(verdict: Verdict, result: Result) -> None:
    assert verdict.result is result


# --- the command and the workflow ------------------------------------------------------------


def matrix(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return called(sys.executable, "-m", "tests.matrix", *arguments, **environment)


def here(out: Path) -> list[str | Path]:
    """The arguments for this very Python and what is installed in it."""
    cell = ".".join(map(str, sys.version_info[:2]))
    return [cell, "--python", sys.executable, "--venv", sys.prefix, "--reuse", "--out", out]


def test_stubs_are_graded_and_kept(tmp_path: Path) -> None:
    done = matrix(*here(tmp_path), "--steps", "stubs-process")
    assert done.returncode == 0, done.stdout
    (kept,) = read(tmp_path)
    assert kept.result is Result.OK
    assert kept.seen == "0 on all 4"
    assert kept.versions["torch"]


def test_a_rung_that_cannot_be_had_is_kept_with_its_reason(tmp_path: Path) -> None:
    without_bubblewrap = str(tmp_path)
    git = subprocess.run(["which", "git"], capture_output=True, text=True, check=True)
    (tmp_path / "git").symlink_to(git.stdout.strip())
    done = matrix(*here(tmp_path), "--steps", "stubs-namespaces", PATH=without_bubblewrap)
    assert done.returncode == 0, done.stdout + done.stderr
    (kept,) = read(tmp_path)
    assert kept.result is Result.ABSENT
    assert len(kept.problems) == 1


@pytest.mark.parametrize(
    "arguments",
    [("no-such-cell",), ("3.11", "--steps", "no-such-step"), ("3.11.2", "--python", "none"), ()],
)
def test_a_call_that_makes_no_sense_gets_one_line(arguments: tuple[str, ...]) -> None:
    done = matrix(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_run_that_is_told_to_end_takes_what_it_started_with_it(tmp_path: Path) -> None:
    if not Path("/proc/self/task").exists():
        pytest.skip("no /proc here to find what was started")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.matrix", *map(str, here(tmp_path)), "--steps", "references"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    graders: list[Path] = []
    # Once a grader has started processes itself, the matrix is waiting for it.
    while not any(started_by(int(grader.name), "python") for grader in graders):
        assert process.poll() is None
        graders = started_by(process.pid, "grader.py")
        time.sleep(0.01)
    process.terminate()
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert errors.startswith("matrix: interrupted")
    assert not any(grader.exists() for grader in graders)


def started_by(pid: int, program: str) -> list[Path]:
    """The folders in /proc of the children that run this program."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        folder = Path("/proc", child)
        # A child may end while it is looked at.
        with suppress(FileNotFoundError, ProcessLookupError):
            if program in (folder / "cmdline").read_bytes().decode():
                found.append(folder)
    return found


def test_the_workflow_runs_the_cells_of_the_runners(tmp_path: Path) -> None:
    jobs = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    (listing,) = [step["run"] for step in jobs["cells"]["steps"] if "run" in step]
    output = tmp_path / "output"
    environment = {**os.environ, "GITHUB_OUTPUT": str(output)}
    subprocess.run(["bash", "-ec", listing], cwd=ROOT, env=environment, check=True)
    cells = json.loads(output.read_text().removeprefix("cells="))
    assert {cell["cell"] for cell in cells} == {cell.name for cell in by_runners()}
    assert {cell["runner"] for cell in cells} == set(RUNNERS)
    used = set(jobs["cell"]["strategy"]["matrix"])
    assert used == {"include"}
    assert all(set(cell) == {"cell", "runner", "python"} for cell in cells)
    (command,) = [
        step["run"] for step in jobs["cell"]["steps"] if "tests.matrix" in step.get("run", "")
    ]
    named = command.replace('"$CELL"', cells[0]["cell"]).removeprefix("python -m tests.matrix ")
    # The command is one that is understood: this one ends at a Python that is not there.
    done = matrix(*named.split(), "--python", "no-such-python")
    assert "no-such-python" in done.stderr


def test_the_workflow_runs_for_the_default_branch_and_can_only_read() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    # YAML reads the key `on` as true.
    assert set(workflow[True]) == {"push", "workflow_dispatch"}
    assert "default_branch" in workflow["jobs"]["cells"]["if"]
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["cell"]["needs"] == "cells"


def test_a_runner_grades_references_and_stubs_on_every_rung() -> None:
    wanted = {f"{what}-{rung}" for what in ("references", "stubs") for rung in RUNGS}
    assert all(set(steps_of(cell)) == wanted for cell in by_runners())
    assert all(steps_of(cell) == list(STEPS) for cell in by_hand())


def test_the_page_has_every_cell() -> None:
    page = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    for cell in by_hand():
        assert f"| {cell.name} |" in page
    for runner in RUNNERS:
        assert f"| `{runner}` |" in page
