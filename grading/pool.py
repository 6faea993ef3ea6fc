"""Graders side by side: each in a process of its own, with its own zygote."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing.util import Finalize
from types import TracebackType
from typing import Any, Self, TypeVar

from grading.grade import Grader
from grading.sandbox.processes import Zygote
from grading.sandbox.rungs import Rung

Item = TypeVar("Item")
Result = TypeVar("Result")
# Enough that no process waits for work, few enough that stopping loses little.
AHEAD = 2

_grader: Grader | None = None


class Pool:
    """`jobs` graders on one rung and device. Use as a context manager."""

    def __init__(self, rung: Rung, device: str, jobs: int) -> None:
        self.jobs = jobs
        self._executor = ProcessPoolExecutor(
            jobs, multiprocessing.get_context("spawn"), _start, (rung, device)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def run(
        self, function: Callable[[Grader, Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result]]:
        """function(grader, item) for every item; pairs of item and result, as they are ready."""
        running: dict[Future[Result], Item] = {}
        left = iter(items)
        exhausted = False
        while running or not exhausted:
            while not exhausted and len(running) < AHEAD * self.jobs:
                item = next(left, None)
                if item is None:
                    exhausted = True
                else:
                    running[self._executor.submit(_call, function, item)] = item
            done, _ = wait(running, return_when=FIRST_COMPLETED) if running else (set(), set())
            for future in done:
                yield running.pop(future), future.result()


def _start(rung: Rung, device: str) -> None:
    global _grader
    zygote = None if rung is Rung.PROCESS else Zygote(rung)
    _grader = Grader(rung, zygote, device)
    Finalize(None, _grader.__exit__, args=(None, None, None), exitpriority=10)


def _call(function: Callable[[Grader, Any], Any], item: Any) -> Any:
    assert _grader is not None, "the process has been started by a Pool"
    return function(_grader, item)
