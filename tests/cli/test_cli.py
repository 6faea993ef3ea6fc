"""The command line as people and scripts use it, in processes of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grading.course.syllabus import ROOT
from grading.sandbox import rungs
from grading.sandbox.rungs import Rung
from tests.support.command import QUICK, run, valid
from tests.support.patience import PATIENCE

REFERENCE = ROOT / "reference" / "ex1_vanilla_rnn.py"


def test_the_stub_scores_nothing_and_every_check_says_why() -> None:
    result = run("ex1", "--json", "-")
    assert result.returncode == 1
    report = valid(json.loads(result.stdout))
    assert (report["score"], report["max_score"], report["status"]) == (0, 100, "graded")
    assert {check["status"] for check in report["checks"]} == {"not_attempted"}


def test_the_reference_scores_everything() -> None:
    result = run("ex1", "--submission", REFERENCE)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "100 of 100 points" in result.stdout
    assert "\x1b" not in result.stdout


def test_a_report_in_a_file_is_valid_and_a_folder_will_do(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    result = run("ex1", "--submission", ROOT / "reference", "--seed", "7", "--json", target, *QUICK)
    assert result.returncode == 0
    report = valid(json.loads(target.read_text()))
    assert report["seed"] == 7
    assert report["submission"]["name"] == "ex1_vanilla_rnn.py"
    assert list(tmp_path.iterdir()) == [target]
    assert {check["status"] for check in report["checks"]} == {"passed", "not_run"}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["ex1", "--submission", "nowhere.py"], "nowhere.py does not exist"),
        (["ex1", "--submission", "/dev/null"], "neither a file nor a folder"),
        (["ex1", "--submission", "docs"], "does not exist"),
        (["ex1", "--check", "no_such_check"], "there is no check no_such_check"),
        (["ex1", "--seed", "-1"], "--seed"),
        (["ex1", "--json", "no/such/folder/x.json"], "cannot be written"),
        (["ex1", "--json", "docs"], "that is a folder"),
        (["ex1", "--device", "tpu"], "--device"),
        (["ex99"], "ex99"),
    ],
)
def test_wrong_usage_is_one_clear_line_and_exit_code_2(arguments: list[str], word: str) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert word in result.stderr
    assert "Traceback" not in result.stderr
    assert "points" not in result.stdout


def test_a_syntax_error_is_graded_and_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("x = 1\ndef broken(:\n    pass\n")
    result = run("ex1", "--submission", file)
    assert result.returncode == 1
    assert "unreadable" in result.stdout
    assert "line 2:  def broken(:" in result.stdout


def test_files_beside_a_submission_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "ex1_vanilla_rnn.py").write_bytes(REFERENCE.read_bytes())
    for name in ("torch.py", "numpy.py", "conftest.py", "sitecustomize.py", "pytest.py", "json.py"):
        (tmp_path / name).write_text("raise SystemExit('imported a file beside the submission')\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    result = run("ex1", "--submission", tmp_path, *QUICK, cwd=tmp_path, PYTEST_ADDOPTS="--co")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_trusted_process_never_loads_torch() -> None:
    script = f"""
import sys
sys.argv = ["grader.py", "ex1", "--submission", "reference", "--check", "cell_takes_one_step"]
sys.path.insert(0, {str(ROOT)!r})
from grading.cli.main import run
try:
    run()
except SystemExit as end:
    print("exit", end.code, "torch" in sys.modules, "ex1_vanilla_rnn" in sys.modules)
"""
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert result.stdout.splitlines()[-1] == "exit 0 False False"


@pytest.mark.parametrize("rung", Rung)
def test_the_report_says_which_rung_was_in_force(rung: Rung) -> None:
    if reason := rungs.why_not(rung):
        pytest.skip(reason)
    result = run("ex1", "--submission", REFERENCE, "--isolation", rung, "--json", "-", *QUICK)
    assert result.returncode == 0
    isolation = json.loads(result.stdout)["isolation"]
    assert (isolation["rung"], isolation["walls"]) == (rung.value, rung.walls)
    assert isolation["stronger"] == rungs.why_not_stronger(rung)


def test_without_bubblewrap_the_next_rung_is_taken_and_named(tmp_path: Path) -> None:
    # A search path on which bubblewrap cannot be found.
    result = run("ex1", "--submission", REFERENCE, *QUICK, PATH=str(tmp_path))
    assert result.returncode == 0
    lower = Rung.PROCESS if rungs.why_not(Rung.LANDLOCK) else Rung.LANDLOCK
    assert f"isolation {lower}" in result.stdout


def test_a_broken_course_is_the_graders_failure(tmp_path: Path) -> None:
    for name in ("grading", "checks", "reference", "exercises"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "grader.py").write_bytes((ROOT / "grader.py").read_bytes())
    (tmp_path / "course.toml").write_text("title = 3\n")
    script = tmp_path / "grader.py"
    result = subprocess.run(
        [sys.executable, "-c", BROKEN_COURSE.format(path=str(tmp_path), script=str(script))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 3
    assert "not your code's fault" in result.stderr


BROKEN_COURSE = """
import sys
from pathlib import Path
sys.path.insert(0, {path!r})
from grading.course import syllabus
syllabus.ROOT = Path({path!r})
sys.argv = ["grader.py", "ex1"]
from grading.cli.main import run
run()
"""


def test_the_doctor_says_what_there_is() -> None:
    result = run("doctor")
    assert result.returncode == 0
    for word in ("namespaces", "landlock", "process", "worker", "torch"):
        assert word in result.stdout
    assert f"isolation: {rungs.best()}" in result.stdout


def test_the_stubs_are_in_step() -> None:
    assert run("stubs", "--check").returncode == 0


def test_help_lists_the_exercises() -> None:
    result = run("--help")
    assert result.returncode == 0
    assert "ex1" in result.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_grading_leaves_nothing(number: int, tmp_path: Path) -> None:
    file = tmp_path / "slow.py"
    file.write_text("import time\ntime.sleep(100)\n")
    target = tmp_path / "report.json"
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "grader.py"), "ex1", "--submission", file, "--json", target],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    process.stdout.readline()  # the heading: grading has begun
    time.sleep(1)
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["slow.py"]


def test_colors_are_for_terminals_that_want_them(tmp_path: Path) -> None:
    shown = {}
    for name, options, environment in (
        ("color", [], {"NO_COLOR": ""}),
        ("no color", [], {"NO_COLOR": "1"}),
        ("plain", ["--plain"], {"NO_COLOR": ""}),
    ):
        shown[name] = in_terminal(["ex1", *options], {**environment, "TERM": "xterm-256color"})
    assert "\x1b[36m" in shown["color"]
    assert "\x1b[36m" not in shown["no color"]
    assert "\x1b" not in shown["plain"]
    for text in shown.values():
        assert "not attempted" in text
        assert "0 of 100 points" in text


def in_terminal(arguments: list[str], environment: dict[str, str]) -> str:
    """What the grader writes to a terminal."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "grader.py"), *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, **environment},
    )
    os.close(theirs)
    chunks = []
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # the other end was closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(ours)
    process.wait(timeout=PATIENCE)
    return b"".join(chunks).decode()


def test_the_version_names_the_commit() -> None:
    result = run("--version")
    assert result.returncode == 0
    assert result.stdout.startswith("unrolled ")
    if (ROOT / ".git").exists() and shutil.which("git"):
        head = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True
        )
        assert f"(commit {head.stdout[:12]}" in result.stdout
    else:
        assert "no commit" in result.stdout
