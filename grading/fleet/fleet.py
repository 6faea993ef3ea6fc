"""Grades many items: in this process, in a pool or on a cluster.

`Lost` marks an item that no grader could finish.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from grading.judging.grader import Grader

Item = TypeVar("Item")
Result = TypeVar("Result")
# Items submitted for each grader: it never waits for work, and a stop loses little.
AHEAD = 2


@dataclass(frozen=True)
class Lost:
    """An item without a result, and why."""

    why: str


class Fleet(Protocol):
    """Any number of graders, here or on other machines."""

    def run(
        self, function: Callable[["Grader", Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result | Lost]]: ...
