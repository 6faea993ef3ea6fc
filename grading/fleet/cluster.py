"""Graders on a cluster that already exists: dask.distributed instead of local processes.

Each worker process of the cluster makes one grader, with its own zygote, when the first item comes,
and keeps it. When a worker is lost, the scheduler gives its items to others. A worker that differs
from this machine grades nothing: it compares itself before each item (cluster_worker.py), since it
may have started later or been updated since the item before.
"""

import pickle
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Generic

from grading.closing import Closing
from grading.course.syllabus import Exercise
from grading.fleet import connection
from grading.fleet.cluster_worker import serving
from grading.fleet.connection import NO_FILES, TlsFiles
from grading.fleet.fleet import AHEAD, Item, Lost, Outcomes, Result, Task
from grading.judging.fingerprint import on_disk
from grading.sandbox.rungs import Rung

# How long items wait for a fit worker after the last one is lost: a nanny starts a new one within
# seconds.
GRACE_SECONDS = 15.0
# How often to look for items that are kept for workers that are gone.
LOOK_SECONDS = 10.0
_POLL_SECONDS = 0.02


@dataclass
class _Queue(Generic[Item]):
    """Items to submit: those that a worker gave back come first."""

    items: Iterator[Item]
    given_back: list[Item] = field(default_factory=list)

    def next(self) -> Item | None:
        return self.given_back.pop() if self.given_back else next(self.items, None)


class Cluster(Closing):
    """The graders behind a scheduler's address. Raises UsageError if it does not answer.

    `exercises` are those that will be graded: a worker whose checks of one differ grades nothing.
    """

    def __init__(
        self,
        address: str,
        rung: Rung,
        device: str,
        exercises: Sequence[Exercise] = (),
        tls: TlsFiles = NO_FILES,
    ) -> None:
        self._rung, self._device = rung, device
        self._serve = serving(asdict(on_disk(exercises)), pickle.dumps(tuple(exercises)))
        # The workers that differ, and a line about each.
        self._unfit: dict[str, str] = {}
        self._has_graded = False
        self._client = connection.connect(address, tls)

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def run(self, function: Task[Item, Result], items: Iterable[Item]) -> Outcomes[Item, Result]:
        """Run function(grader, item) on every item; yield each with its result once ready.

        An item is `Lost` if it ends more workers than the scheduler allows, or if no worker is fit.
        """
        from distributed import KilledWorker, as_completed

        queue = _Queue(iter(items))
        running: dict[str, tuple[Any, Item, list[str]]] = {}
        # With results: one that is lost with its worker does not count as completed.
        completed: Any = as_completed(  # type: ignore[no-untyped-call]
            loop=self._client.loop, with_results=True, raise_errors=False
        )
        while True:
            workers, can_grade = self._fit_workers()
            wanted = AHEAD * max(1, len(workers)) if can_grade else 0
            while len(running) < wanted and (item := queue.next()) is not None:
                future = self._submit(function, item, workers)
                running[future.key] = future, item, workers
                completed.add(future)
            if not running:
                if (item := queue.next()) is None:
                    return
                yield item, Lost("; ".join(self._unfit.values()))
                continue
            future, answer = _next(completed)
            if future is None:
                queue.given_back += self._stranded(running)
            elif future.key in running:  # and was not cancelled as stranded
                _, item, _ = running.pop(future.key)
                try:
                    if future.status == "error":
                        future.result()
                    worker, differences, result = answer
                except KilledWorker as error:
                    # The scheduler's own setting says how many it allows to be lost.
                    yield (
                        item,
                        Lost(f"it ended {error.allowed_failures + 1} workers of the cluster"),
                    )
                    continue
                if differences:
                    self._leave_out(worker, differences)
                    queue.given_back.append(item)
                else:
                    self._has_graded = True
                    yield item, result

    def _submit(self, function: Task[Item, Result], item: Item, workers: list[str]) -> Any:
        job = pickle.dumps((function, item, self._rung, self._device))
        # As long as no worker differs, also one that starts later may take any item.
        only = workers if self._unfit and workers else None
        return self._client.submit(self._serve, job, pure=False, retries=0, workers=only)

    def _fit_workers(self) -> tuple[list[str], bool]:
        """The workers not known to differ, and whether items may be submitted.

        They may not where all workers differ. Without any worker, they wait for the first.
        """
        end = time.monotonic() + (GRACE_SECONDS if self._has_graded else 0.0)
        while True:
            workers = self._workers()
            fit = [worker for worker in workers if worker not in self._unfit]
            if fit or not workers:
                return fit, True
            if time.monotonic() >= end:
                self._has_graded = False
                return [], False
            time.sleep(_POLL_SECONDS)

    def _workers(self) -> list[str]:
        return list(self._client.scheduler_info(n_workers=-1)["workers"])

    def _leave_out(self, worker: str, differences: Sequence[str]) -> None:
        """Give a worker no more items, and say so once."""
        if worker not in self._unfit:
            line = (
                f"worker {worker} grades nothing, as it differs from this machine:"
                f" {', '.join(differences)}"
            )
            self._unfit[worker] = line
            print(f"grader: {line}", file=sys.stderr)

    def _stranded(self, running: dict[str, tuple[Any, Item, list[str]]]) -> list[Item]:
        """Take back the items that are kept for workers that are all gone."""
        there, items = set(self._workers()), []
        for key, (future, item, workers) in list(running.items()):
            if workers and there.isdisjoint(workers):
                del running[key]
                future.cancel()
                items.append(item)
        return items


def _next(completed: Any) -> tuple[Any, Any]:
    """The next future that completes and its result; None twice if none does for a while."""
    end = time.monotonic() + LOOK_SECONDS
    while not completed.has_ready():
        if time.monotonic() >= end:
            return None, None
        time.sleep(_POLL_SECONDS)
    future, result = next(completed)
    return future, result
