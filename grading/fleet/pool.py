"""Graders side by side: each in a process of its own, some of them sharing a zygote."""

import atexit
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from math import ceil
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from grading.closing import Closing
from grading.course.syllabus import ROOT
from grading.environment import environment
from grading.fleet.fleet import AHEAD, Item, Lost, Result
from grading.sandbox.processes import Line, Zygote
from grading.sandbox.rungs import Rung
from grading.sandbox.worker import kernel

if TYPE_CHECKING:
    from grading.judging.grader import Grader

# A zygote forks a worker, and sees it end, in about 10 ms: it keeps that many graders busy, and
# each zygote less saves 1.1 s of CPU and 200 MB.
GRADERS_PER_ZYGOTE = 4
# A fork server of Python's own imports pytest once for all graders. On macOS forks are not safe.
_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
# multiprocessing starts its helpers as `python -c`, which would look for every module in the
# current folder first: that may hold what a class has handed in. After it they would import what is
# installed, which may be another checkout.
_IMPORTS = {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(ROOT)}

_grader: "Grader | None" = None


def why_not() -> str:
    """Why processes cannot work side by side here; empty if they can."""
    try:
        # Of all kinds of lock this one needs no helper process to remove it.
        multiprocessing.get_context("fork").Lock()
    except (ImportError, OSError) as error:
        return f"locks for several processes cannot be made (on Linux, in /dev/shm): {error}"
    return ""


class Pool(Closing):
    """`jobs` graders on one rung and device. Use as a context manager."""

    def __init__(self, rung: Rung, device: str, jobs: int) -> None:
        self.jobs, self._rung, self._device = jobs, rung, device
        self._start_processes()

    def close(self) -> None:
        self._end_processes()

    def run(
        self, function: Callable[["Grader", Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result | Lost]]:
        """function(grader, item) for every item; pairs of item and result, as they are ready.

        A process that dies takes what was running with it: that is tried once more, alone, in new
        processes, and is `Lost` if they die as well.
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
        function: Callable[["Grader", Item], Result],
        items: Iterable[Item],
        suspects: list[Item],
        ahead: int,
    ) -> Iterator[tuple[Item, Result]]:
        running: dict[Future[Result], Item] = {}
        left = iter(items)
        exhausted = False
        while running or not exhausted:
            while not exhausted and len(running) < ahead:
                item = next(left, None)
                if item is None:
                    exhausted = True
                else:
                    running[self._submit(function, item)] = item
            done, _ = wait(running, return_when=FIRST_COMPLETED) if running else (set(), set())
            for future in done:
                item = running.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    suspects.append(item)
                else:
                    yield item, future.result()

    def _submit(self, function: Callable[["Grader", Item], Result], item: Item) -> Future[Result]:
        try:
            return self._executor.submit(_call, function, item)
        except BrokenProcessPool:
            self._end_processes()
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

    def _end_processes(self) -> None:
        self._open.close()


def _start(rung: Rung, device: str, doors: list[socket.socket], number: Any) -> None:
    """Make this process a grader, on a line to one of the zygotes: the next in turn."""
    global _grader
    from grading.judging.grader import Grader

    # Whoever kills the parent ends its graders with it: nobody else would read their results.
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
    # From Python 3.14 on, a process of a pool does first what waits here.
    atexit.register(_close)


def _close() -> None:
    if _grader is not None:
        _grader.close()


def _call(function: Callable[["Grader", Any], Any], item: Any) -> Any:
    assert _grader is not None, "the process has been started by a Pool"
    try:
        return function(_grader, item)
    finally:
        if _grader.broken:
            # What came of this is nobody's result: it is tried again, in new processes.
            os._exit(1)
