"""Whoever can grade many items, and what comes of one that nobody could."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from grading.files import require_open_files

if TYPE_CHECKING:
    from grading.fleet.in_process import Here
    from grading.fleet.pool import Pool
    from grading.judging.grader import Grader
    from grading.sandbox.rungs import Rung

Item = TypeVar("Item")
Result = TypeVar("Result")
# Items on their way for each grader: none waits for work, and stopping loses little.
AHEAD = 2


@dataclass(frozen=True)
class Lost:
    """No result, and why."""

    why: str


class Workforce(Protocol):
    """Whoever can grade many items: a pool of processes here, or a cluster elsewhere."""

    def run(
        self, function: Callable[["Grader", Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result | Lost]]: ...


def on_this_machine(rung: "Rung", device: str, jobs: int) -> "Here | Pool":
    """Graders in `jobs` processes; one in this process if others are not wanted or cannot be had.

    A line on standard error says if they cannot. Raises UsageError.
    """
    require_open_files(jobs)
    # The processes of a pool are kept off the current folder by the environment.
    if jobs > 1 and not sys.flags.ignore_environment:
        from grading.fleet.pool import Pool, why_not

        if not (reason := why_not()):
            return Pool(rung, device, jobs)
        print(f"grader: grading one at a time: {reason}", file=sys.stderr)
    from grading.fleet.in_process import Here

    return Here(rung, device)
