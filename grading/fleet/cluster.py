"""Graders on a cluster that already exists: dask.distributed instead of local processes.

Each worker process of the cluster makes one grader, with its own zygote, when the first item comes,
and keeps it. When a worker is lost, the scheduler gives its items to others.
"""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from grading.closing import Closing
from grading.errors import UsageError
from grading.fleet.fleet import AHEAD, Item, Lost, Outcomes, Result, Task
from grading.sandbox.processes import zygote_on
from grading.sandbox.rungs import Rung

if TYPE_CHECKING:
    from grading.judging.grader import Grader

CONNECT_SECONDS = 20

_graders: "dict[tuple[Rung, str], Grader]" = {}
# A grader serves one item at a time, however many threads its worker has.
_turn = threading.Lock()


class Cluster(Closing):
    """The graders behind a scheduler's address. Raises UsageError if it does not answer."""

    def __init__(self, address: str, rung: Rung, device: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise UsageError("--cluster needs dask: pip install -e '.[cluster]'") from error
        self._rung, self._device = rung, device
        try:
            self._client = Client(  # type: ignore[no-untyped-call]
                address, timeout=CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise UsageError(f"--cluster {address}: no scheduler answers there") from error

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def run(self, function: Task[Item, Result], items: Iterable[Item]) -> Outcomes[Item, Result]:
        """Run function(grader, item) on every item; yield each with its result once ready."""
        from distributed import KilledWorker, as_completed

        left = iter(items)
        running: dict[Any, Item] = {}
        completed: Any = as_completed(loop=self._client.loop)  # type: ignore[no-untyped-call]

        def fill() -> None:
            """Keep every worker busy, however many there are by now."""
            workers = self._client.scheduler_info(n_workers=-1)["workers"]
            wanted = AHEAD * max(1, len(workers))
            while len(running) < wanted and (item := next(left, None)) is not None:
                future = self._client.submit(
                    call, function, item, self._rung, self._device, pure=False, retries=0
                )
                running[future.key] = item
                completed.add(future)

        fill()
        for future in completed:
            item = running.pop(future.key)
            try:
                yield item, future.result()
            except KilledWorker as error:
                # The scheduler's own setting says how many it allows to be lost.
                yield item, Lost(f"it ended {error.allowed_failures + 1} workers of the cluster")
            fill()


def call(function: Task[Any, Any], item: Any, rung: Rung, device: str) -> Any:
    """Run function(grader, item) in a worker of the cluster."""
    from grading.judging.grader import Grader

    with _turn:
        if (rung, device) not in _graders:
            _graders[rung, device] = Grader(rung, zygote_on(rung), device)
        return function(_graders[rung, device], item)
