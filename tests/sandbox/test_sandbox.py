"""The sandbox: what each rung stops, what a worker may say, and what is left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from grading.checking.respondents import compiled
from grading.course.syllabus import ROOT
from grading.sandbox import client, processes, rungs, view
from grading.sandbox.client import KEPT_OUTPUT, Fault, Sandbox, WorkerFault
from grading.sandbox.frames import Frame
from grading.sandbox.limits import Limits
from grading.sandbox.processes import Line, SandboxError, Zygote
from grading.sandbox.rungs import Rung
from grading.sandbox.worker import landlock, seccomp
from tests.support.patience import PATIENCE
from tests.support.processes import all_gone, running
from tests.support.workers import STRONG, ask, load, text


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Callable[[Rung], Sandbox]]:
    made: dict[Rung, Sandbox] = {}

    def get(rung: Rung) -> Sandbox:
        if reason := rungs.why_not(rung):
            pytest.skip(f"rung {rung} is not available here: {reason}")
        if rung not in made:
            made[rung] = Sandbox(None if rung is Rung.PROCESS else Zygote(rung))
        return made[rung]

    yield get
    for sandbox in made.values():
        sandbox.close()


def answer(sandbox: Sandbox, body: str, limits: Limits | None = None) -> Frame:
    """What a module says whose function `answer` has this body."""
    worker = sandbox.start(limits or Limits())
    try:
        indented = "\n".join(f"    {line}" for line in body.splitlines())
        assert load(worker, f"import torch, os\ndef answer():\n{indented}\n").meta["ok"]
        return ask(worker)
    finally:
        worker.kill()


@pytest.mark.parametrize("rung", Rung)
def test_arrays_go_in_and_come_out(sandboxes: Callable[[Rung], Sandbox], rung: Rung) -> None:
    worker = sandboxes(rung).start(Limits())
    load(worker, "def answer(x, y): return x + y.to(x.dtype)")
    reply = ask(worker, x=np.arange(3.0), y=np.array([1, 2, 3]))
    assert reply.arrays["answer"].tolist() == [1.0, 3.0, 5.0]
    assert worker.kill().code == -signal.SIGKILL


@pytest.mark.parametrize("rung", Rung)
def test_large_arrays_pass_the_pipes(sandboxes: Callable[[Rung], Sandbox], rung: Rung) -> None:
    worker = sandboxes(rung).start(Limits())
    load(worker, "def answer(x): return x * 2")
    values = np.arange(1_000_000, dtype=np.float32)
    assert np.array_equal(ask(worker, x=values).arrays["answer"], values * 2)
    worker.kill()


@pytest.mark.parametrize("rung", Rung)
def test_useful_things_work_inside(sandboxes: Callable[[Rung], Sandbox], rung: Rung) -> None:
    """The benign twin of every wall: without it, attacks could fail because everything does."""
    body = """
import io, json, math, random, tempfile, threading, warnings
import numpy as np
with tempfile.NamedTemporaryFile("w+") as file:
    file.write("kept")
    file.seek(0)
    assert file.read() == "kept"
with open("notes.txt", "w") as file:
    file.write("x" * 1000)
assert os.listdir(".")
os.urandom(8)
results = []
thread = threading.Thread(target=lambda: results.append(1))
thread.start()
thread.join()
layer = torch.nn.LSTM(4, 5, 2)
outputs, _ = layer(torch.randn(7, 3, 4))
outputs.sum().backward()
torch.optim.Adam(layer.parameters()).step()
file = io.BytesIO()
torch.save(layer.state_dict(), file)
file.seek(0)
torch.load(file, weights_only=True)
torch.set_num_threads(8)
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot
warnings.warn("harmless")
print("said")
return torch.ones(len(results))
"""
    reply = answer(sandboxes(rung), body)
    assert reply.meta.get("error") is None
    assert reply.arrays["answer"].tolist() == [1.0]


FORBIDDEN = {
    "read the reference": f"open({str(ROOT / 'reference' / 'ex1_vanilla_rnn.py')!r}).read()",
    "list the course": f"os.listdir({str(ROOT / 'checks')!r})",
    "read the password file": "open('/etc/passwd').read()",
    "read a process": "open('/proc/self/environ').read()",
    "list processes": "os.listdir('/proc')",
    "write beside the libraries": "open(os.path.join(os.path.dirname(torch.__file__), 'x'), 'w')",
    "write to a common folder": "open('/var/tmp/unrolled-test', 'w')",
    "fork": "os.fork()",
    "run a program": "os.execv('/bin/true', ['true'])",
    "open a network socket": "__import__('socket').socket()",
    "open a local socket": "__import__('socket').socket(__import__('socket').AF_UNIX)",
    "signal the parent": "os.kill(os.getppid() or 1, 0) if os.getpid() != 1 else os.kill(2, 0)",
    "signal everybody": "os.kill(-1, 0)",
    "become root": "os.setuid(0); os.chown('/', 0, 0)",
    "change root": "os.chroot('.')",
    "make anonymous files": "os.memfd_create('x')",
    "change modes": "open('x', 'w'); os.chmod('x', 0o777)",
    "raise its limits": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
}


@pytest.mark.parametrize("rung", STRONG)
@pytest.mark.parametrize("deed", FORBIDDEN)
def test_a_worker_cannot(sandboxes: Callable[[Rung], Sandbox], rung: Rung, deed: str) -> None:
    reply = answer(sandboxes(rung), f"{FORBIDDEN[deed]}\nreturn torch.ones(1)")
    assert reply.meta["ok"] is False, f"a worker could {deed}"
    assert reply.meta["error"]["type"] in (
        "PermissionError",
        "FileNotFoundError",
        "ProcessLookupError",
        "OSError",
        "ValueError",
    )


@pytest.mark.parametrize("rung", STRONG)
def test_dangerous_system_calls_are_refused(
    sandboxes: Callable[[Rung], Sandbox], rung: Rung
) -> None:
    """By number, past the C library; the answers are -errno."""
    column = 0 if os.uname().machine == "x86_64" else 1
    names = ("ptrace", "unshare", "mount", "bpf", "io_uring_setup", "userfaultfd", "keyctl")
    numbers = [seccomp.REFUSED[name][column] for name in names]
    body = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
errors = []
for number in {numbers}:
    libc.syscall(number, 0, 0, 0, 0, 0)
    errors.append(ctypes.get_errno())
return torch.tensor(errors)
"""
    assert answer(sandboxes(rung), body).arrays["answer"].tolist() == [1] * len(numbers)


@pytest.mark.parametrize("rung", Rung)
def test_memory_is_limited(sandboxes: Callable[[Rung], Sandbox], rung: Rung) -> None:
    reply = answer(sandboxes(rung), "return torch.zeros(2**30)")
    assert reply.meta["error"]["memory"] is True
    assert answer(sandboxes(rung), "return torch.zeros(2**20)").meta["ok"] is True


@pytest.mark.parametrize("rung", STRONG)
def test_files_are_limited(sandboxes: Callable[[Rung], Sandbox], rung: Rung) -> None:
    fill = "for i in range(40):\n    open(f'f{i}', 'wb').write(b'x' * 2**22)\nreturn torch.ones(1)"
    try:
        reply = answer(sandboxes(rung), fill)
    except WorkerFault as fault:
        assert fault.fault is Fault.FLOODED
    else:
        assert reply.meta["error"]["type"] == "OSError"


@pytest.mark.parametrize("rung", Rung)
def test_cpu_time_is_limited_first(
    sandboxes: Callable[[Rung], Sandbox], monkeypatch: pytest.MonkeyPatch, rung: Rung
) -> None:
    # However little of a busy machine the worker gets.
    monkeypatch.setattr(client, "WALL_PER_CPU_SECOND", 400.0)
    worker = sandboxes(rung).start(Limits())
    load(worker, "def answer():\n    while True: pass")
    with pytest.raises(WorkerFault) as caught:
        ask(worker, cpu_limit=0.3)
    assert caught.value.fault is Fault.TIMED_OUT
    assert "CPU time" in caught.value.detail


@pytest.mark.parametrize("rung", Rung)
def test_the_wall_clock_stops_a_sleeper(sandboxes: Callable[[Rung], Sandbox], rung: Rung) -> None:
    worker = sandboxes(rung).start(Limits())
    load(worker, "import time\ndef answer(): time.sleep(100)")
    with pytest.raises(WorkerFault) as caught:
        ask(worker, cpu_limit=0.2)
    assert caught.value.fault is Fault.TIMED_OUT
    assert "no answer within" in caught.value.detail


DRIP = """
import os, struct, time
def answer():
    os.write(4, struct.pack("<4sIQ", b"UNR1", 200_000, 0))
    for _ in range(6000):
        os.write(4, b" ")
        time.sleep(0.005)
    os._exit(0)
"""


def test_an_answer_that_comes_byte_by_byte_has_its_time_limit_too(
    sandboxes: Callable[[Rung], Sandbox],
) -> None:
    worker = sandboxes(rungs.best()).start(Limits())
    load(worker, DRIP)
    with pytest.raises(WorkerFault) as caught:
        ask(worker, cpu_limit=0.3)
    # Left alone it goes on for 30 s and then crashes.
    assert caught.value.fault is Fault.TIMED_OUT


def test_an_answer_that_waited_for_longer_than_the_limit_counts(
    sandboxes: Callable[[Rung], Sandbox],
) -> None:
    worker = sandboxes(rungs.best()).start(Limits())
    load(worker, "def answer(x): return x + 1")
    meta = {"do": "run", "probe": "call", "values": {}, "seed": 1}
    worker.send(meta, {"x": np.zeros(2)}, 0.5)
    time.sleep(2.1)  # nobody asks for it meanwhile: another worker is being waited for
    assert worker.receive().arrays["answer"].tolist() == [1.0, 1.0]
    worker.kill()


class Enough(KeyboardInterrupt):
    """Somebody no longer wants to wait."""


def test_a_worker_that_nobody_waits_for_any_more_can_be_ended_and_the_next_one_works(
    sandboxes: Callable[[Rung], Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up() -> None:
        raise Enough

    sandbox = sandboxes(rungs.best())
    worker = sandbox.start(Limits())
    load(worker, "def answer():\n    while True: pass")
    worker.on_wait = give_up
    with pytest.raises(Enough):
        ask(worker)
    assert worker.kill().code == -signal.SIGKILL
    monkeypatch.setattr(sandbox, "on_wait", give_up)
    monkeypatch.setattr(client, "TICK_SECONDS", 0.0)  # a greeting is quicker than one
    with pytest.raises(Enough):
        sandbox.start(Limits())
    monkeypatch.undo()
    assert answer(sandbox, "return torch.ones(1)").arrays["answer"].tolist() == [1.0]


@pytest.mark.parametrize("rung", Rung)
def test_output_is_kept_up_to_a_bound_and_a_flood_ends_it(
    sandboxes: Callable[[Rung], Sandbox], rung: Rung
) -> None:
    worker = sandboxes(rung).start(Limits())
    load(worker, "import torch\ndef answer(): print('y' * 100_000); return torch.ones(1)")
    ask(worker)
    worker.kill()
    assert worker.output == b"y" * KEPT_OUTPUT
    worker = sandboxes(rung).start(Limits())
    load(worker, "import os\ndef answer():\n    while True: os.write(1, b'y' * 2**20)")
    with pytest.raises(WorkerFault) as caught:
        ask(worker)
    assert caught.value.fault is Fault.FLOODED


HONEST_REPLY = "frames.encode({'id': 'forged', 'ok': True, 'others': {}}, {})"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (f"os.write(4, {HONEST_REPLY})\ndef answer(): return 1", Fault.PROTOCOL),
        (f"def answer():\n    os.write(4, {HONEST_REPLY}); return 1", Fault.PROTOCOL),
        ("def answer():\n    os.write(4, b'garbage' * 10); return 1", Fault.PROTOCOL),
        ("def answer():\n    os.close(4); return 1", Fault.CRASHED),
        ("def answer():\n    os.close(3); return 1", None),
        ("def answer():\n    os.abort()", Fault.CRASHED),
    ],
)
def test_a_forged_reply_ends_the_worker(
    sandboxes: Callable[[Rung], Sandbox], source: str, fault: Fault | None
) -> None:
    worker = sandboxes(rungs.best()).start(Limits())
    try:
        load(worker, f"import os\nfrom grading.sandbox import frames\n{source}")
        reply = ask(worker)
    except WorkerFault as caught:
        assert caught.fault is fault
        assert worker.exit is not None
    else:
        assert fault is None
        assert reply.arrays["answer"] == 1
        worker.kill()


@pytest.mark.parametrize("rung", STRONG)
def test_a_worker_that_cannot_be_confined_dies_unread(
    monkeypatch: pytest.MonkeyPatch, rung: Rung
) -> None:
    if reason := rungs.why_not(rung):
        pytest.skip(reason)
    walls = rungs.walls

    def with_a_hole(rung: Rung, scratch: str) -> dict[str, object]:
        return {**walls(rung, scratch), "readable": ["/no/such/folder"]}

    monkeypatch.setattr(processes, "walls", with_a_hole)
    with (
        Sandbox(Zygote(rung)) as sandbox,
        pytest.raises(SandboxError, match="could not be confined"),
    ):
        sandbox.start(Limits())


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
@pytest.mark.parametrize("rung", Rung)
def test_nothing_is_left_behind(marked: str, rung: Rung) -> None:
    if reason := rungs.why_not(rung):
        pytest.skip(reason)
    descriptors = len(os.listdir("/proc/self/fd"))
    with Sandbox(None if rung is Rung.PROCESS else Zygote(rung)) as sandbox:
        sandbox.start(Limits()).kill()
        worker = sandbox.start(Limits())
        folder = Path(sandbox.scratch.name)
        assert running(marked)
        worker.kill()
    assert all_gone(marked)
    assert not folder.exists()
    assert len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
@pytest.mark.parametrize("rung", STRONG)
def test_everything_goes_when_the_grader_is_killed(marked: str, rung: Rung) -> None:
    """Even code that would rather go on."""
    if reason := rungs.why_not(rung):
        pytest.skip(reason)
    stubborn = "import ctypes, time; ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)"
    script = f"""
import os
from grading.sandbox import processes
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.rungs import Rung
from tests.support.workers import load
processes.BOOT += "  # {marked}"
sandbox = Sandbox(processes.Zygote(Rung("{rung}")))
worker = sandbox.start(Limits())
load(worker, "{stubborn}; answer = lambda: time.sleep(1000)")
worker.send({{"do": "run", "probe": "call", "values": {{}}, "seed": 1}}, {{}}, 100)
print("up", flush=True)
os.kill(os.getpid(), 9)
"""
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert result.stdout == "up\n", result.stderr
    assert all_gone(marked)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_a_dead_zygote_is_the_sandboxs_failure(marked: str) -> None:
    if rungs.best() is Rung.PROCESS:
        pytest.skip("this machine has no zygote")
    with Sandbox(Zygote(rungs.best())) as sandbox:
        sandbox.start(Limits()).kill()
        for process in running(marked):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        assert all_gone(marked)
        with pytest.raises(SandboxError):
            sandbox.start(Limits())


@pytest.mark.parametrize("rung", STRONG)
def test_two_graders_share_a_zygote_and_only_that(rung: Rung) -> None:
    if reason := rungs.why_not(rung):
        pytest.skip(reason)
    zygote = Zygote(rung)
    with Sandbox(zygote) as ours:
        mine = ours.start(Limits())
        assert load(mine, "def answer(x): return x + 1").meta["ok"] is True
        with Sandbox(Line(rung, zygote.door)) as theirs:
            loops = theirs.start(Limits())
            meta = {"do": "load", "name": "m", "filename": "m.py", "device": "cpu"}
            loops.send(
                meta,
                {
                    "source": text("while True: pass"),
                    "library": compiled(""),
                    "probes": compiled(""),
                },
                10,
            )
            assert loops.process.cpu_seconds() is not None
        deadline = time.monotonic() + PATIENCE
        while loops.process.cpu_seconds() is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert loops.process.cpu_seconds() is None, "a worker outlived the line it was made over"
        assert ask(mine, x=np.ones(2, np.float32)).arrays["answer"].tolist() == [2, 2]
        mine.kill()


def test_the_view_holds_the_interpreter_and_not_the_course() -> None:
    paths = view.readable_paths()
    assert not view.exposes_course(paths)
    assert view.exposes_course([*paths, str(ROOT.parent)])
    for name in ("reference", "checks", "exercises", "tests"):
        assert not any((ROOT / name).is_relative_to(path) for path in paths)
        assert not any(Path(path).is_relative_to(ROOT / name) for path in paths)


def test_landlock_rights_grow_with_its_version() -> None:
    assert landlock.file_rights(1) == 2**13 - 1
    assert landlock.file_rights(2) == 2**14 - 1
    assert landlock.file_rights(3) == landlock.file_rights(4) == 2**15 - 1
    assert landlock.file_rights(7) == 2**16 - 1


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("measured", [False, True])
def test_the_filter_is_well_formed(machine: str, measured: bool) -> None:
    program = seccomp.build(machine, own_pid=1, measured=measured)
    instructions = [program[i : i + 8] for i in range(0, len(program), 8)]
    assert len(program) % 8 == 0
    assert len(instructions) < 4096
    for position, instruction in enumerate(instructions):
        code, if_true, if_false = instruction[0], instruction[2], instruction[3]
        if code & 7 == 5:
            assert position + 1 + max(if_true, if_false) < len(instructions)
    assert instructions[-1][0] == 0x06


def test_why_not_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda program: None)
    if not rungs.why_not(Rung.LANDLOCK):
        assert rungs.best() is Rung.LANDLOCK
        assert "bubblewrap is not installed" in rungs.why_not(Rung.NAMESPACES)
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    assert rungs.best() is Rung.PROCESS
    assert rungs.why_not(Rung.LANDLOCK)
    assert rungs.why_not(Rung.PROCESS) == ""


def test_a_rung_whose_trial_does_not_end_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    if reason := rungs.why_not(Rung.LANDLOCK):
        pytest.skip(reason)
    # Without its cache, which would keep the failure that this test provokes.
    monkeypatch.setattr(rungs, "why_not_confined", rungs.why_not_confined.__wrapped__)
    monkeypatch.setattr(rungs, "TRIAL_SECONDS", 0)
    assert "takes longer than 0 s" in rungs.why_not(Rung.LANDLOCK)
    assert rungs.best() is Rung.PROCESS


@pytest.mark.parametrize("rung", Rung)
def test_a_worker_too_short_of_memory_to_answer_still_says_why_it_ends(
    sandboxes: Callable[[Rung], Sandbox], rung: Rung
) -> None:
    body = """
from grading.sandbox import frames
def fail(*given): raise MemoryError
frames.encode = fail
"""
    with pytest.raises(WorkerFault) as caught:
        answer(sandboxes(rung), body)
    assert caught.value.fault is Fault.OUT_OF_MEMORY
