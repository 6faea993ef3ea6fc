"""Whoever can grade many items, and what comes of one that nobody could."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from grading.grade import Grader

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
