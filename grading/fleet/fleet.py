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
Task = Callable[["Grader", Item], Result]
# Items submitted for each grader: it never waits for work, and a stop loses little.
AHEAD = 2


@dataclass(frozen=True)
class Lost:
    """An item without a result, and why."""

    why: str


Outcomes = Iterator[tuple[Item, Result | Lost]]


class Fleet(Protocol):
    """Any number of graders, here or on other machines."""

    def run(
        self, function: Task[Item, Result], items: Iterable[Item]
    ) -> Outcomes[Item, Result]: ...
