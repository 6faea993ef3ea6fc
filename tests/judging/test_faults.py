"""Faults of the grader's own world: never a wrong mark, and nothing left behind."""

import contextlib
import functools
import json
import os
import resource
import select
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from grading.course import syllabus
from grading.course.syllabus import ROOT, Exercise
from grading.errors import GraderError
from grading.judging.answers import AnswerBook
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import Report, Status
from grading.sandbox import rungs
from grading.sandbox.client import Sandbox, Worker
from grading.sandbox.limits import Limits
from grading.sandbox.processes import Zygote
from grading.sandbox.rungs import Rung
from grading.submission.file import from_bytes
from tests.support.command import QUICK, SCHEMA, run
from tests.support.patience import PATIENCE
from tests.support.processes import all_gone, running
from tests.support.toy import HIDDEN_CHECKS, PUBLIC_CHECKS, REFERENCE, make_course
from tests.support.workers import STRONG

RIGHT = REFERENCE
EX1 = ROOT / "reference" / "ex1_vanilla_rnn.py"
EX3 = ROOT / "reference" / "ex3_text_model.py"
DAY = 24 * 3600.0
needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")


def graded(
    grader: Grader, exercise: Exercise, on_start: Callable[[str], None], source: str = RIGHT
) -> Report:
    work = from_bytes(source.encode(), exercise.file)
    return grader.grade(exercise, work, Plan(seed=1), on_start=on_start)


def at_check(number: int, deed: Callable[[], None]) -> Callable[[str], None]:
    """An `on_start` that does something when so many checks have begun."""
    begun = count(1)

    def on_start(title: str) -> None:
        if next(begun) == number:
            deed()

    return on_start


def kill_all(mark: str) -> None:
    """Kill until none is left: one that was forked after the list was made is not on it."""
    deadline = time.monotonic() + PATIENCE
    while (found := running(mark)) and time.monotonic() < deadline:
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.01)
    assert not running(mark)


def statuses(report: Report) -> list[Status]:
    return [check.status for check in report.checks]


def assert_not_gradable(report: Report) -> None:
    document = report.to_json()
    Draft202012Validator(SCHEMA).validate(document)
    assert (document["status"], document["score"]) == ("not_gradable", None)


@pytest.fixture
def own_course(tmp_path: Path) -> Path:
    """A copy of the whole course, to be damaged."""
    parts = ("grading", "checks", "data", "reference", "exercises")
    for name in parts:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("grader.py", "course.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run_in(course: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line of a copy of the course."""
    return subprocess.run(
        [sys.executable, str(course / "grader.py"), *map(str, arguments)],
        cwd=course,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def assert_clear(result: subprocess.CompletedProcess[str], word: str) -> None:
    """The grader failed, says so in words, and gives no points."""
    assert result.returncode == 3, result.stdout + result.stderr
    assert word in result.stderr
    assert "Traceback" not in result.stderr
    assert " of 100 points" not in result.stdout


# --- processes that die


@needs_proc
@pytest.mark.parametrize("when", [1, 2])
@pytest.mark.parametrize("rung", STRONG)
def test_a_zygote_killed_while_grading_makes_it_not_gradable(
    marked: str, tmp_path: Path, rung: Rung, when: int
) -> None:
    if reason := rungs.why_not(rung):
        pytest.skip(reason)
    exercise = make_course(tmp_path, PUBLIC_CHECKS, HIDDEN_CHECKS).exercise("toy")
    descriptors = len(os.listdir("/proc/self/fd"))
    with Grader(rung, Zygote(rung)) as grader:
        scratch = Path(grader.sandbox.scratch.name)
        report = graded(grader, exercise, at_check(when, lambda: kill_all(marked)))
    assert_not_gradable(report)
    assert statuses(report)[when - 1 :] == [Status.GRADER_ERROR] * (3 - when)
    assert statuses(report)[: when - 1] == [Status.PASSED] * (when - 1)
    assert not scratch.exists()
    assert len(os.listdir("/proc/self/fd")) == descriptors


@needs_proc
def test_a_zygote_that_dies_when_all_is_done_costs_nothing(marked: str, tmp_path: Path) -> None:
    if rungs.best() is Rung.PROCESS:
        pytest.skip("this machine has no zygote")
    exercise = make_course(tmp_path, PUBLIC_CHECKS, HIDDEN_CHECKS).exercise("toy")
    results = count(1)
    with Grader(rungs.best(), Zygote(rungs.best())) as grader:
        report = grader.grade(
            exercise,
            from_bytes(RIGHT.encode(), exercise.file),
            Plan(seed=1),
            on_result=lambda result: kill_all(marked) if next(results) == 2 else None,
        )
    assert report.score == 100


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[Worker]:
    """Every worker that is started, in order: the reference's first, then the student's."""
    started: list[Worker] = []
    start = Sandbox.start

    def noting(sandbox: Sandbox, limits: Limits) -> Worker:
        started.append(start(sandbox, limits))
        return started[-1]

    monkeypatch.setattr(Sandbox, "start", noting)
    return started


@pytest.fixture
def fresh(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Grader, Exercise]]:
    """A grader whose references nobody has asked yet, and the toy exercise."""
    answers: dict[str, AnswerBook] = {}
    with monkeypatch.context() as patch:
        patch.setattr(grader, "answers", answers)
        patch.setattr(grader, "proofs", {})
        yield grader, make_course(tmp_path / "toy", PUBLIC_CHECKS, HIDDEN_CHECKS).exercise("toy")
    for book in answers.values():
        book.close()


def test_a_reference_killed_while_grading_makes_it_not_gradable(
    workers: list[Worker], fresh: tuple[Grader, Exercise]
) -> None:
    grader, exercise = fresh

    def kill_the_reference() -> None:
        reference = workers[0]
        reference.process.kill()
        # Until it is dead, so that it is the next question that finds out.
        assert select.select([reference.pipes[1]], [], [], PATIENCE)[0]

    report = graded(grader, exercise, at_check(2, kill_the_reference))
    assert statuses(report) == [Status.PASSED, Status.GRADER_ERROR]
    assert_not_gradable(report)
    # The next submission is not affected: the reference has a new worker.
    assert graded(grader, exercise, lambda title: None).score == 100


@pytest.mark.parametrize("dead_already", [False, True])
def test_a_students_worker_that_dies_costs_the_check_it_died_in_and_no_other(
    workers: list[Worker], fresh: tuple[Grader, Exercise], dead_already: bool
) -> None:
    grader, exercise = fresh

    def kill_the_student() -> None:
        _, student = workers
        student.process.kill()
        if dead_already:
            assert select.select([student.pipes[1]], [], [], PATIENCE)[0]

    checks = PUBLIC_CHECKS.replace("doubles", "doubles_again").replace("60", "10")
    checks = checks.replace("AXES", "AXES_AGAIN")
    (exercise.root / "checks" / "hidden" / "toy.py").write_text(checks + HIDDEN_CHECKS)
    report = graded(grader, exercise, at_check(2, kill_the_student))
    assert statuses(report) == [Status.PASSED, Status.CRASHED, Status.PASSED]
    assert "ended by SIGKILL" in report.checks[1].message
    assert (report.score, report.max_score) == (100, 110)


# --- places that cannot be written to


def test_a_full_disk_under_standard_output_is_the_graders_failure() -> None:
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "grader.py", "ex1", "--submission", str(EX1), "--json", "-", *QUICK],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
        )
    assert result.returncode == 3
    assert "No space left" in result.stderr


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    # A link, so that should it be replaced after all, the link is gone and not the device.
    target = tmp_path / "report.json"
    target.symlink_to("/dev/full")
    result = run("ex1", "--submission", EX1, "--json", target, *QUICK)
    assert result.returncode == 3
    assert "No space left" in result.stderr
    assert target.is_symlink()
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)
    assert list(tmp_path.iterdir()) == [target]


def test_a_report_that_does_not_fit_leaves_nothing_and_the_old_one_alone(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_text("the old report")
    result = subprocess.run(
        [sys.executable, "grader.py", "ex1", "--submission", EX1, "--json", target, *QUICK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        preexec_fn=functools.partial(soft_limit, resource.RLIMIT_FSIZE, 1024),
    )
    assert result.returncode == 3
    assert "File too large" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert target.read_text() == "the old report"


def soft_limit(what: int, value: int) -> None:
    resource.setrlimit(what, (value, resource.getrlimit(what)[1]))


def test_a_read_only_folder_is_refused_before_any_work(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o555)
    obedient: list[str] = []
    if os.geteuid() == 0:  # whom no mode stops, unless this power is taken
        obedient = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is not installed")
    result = subprocess.run(
        [*obedient, sys.executable, "grader.py", "ex1", "--json", str(folder / "report.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 2, result.stderr
    assert "cannot be written to" in result.stderr
    assert result.stdout == ""


class Descriptors:
    """Takes descriptors away from this process, and gives them back."""

    def __init__(self) -> None:
        self._usual = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._held: list[int] = []

    def leave(self, free: int) -> None:
        soft_limit(resource.RLIMIT_NOFILE, max(map(int, os.listdir("/proc/self/fd"))) + 16)
        with contextlib.suppress(OSError):
            while True:
                self._held.append(os.dup(0))
        for _ in range(free):
            os.close(self._held.pop())

    def give_back(self) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, self._usual)
        while self._held:
            os.close(self._held.pop())


@pytest.fixture
def table() -> Iterator[Descriptors]:
    table = Descriptors()
    yield table
    table.give_back()


@needs_proc
@pytest.mark.parametrize("free", [1, 3, 5, 6])
def test_want_of_descriptors_while_grading_gives_no_wrong_mark_and_passes(
    fresh: tuple[Grader, Exercise], table: Descriptors, free: int
) -> None:
    grader, exercise = fresh
    graded(grader, exercise, lambda title: None)  # so that the reference has its worker
    descriptors = len(os.listdir("/proc/self/fd"))
    report = graded(grader, exercise, at_check(1, lambda: table.leave(free)))
    table.give_back()
    assert_not_gradable(report)
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert graded(grader, exercise, lambda title: None).score == 100


# --- interruptions

INTERRUPTED = """
import sys
sys.argv = ["grader.py", "ex1", "--submission", "reference"]
from grading.sandbox import processes
processes.BOOT += "  # {mark}"
start = processes.Zygote.__init__
def announced(self, *arguments, **options):
    start(self, *arguments, **options)
    print("zygote up", flush=True)
processes.Zygote.__init__ = announced
from grading.cli.main import run
run()
"""


@needs_proc
@pytest.mark.parametrize("pause", [0.0, 0.5])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_while_the_zygote_starts_leaves_no_process(
    marked: str, tmp_path: Path, number: int, pause: float
) -> None:
    if rungs.best() is Rung.PROCESS:
        pytest.skip("this machine has no zygote")
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED.format(mark=marked)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "zygote up\n"
    time.sleep(pause)
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert all_gone(marked)
    assert list(tmp_path.iterdir()) == []


LOST = """
import os, signal, sys, threading
from grading.cli import main

class Callback:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        sum(range(1000))

def command(**options):
    callback = Callback()
    del callback
    print("lost", flush=True)
    threading.Event().wait()

main.main = command
main.run()
"""


def test_an_interruption_that_python_loses_comes_again() -> None:
    """An exception in a destructor or in a callback of a weak reference ends nothing."""
    end = subprocess.run(
        [sys.executable, "-c", LOST], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (end.returncode, end.stdout) == (130, "lost\n"), end.stderr
    assert end.stderr.endswith("grader: interrupted\n")


# --- a clock that is set


@pytest.mark.parametrize("step", [3 * DAY, -3 * DAY])
def test_nothing_depends_on_the_clock_on_the_wall(
    monkeypatch: pytest.MonkeyPatch, fresh: tuple[Grader, Exercise], step: float
) -> None:
    grader, exercise = fresh
    now, calls = time.time(), count()

    def jumping() -> float:
        return now + step * next(calls)

    monkeypatch.setattr(time, "time", jumping)
    # Where pytest keeps its own.
    monkeypatch.setattr("_pytest.timing.time", jumping)
    report = graded(grader, exercise, lambda title: None)
    wrong = graded(grader, exercise, lambda title: None, "def double(values): return values")
    monkeypatch.undo()
    assert next(calls) > 0, "nobody asked for the time"
    assert (report.score, wrong.score) == (100, 0)
    for one in (report, wrong):
        Draft202012Validator(SCHEMA).validate(one.to_json())
        assert all(check.seconds < DAY for check in one.checks)


# --- a damaged course


def test_a_missing_corpus_is_the_graders_failure_where_it_is_needed(own_course: Path) -> None:
    shutil.rmtree(own_course / "data" / "shakespeare")
    result = run_in(own_course, "ex3", "--submission", EX3, "--json", own_course / "report.json")
    assert_clear(result, "corpus file")
    report = json.loads((own_course / "report.json").read_text())
    Draft202012Validator(SCHEMA).validate(report)
    assert (report["status"], report["score"]) == ("not_gradable", None)
    assert run_in(own_course, "ex1", "--submission", EX1, *QUICK).returncode == 0


def test_damaged_thresholds_are_the_graders_failure(
    own_course: Path, fresh: tuple[Grader, Exercise]
) -> None:
    grader, _ = fresh
    exercise = syllabus.load(own_course).exercise("ex1")
    work = from_bytes(EX1.read_bytes(), EX1.name)
    for text in ("", "{}", "[" * 100_000):
        exercise.thresholds.write_text(text)
        report = grader.grade(exercise, work, Plan(seed=1, only="net_learns_a_sine"))
        assert_not_gradable(report)
        assert "ex1.json" in str(report.faults)


@pytest.mark.parametrize("damage", ["missing", "a folder", "no text", "broken", "empty"])
def test_an_unreadable_reference_is_the_graders_failure(
    own_course: Path, fresh: tuple[Grader, Exercise], damage: str
) -> None:
    grader, _ = fresh
    reference = own_course / "reference" / EX1.name
    reference.unlink()
    if damage == "a folder":
        reference.mkdir()
    elif damage != "missing":
        content = {"no text": b"x = '\xff'\n", "broken": b"def f(:\n", "empty": b""}[damage]
        reference.write_bytes(content)
    work = from_bytes(EX1.read_bytes(), EX1.name)
    try:
        report = grader.grade(
            syllabus.load(own_course).exercise("ex1"), work, Plan(seed=1, only=QUICK[1])
        )
    except GraderError as error:
        assert EX1.name in str(error)
    else:
        assert_not_gradable(report)
        assert "the reference" in str(report.faults)


def test_the_command_line_says_that_a_reference_is_missing(own_course: Path) -> None:
    (own_course / "reference" / EX1.name).unlink()
    assert_clear(run_in(own_course, "ex1", "--submission", EX1, *QUICK), EX1.name)
