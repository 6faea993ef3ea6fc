"""A grade needs a working grader: memory, threads and faults on machines that lack something."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import Mock

import pytest

from grading.checking.check import Check
from grading.course.syllabus import ROOT, Exercise
from grading.judging import fitness
from grading.judging.fitness import Measured
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.judging.proof import ReferenceProof
from grading.judging.session import Session
from grading.report import Status
from grading.sandbox import processes, rungs
from grading.sandbox.client import Fault, Sandbox, WorkerFault
from grading.sandbox.limits import Limits
from grading.sandbox.processes import Zygote
from grading.sandbox.rungs import Rung
from grading.sandbox.shortage import ended_by_shortage, is_shortage
from grading.submission.file import from_bytes
from tests.support.machines import large_torch
from tests.support.toy import make_course
from tests.support.workers import THREADS, ask, number, started

MEGABYTE = 2**20
SandboxOf = Callable[[Rung, bool], Sandbox]


@pytest.fixture(scope="module")
def sandbox_on() -> Iterator[SandboxOf]:
    """sandbox_on(rung, large): a sandbox of that rung, with a PyTorch that maps 2.5 GB more."""
    with ExitStack() as stack:
        made: dict[tuple[Rung, bool], Sandbox] = {}

        def get(rung: Rung, large: bool) -> Sandbox:
            if reason := rungs.why_not(rung):
                pytest.skip(f"rung {rung} is not available here: {reason}")
            if (rung, large) not in made:
                with pytest.MonkeyPatch.context() as patch:
                    if large:
                        patch.setattr(processes, "BOOT", large_torch(processes.BOOT))
                    zygote = None if rung is Rung.PROCESS else Zygote(rung)
                made[rung, large] = stack.enter_context(Sandbox(zygote))
            return made[rung, large]

        yield get


# --- threads


@pytest.mark.parametrize("rung", [Rung.NAMESPACES, Rung.LANDLOCK])
def test_threads_of_one_worker_leave_the_next_one_all_of_its_own(
    sandbox_on: SandboxOf, rung: Rung
) -> None:
    first = started(sandbox_on(rung, False), THREADS)
    try:
        assert int(ask(first).arrays["answer"]) in range(60, 150)
        assert number(sandbox_on(rung, False), THREADS) in range(60, 150)
    finally:
        first.kill()


ORDINARY = """
import sys, threading
from grading.sandbox.client import Sandbox
from grading.sandbox.processes import Zygote
from grading.sandbox.rungs import Rung
from tests.support.workers import THREADS, number

end = threading.Event()
for _ in range(150):
    threading.Thread(target=end.wait, daemon=True).start()
rung = Rung(sys.argv[1])
with Sandbox(None if rung is Rung.PROCESS else Zygote(rung)) as sandbox:
    print(number(sandbox, THREADS))
end.set()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
@pytest.mark.parametrize("rung", [Rung.LANDLOCK, Rung.PROCESS])
def test_what_a_user_runs_already_costs_no_threads(tmp_path: Path, rung: Rung) -> None:
    if reason := rungs.why_not(rung):
        pytest.skip(reason)
    tmp_path.chmod(0o777)
    user = "--reuid=60123 --regid=60123 --clear-groups"
    # So that this user finds the interpreter, which may lie in root's own folder.
    reading = "--inh-caps=+dac_read_search --ambient-caps=+dac_read_search"
    result = subprocess.run(
        ["setpriv", *user.split(), *reading.split(), sys.executable, "-c", ORDINARY, rung],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    # What it runs is found to within a quarter.
    assert int(result.stdout) in range(60, 130)


# --- a root that is none


LESS_THAN_ROOT = {
    "no capabilities": ["setpriv", "--bounding-set=-all", "--inh-caps=-all"],
    "one user id": ["unshare", "--user", "--map-root-user"],
}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("how", LESS_THAN_ROOT)
def test_a_root_that_may_not_become_another_user_takes_a_rung_that_works(
    tmp_path: Path, how: str
) -> None:
    prefix = LESS_THAN_ROOT[how]
    if shutil.which(prefix[0]) is None or subprocess.run([*prefix, "true"]).returncode:
        pytest.skip(f"{' '.join(prefix)} does not work here")
    grader = [*prefix, sys.executable, "grader.py"]
    reference = str(ROOT / "reference")
    check = ["--check", "saturation_counts_both_ends"]
    command = [*grader, "ex4", "--submission", reference, "--json", "-", *check]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    isolation = json.loads(result.stdout)["isolation"]
    assert isolation["rung"] == "process"
    assert "threads of root cannot be limited" in isolation["stronger"]["landlock"]
    # Nobody grades strangers' code there without having asked for it.
    class_folder = [str(ROOT / "reference"), "--out", str(tmp_path / "grades")]
    refused = subprocess.run(
        [*grader, "batch", *class_folder], cwd=ROOT, capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert "no isolation for strangers' code" in refused.stderr


# --- memory


# In MB. The C library reserves an arena of 64 MB for threads that allocate at the same moment,
# which happens more often under load: 66 MB were missing then, with PyTorch 2.4. This allows two
# arenas. PyTorch's CPU and CUDA builds differ by 2.5 GB.
ARENAS = 2 * 64 + 16
ROOM = """
low, high = 0, 2**14
while high - low > 1:
    middle = (low + high) // 2
    try:
        torch.empty(middle * 2**20, dtype=torch.uint8)
        low = middle
    except RuntimeError:
        high = middle
return torch.tensor(low)
"""


@pytest.mark.parametrize("large", [False, True], ids=["torch", "large-torch"])
@pytest.mark.parametrize("rung", [Rung.NAMESPACES, Rung.LANDLOCK])
def test_the_room_for_tensors_does_not_depend_on_the_build_of_torch(
    sandbox_on: SandboxOf, rung: Rung, large: bool
) -> None:
    budget = Limits().memory // MEGABYTE
    assert abs(number(sandbox_on(rung, large), ROOM) - budget) <= ARENAS


def test_the_lowest_rung_gives_the_same_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "BOOT", large_torch(processes.BOOT))
    budget = Limits().memory // MEGABYTE
    with Sandbox(None) as sandbox:
        assert abs(number(sandbox, ROOM) - budget) <= ARENAS


# Everything that asks for memory in its own words; each fills what little there is.
HUNGRY = {
    "a list": "[number for number in range(10**8)]",
    "bytes": "bytearray(2**30)",
    "text": "'ab' * 2**29",
    "a mapping": "__import__('mmap').mmap(-1, 2**30)",
    "a private mapping": "__import__('mmap').mmap(-1, 2**30, flags=34)",
    "a NumPy array": "__import__('numpy').ones(2**28)",
    "a NumPy product": "(lambda a: a @ a)(__import__('numpy').ones((6000, 6000)))",
    "a tensor": "torch.zeros(2**28)",
    "small tensors": "[torch.empty(100) for _ in range(10**7)]",
    "an LSTM": "torch.nn.LSTM(128, 1024, 2)(torch.zeros(200, 64, 128))[0].sum().backward()",
    "a convolution": "torch.nn.Conv2d(16, 64, 3)(torch.zeros(8, 16, 256, 256))",
    "bfloat16": "(lambda a: a @ a)(torch.ones(8000, 8000, dtype=torch.bfloat16))",
    "a copy": "torch.zeros(2**20).repeat(2**10)",
    "sorting": "torch.zeros(2**26).sort()",
    "an expanded answer": "torch.zeros(1).expand(10**5, 10**5).numpy().tobytes()",
}
# Those that load what is not loaded yet, and so meet the loader.
LOADING = {
    "an optimizer": "torch.optim.Adam(torch.nn.Linear(2, 2).parameters()).step()",
    # But for what needs CUDA's driver, which a machine without a GPU does not have.
    "a library": "import ctypes, glob; [ctypes.CDLL(path) for path in"
    " sorted(glob.glob(os.path.dirname(torch.__file__) + '/lib/lib*.so*')) if 'nvrtc' not in path]",
    "a package": "import matplotlib; matplotlib.use('Agg'); import matplotlib.pyplot",
}


@pytest.mark.parametrize(
    # With 12 to 14 MB, importing an optimizer can fail in words that do not mention memory.
    "megabytes",
    [6, *(pytest.param(size, marks=pytest.mark.thorough) for size in (2, 60, 200))],
)
@pytest.mark.parametrize("what", [*HUNGRY, *LOADING])
def test_every_lack_of_memory_is_recognized(
    sandbox_on: SandboxOf, what: str, megabytes: int
) -> None:
    code = {**HUNGRY, **LOADING}[what]
    limits = Limits(memory=megabytes * MEGABYTE)
    try:
        worker = started(sandbox_on(rungs.best(), False), f"{code}\nreturn torch.zeros(1)", limits)
        reply = ask(worker)
    except WorkerFault as fault:
        assert fault.fault is Fault.OUT_OF_MEMORY, fault.detail
        return
    worker.kill()
    # What has to be loaded may fit.
    assert (reply.meta["ok"] and what in LOADING) or reply.meta["error"]["memory"], reply.meta[
        "error"
    ]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("could not create a primitive"),
        RuntimeError("could not create a primitive descriptor for a matmul primitive"),
        RuntimeError("could not execute a primitive"),
        ImportError("libscipy_openblas.so: failed to map segment from shared object"),
        OSError("libx.so: cannot map zero-fill pages"),
        SystemError("error return without exception set"),
        SystemError("<function f at 0x7f> returned NULL without setting an exception"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_words_for_a_lack_of_memory(error: Exception) -> None:
    assert is_shortage(error)


def test_a_lack_of_memory_behind_another_error_counts_and_other_errors_do_not() -> None:
    wrapped = ValueError("the save failed")
    wrapped.__context__ = MemoryError()
    assert is_shortage(wrapped)
    turning = ValueError("in a circle")
    turning.__context__ = KeyError()
    turning.__context__.__context__ = turning
    for error in (
        turning,
        ValueError("std::bad_alloc"),  # only what libraries raise says it in words
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        RuntimeError("can't start new thread"),
        OSError(28, "No space left on device"),
    ):
        assert not is_shortage(error)


def test_last_words_for_a_lack_of_memory() -> None:
    assert ended_by_shortage(b"terminate called after throwing an instance of 'std::bad_alloc'")
    assert ended_by_shortage(b"libgomp: Out of memory allocating 8192 bytes\n")
    assert not ended_by_shortage(b"MemoryError" + b"x" * 3000)
    assert not ended_by_shortage(b"")


# --- a fault counts only where the reference runs


DIVIDING = """
from grading.checking.check import check
from grading.checking.compare import same

AXES = {"doubled": ("row", "column")}

@check(points=60)
def doubles(draw, both):
    '''Every number is doubled.'''
    same(*both.double(values=draw.normal(3, 2)), axes=AXES)

@check(points=40)
def counts(draw, both, student):
    '''A million numbers are counted.'''
    student.count(values=draw.normal(2, 2))
"""
# Fails in the worker of a submission, and in nobody's own code.
BROKEN_PROBE = """
def double(module, values):
    return {"doubled": module.double(values)}

def count(module, values):
    return {"count": values.shaep[0]}
"""
RIGHT = b"def double(values): return 2 * values\ndef negate(values): return -values\n"
WRONG = RIGHT.replace(b"2 * values", b"values")
RAISES = RIGHT.replace(b"return 2 * values", b"raise OSError('no such sensor')")


@pytest.fixture
def own_grader() -> Iterator[Grader]:
    """A grader that has seen no exercise yet."""
    rung = rungs.best()
    with Grader(rung, None if rung is Rung.PROCESS else Zygote(rung)) as grader:
        yield grader


@pytest.fixture
def broken(tmp_path: Path) -> Exercise:
    """An exercise with a check that nobody can pass: its probe is wrong."""
    exercise = make_course(tmp_path, DIVIDING).exercise("toy")
    exercise.probes.write_text(BROKEN_PROBE, encoding="utf-8")
    return exercise


def test_a_fault_that_the_reference_has_as_well_is_no_zero(
    own_grader: Grader, broken: Exercise
) -> None:
    report = own_grader.grade(broken, from_bytes(RIGHT, broken.file), Plan(seed=1))
    assert [check.status for check in report.checks] == [Status.PASSED, Status.GRADER_ERROR]
    assert report.score is None
    assert "the course's own solution raises AttributeError" in report.checks[1].message
    assert "Your code was not judged" in report.checks[1].message
    (fault,) = report.faults
    assert fault.startswith("counts: ")
    assert "grader.py doctor" in fault


def test_a_fault_that_the_reference_does_not_have_counts(own_grader: Grader, toy: Exercise) -> None:
    report = own_grader.grade(toy, from_bytes(RAISES, toy.file), Plan(seed=1))
    assert [check.status for check in report.checks] == [Status.FAILED, Status.PASSED]
    assert report.score == 40
    assert "no such sensor" in report.checks[0].message


def test_the_reference_is_asked_after_a_fault_alone_and_once(
    own_grader: Grader, toy: Exercise
) -> None:
    usage = own_grader.sandbox.usage

    def workers_for(source: bytes, seed: int) -> int:
        before = usage.workers
        own_grader.grade(toy, from_bytes(source, toy.file), Plan(seed, diagnosis=False))
        return usage.workers - before

    workers_for(RIGHT, seed=1)  # the reference is started
    assert workers_for(WRONG, seed=1) == 1
    assert workers_for(RAISES, seed=1) == 2
    assert workers_for(RAISES, seed=1) == 1
    assert workers_for(RAISES, seed=2) == 2


def test_sessions_one_after_the_other_are_proved_each_on_its_own_seed(
    own_grader: Grader, toy: Exercise
) -> None:
    """As a release records them."""
    for seed in (1, 2):
        with own_grader.session(toy, from_bytes(RAISES, toy.file), Plan(seed)) as session:
            first, _ = own_grader.judge(session)
        assert first.status is Status.FAILED
        assert not session.faults


def test_a_module_that_cannot_be_imported_is_proved_by_one_check(
    own_grader: Grader, toy: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    why_not = ReferenceProof.why_not

    def noting(proof: ReferenceProof, check: Check, session: Session) -> str:
        asked.append(check.name)
        return why_not(proof, check, session)

    monkeypatch.setattr(ReferenceProof, "why_not", noting)
    report = own_grader.grade(toy, from_bytes(b"import no_such_package\n", toy.file), Plan(seed=1))
    assert {check.status for check in report.checks} == {Status.UNREADABLE}
    assert asked == ["doubles"]


def test_memory_that_a_submission_holds_is_not_the_machines_lack(
    own_grader: Grader, toy: Exercise
) -> None:
    hog = b"""
held = []
def double(values):
    import torch
    while True: held.append(torch.ones(2**20))
"""
    report = own_grader.grade(toy, from_bytes(hog, toy.file), Plan(seed=1))
    assert report.checks[0].status is Status.OUT_OF_MEMORY
    assert report.score == 0


EX3 = str(ROOT / "reference" / "ex3_text_model.py")


def on_machine(kind: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """grader.py on another kind of machine."""
    return subprocess.run(
        [sys.executable, "-m", "tests.support.machines", kind, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "rung",
    [pytest.param(rung, marks=[pytest.mark.thorough] * (rung != rungs.best())) for rung in Rung],
)
def test_the_reference_has_full_marks_or_none_where_memory_lacks(rung: Rung) -> None:
    """48 MB are too little for exercise 3 in one process, and enough for each check alone."""
    if reason := rungs.why_not(rung):
        pytest.skip(reason)
    result = on_machine(
        "little", "ex3", "--submission", EX3, "--isolation", rung, "--json", "-", "--seed", "1"
    )
    report = json.loads(result.stdout)
    assert (result.returncode, report["status"], report["score"]) == (3, "not_gradable", None)
    assert "runs out of memory" in result.stderr
    assert "grader.py doctor" in result.stderr


def test_a_batch_grades_the_reference_before_anybody(tmp_path: Path) -> None:
    """An exercise that this machine has no memory for has no grades; the others have theirs."""
    for name in ("ex3_text_model.py", "ex4_interpretability.py"):
        (tmp_path / "class" / "kim").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "reference" / name, tmp_path / "class" / "kim")
    out = tmp_path / "grades"
    result = on_machine("little", "batch", str(tmp_path / "class"), "--out", str(out), "--jobs=1")
    assert result.returncode == 3, result.stderr
    assert "needs attention: ex3 cannot be graded here: " in result.stdout
    rows = {row["exercise"]: row for row in csv.DictReader((out / "grades.csv").open())}
    assert (rows["ex4"]["score"], rows["ex4"]["status"]) == ("100.0", "graded")
    assert (rows["ex3"]["score"], rows["ex3"]["status"]) == ("", "not_gradable")
    assert "runs out of memory" in rows["ex3"]["problem"]
    # Where there is memory it is graded, and nothing else again.
    arguments = ["batch", str(tmp_path / "class"), "--out", str(out), "--jobs=1"]
    again = subprocess.run(
        [sys.executable, "grader.py", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert "1 graded now, 1 known already, 0 grades open" in again.stdout


# --- what a machine gives


def test_every_need_is_measured(own_grader: Grader) -> None:
    found = fitness.examine(own_grader.sandbox, "cpu", Limits())
    assert [one.need.probe for one in found] == [need.probe for need in fitness.NEEDS]
    assert [one.problem for one in found] == [""] * len(fitness.NEEDS)


def test_what_a_machine_lacks_is_named(own_grader: Grader) -> None:
    limits = Limits(memory=600 * MEGABYTE, scratch=MEGABYTE, file_size=MEGABYTE, threads=4)
    problems = [one.problem for one in fitness.examine(own_grader.sandbox, "cpu", limits)]
    assert [bool(problem) for problem in problems] == [True, True, False, False, True]
    assert problems[0].startswith("threads: ")
    assert problems[1].startswith("temporary files: ")
    assert problems[4].endswith("where 1024 are needed")


def test_in_an_edition_the_machine_is_examined_once_and_after_a_fault_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def examine(*given: object) -> list[Measured]:
        asked.append(1)
        return [Measured(fitness.NEEDS[0], "3 at once", "threads: 3 at once")]

    monkeypatch.setattr(fitness, "examine", examine)
    session = Mock(**{"interview.exercise.in_edition": True})
    with Grader(Rung.PROCESS, None) as grader:
        assert not asked
        for _ in range(2):
            assert grader.why_not_run(Mock(), session) == "threads: 3 at once"
    assert len(asked) == 1
