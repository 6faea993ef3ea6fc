"""What came in from one author at one time, whatever platform it went through."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grading.batch.people.evidence import Author


@dataclass(frozen=True, slots=True)
class Part:
    """A file, folder or archive of a hand-in, and the name that its author gave it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something was handed in, as its source tells it.

    `moment` has no zone where the source tells none: the course's zone counts there. `late` is the
    platform's own word, where it has one. `problem` says why this machine cannot tell the time.
    """

    moment: datetime | None = None
    source: str = ""
    late: bool | None = None
    problem: str = ""


NO_STAMP = Stamp()


@dataclass(frozen=True, slots=True)
class HandIn:
    """The files that one author handed in together.

    `attempt` is the platform's number, if it has one, and `order` sorts the attempts of one author;
    None means that nothing tells which came later. `problem` says why there is nothing to read.
    `assignment` is the platform's name for what was asked for, where a download holds several.
    `among_others` marks one of several assignments: another may hold the author's work.
    `repeats` says that files of the author's earlier attempt, the hand-in before this one, are in
    this one as well.
    """

    author: Author
    parts: tuple[Part, ...]
    stamp: Stamp = NO_STAMP
    attempt: int = 1
    order: tuple[float, ...] | None = None
    problem: str = ""
    assignment: str = ""
    among_others: bool = False
    repeats: bool = False


def seconds(moment: datetime) -> float:
    """A number that sorts the times of one source, whatever zone this machine is in."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
