"""Checks: plain functions that judge what a submission computes.

    @check(points=8, needs=[cell_takes_one_step], hint="Print the shapes of both terms.")
    def cell_steps_a_batch(draw, both):
        \"\"\"One step on a batch of sequences: each is advanced by itself.\"\"\"
        same(*both.cell_step(inputs=draw.normal(5, 7), ...), axes=AXES)

The docstring is what the student reads. The body draws inputs, runs a probe on the student's
module and on the reference, and compares: it raises for a wrong answer and returns for a right
one. A check never sees student code, only the arrays that came back.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from grading.checking.compare import Mismatch
from grading.checking.draw import Draw
from grading.checking.interview import Alone
from grading.checking.respondents import StudentFault
from grading.course.thresholds import Bounds
from grading.report import Visibility

CPU_SECONDS = 10.0
Measure = Callable[[Draw, Alone], float]
CheckFunction = TypeVar("CheckFunction", bound=Callable[..., None])


@dataclass(frozen=True)
class Declaration:
    """The arguments of the decorator above a check."""

    points: float
    needs: tuple[Callable[..., None], ...]
    hint: str
    cpu_seconds: float
    measure: Measure | None
    because: str


@dataclass(frozen=True)
class Check:
    """A declared check. `visibility` says whether its expected values may be shown."""

    name: str
    function: Callable[..., None]
    declaration: Declaration
    visibility: Visibility

    @property
    def title(self) -> str:
        """The first paragraph of the docstring, on one line."""
        return " ".join((inspect.getdoc(self.function) or self.name).split("\n\n")[0].split())

    @property
    def trains(self) -> bool:
        """Whether the check judges the result of training something, which takes long."""
        return self.declaration.measure is not None


def check(
    points: float,
    needs: Sequence[Callable[..., None]] = (),
    hint: str = "",
    cpu_seconds: float = CPU_SECONDS,
    measure: Measure | None = None,
    because: str = "",
) -> Callable[[CheckFunction], CheckFunction]:
    """Declare a check. It runs only if every check in `needs` passed.

    `hint` is the next thing to try, `cpu_seconds` the limit on each of its probes. A check that
    judges one measured value (a loss after training, say) names the function that measures it as
    `measure`: calibration then provides its bounds, as the argument `bounds`. A check that catches
    only mistakes that other checks catch as well says in `because` why it exists.
    """

    def declare(function: CheckFunction) -> CheckFunction:
        declaration = Declaration(points, tuple(needs), hint, cpu_seconds, measure, because)
        function.declaration = declaration  # type: ignore[attr-defined]
        return function

    return declare


class Parts:
    """Partial credit: each `with parts(name):` is an equal share of the check's points."""

    def __init__(self) -> None:
        self.count = 0
        self.failures: list[tuple[str, Mismatch | StudentFault]] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.count += 1
        try:
            yield
        except (Mismatch, StudentFault) as failure:
            self.failures.append((name, failure))


@dataclass(frozen=True)
class Trials(Bounds):
    """The bounds of a measured value, and the values that were compared with them."""

    values: list[float] = field(default_factory=list)

    def admit(self, value: float) -> bool:
        """Whether a measured value is right; the report shows the best one."""
        self.values.append(value)
        return super().admit(value)
