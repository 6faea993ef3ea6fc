"""Graders in parallel: each has a process of its own, and several share a zygote."""

import atexit
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from math import ceil
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from grading.closing import Closing
from grading.course.syllabus import ROOT
from grading.environment import environment
from grading.files import require_open_files
from grading.fleet.fleet import AHEAD, Item, Lost, Outcomes, Result, Task
from grading.fleet.in_process import InProcess
from grading.sandbox.processes import Line, Zygote
from grading.sandbox.rungs import Rung
from grading.sandbox.worker import kernel

if TYPE_CHECKING:
    from grading.judging.grader import Grader

# A zygote needs about 10 ms to fork a worker and to see it end: it keeps this many graders busy.
# Each zygote fewer saves 1.1 s of CPU and 200 MB.
GRADERS_PER_ZYGOTE = 4
# Python's fork server imports pytest once for all graders. On macOS, forking is not safe.
_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
# multiprocessing starts its helpers as `python -c`, which would import from the current folder
# first, where a class's submissions may lie, and then from the installed packages, which may be
# another checkout.
_IMPORTS = {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(ROOT)}

_grader: "Grader | None" = None


def open_fleet(rung: Rung, device: str, jobs: int) -> "InProcess | Pool":
    """Graders in `jobs` processes; one in this process for one job, or where a pool cannot work.

    If a pool cannot work, a line on standard error says why. Raises UsageError.
    """
    require_open_files(jobs)
    # Environment variables keep a pool's processes from importing from the current folder.
    if jobs > 1 and not sys.flags.ignore_environment:
        if not (reason := _why_not()):
            return Pool(rung, device, jobs)
        print(f"grader: grading one at a time: {reason}", file=sys.stderr)
    return InProcess(rung, device)


def _why_not() -> str:
    """Why processes cannot work in parallel here; empty if they can."""
    try:
        # Unlike other kinds of lock, this one needs no helper process to remove it.
        multiprocessing.get_context("fork").Lock()
    except (ImportError, OSError) as error:
        return f"locks for several processes cannot be created (on Linux, in /dev/shm): {error}"
    return ""


class Pool(Closing):
    """`jobs` graders on one rung and device. Use as a context manager."""

    def __init__(self, rung: Rung, device: str, jobs: int) -> None:
        self.jobs, self._rung, self._device = jobs, rung, device
        self._start_processes()

    def close(self) -> None:
        self._open.close()

    def run(self, function: Task[Item, Result], items: Iterable[Item]) -> Outcomes[Item, Result]:
        """Run function(grader, item) on every item; yield each with its result once ready.

        A process that dies takes the running items with it: each is tried once more, alone, in new
        processes, and is `Lost` if its process dies again.
        """
        suspects: list[Item] = []
        yield from self._run(function, items, suspects, AHEAD * self.jobs)
        for item in suspects:
            again: list[Item] = []
            yield from self._run(function, [item], again, 1)
            if again:
                yield item, Lost("the process that graded it died twice")

    def _run(
        self,
        function: Task[Item, Result],
        items: Iterable[Item],
        suspects: list[Item],
        ahead: int,
    ) -> Iterator[tuple[Item, Result]]:
        running: dict[Future[Result], Item] = {}
        left = iter(items)
        while True:
            while len(running) < ahead and (item := next(left, None)) is not None:
                running[self._submit(function, item)] = item
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                item = running.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    suspects.append(item)
                else:
                    yield item, future.result()

    def _submit(self, function: Task[Item, Result], item: Item) -> Future[Result]:
        try:
            return self._executor.submit(_call, function, item)
        except BrokenProcessPool:
            self.close()
            self._start_processes()
            return self._executor.submit(_call, function, item)

    def _start_processes(self) -> None:
        self._open = ExitStack()
        self._open.enter_context(environment(_IMPORTS))
        # Zygotes first: they import torch while the graders import pytest.
        count = 0 if self._rung is Rung.PROCESS else ceil(self.jobs / GRADERS_PER_ZYGOTE)
        self.zygotes = [Zygote(self._rung) for _ in range(count)]
        for zygote in self.zygotes:
            self._open.callback(zygote.close)
        context = multiprocessing.get_context(_METHOD)
        context.set_forkserver_preload(["__main__", "grading.judging.grader"])
        number = context.Value("i", 0)
        doors = [zygote.door for zygote in self.zygotes]
        arguments = (self._rung, self._device, doors, number)
        self._executor = ProcessPoolExecutor(self.jobs, context, _start, arguments)
        self._open.callback(self._executor.shutdown, wait=True, cancel_futures=True)


def _start(rung: Rung, device: str, doors: list[socket.socket], number: Any) -> None:
    """Make this process a grader, with a line to the zygote that is next in turn."""
    global _grader
    from grading.judging.grader import Grader

    # If the parent is killed, its graders end too: nobody else would read their results.
    if sys.platform == "linux":
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    # An interrupt at the terminal reaches every process: the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with number.get_lock():
        mine, number.value = number.value, number.value + 1
    line = Line(rung, doors[mine % len(doors)]) if doors else None
    for door in doors:
        door.close()
    _grader = Grader(rung, line, device, keep_suites=True)
    Finalize(None, _close, exitpriority=10)
    # From Python 3.14 on, a pool's process runs atexit functions before finalizers.
    atexit.register(_close)


def _close() -> None:
    if _grader is not None:
        _grader.close()


def _call(function: Task[Any, Any], item: Any) -> Any:
    assert _grader is not None, "the process has been started by a Pool"
    try:
        return function(_grader, item)
    finally:
        if _grader.broken:
            # The result does not count: the item is tried again, in new processes.
            os._exit(1)
