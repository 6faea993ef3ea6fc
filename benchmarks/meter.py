"""What a command costs, all its processes together.

CPU seconds come from the kernel and cover every process that the command started, including
orphans: they become children of the benchmark, which waits for them. Memory is sampled: the sum of
all processes' PSS, which counts private memory and an equal part of shared memory.
"""

import ctypes
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.2
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds, and the peak memory of all processes in bytes."""

    cpu: float
    wall: float
    memory: int

    def __add__(self, other: "Cost") -> "Cost":
        memory = max(self.memory, other.memory)
        return Cost(self.cpu + other.cpu, self.wall + other.wall, memory)


@dataclass(frozen=True)
class Sample:
    """CPU seconds that a command has used so far, and the memory it holds now, in bytes."""

    cpu: float
    memory: int


def run(
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    log: Path,
    on_sample: Callable[[Sample], None] = lambda sample: None,
    cores: Sequence[int] = (),
) -> tuple[int, Cost]:
    """Run a command to its end: (exit code, cost). Append its output to `log`.

    With `cores`, run it only on these. `on_sample` is called every SAMPLE_SECONDS.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _collect_orphans()  # from earlier commands
    before, began = _waited_for(), time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=partial(os.sched_setaffinity, 0, cores) if cores else None,
        )
    peak = _watch(process, on_sample)
    wall = time.monotonic() - began
    _collect_orphans()
    return process.returncode, Cost(_waited_for() - before, wall, peak)


def _watch(process: "subprocess.Popen[bytes]", on_sample: Callable[[Sample], None]) -> int:
    """Sample until the process ends; return the peak memory."""
    peak = 0
    ended = threading.Event()
    threading.Thread(target=lambda: (process.wait(), ended.set()), daemon=True).start()
    while not ended.wait(SAMPLE_SECONDS):
        sample = _sample()
        peak = max(peak, sample.memory)
        on_sample(sample)
    return peak


def _sample() -> Sample:
    cpu, memory = 0.0, 0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error, OSError):
            times = process.cpu_times()
            cpu += times.user + times.system + times.children_user + times.children_system
            memory += process.memory_full_info().pss
    return Sample(cpu, memory)


def _waited_for() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _collect_orphans() -> None:
    """Wait a moment for processes that outlived the command, then kill them: they cost as well."""
    deadline = time.monotonic() + 5
    while True:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        left = psutil.Process().children()
        if not left:
            return
        if time.monotonic() > deadline:
            for orphan in left:
                orphan.send_signal(signal.SIGKILL)
        time.sleep(0.02)
