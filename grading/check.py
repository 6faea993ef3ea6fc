"""Checks: plain functions that pytest collects and runs in this process.

    @check(points=8, needs=[cell_takes_one_step], hint="Print the shapes of both terms.")
    def cell_steps_a_batch(draw, both):
        \"\"\"One step on a batch of sequences: each is advanced by itself.\"\"\"
        same(*both.cell_step(inputs=draw.normal(5, 7), ...), axes=AXES)

The docstring is what the student reads. The body draws inputs, runs a probe on the student's
module and on the reference, and compares: it raises for a wrong answer and returns for a right
one. A check never sees student code, only the arrays that came back.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from grading.compare import Answer, Mismatch
from grading.players import StudentFault

if TYPE_CHECKING:
    from grading.suite import Session

CPU_SECONDS = 10.0
Measure = Callable[["Draw", "Alone"], float]
CheckFunction = TypeVar("CheckFunction", bound=Callable[..., None])


@dataclass(frozen=True)
class Declaration:
    """What stands above a check."""

    points: float
    needs: tuple[Callable[..., None], ...]
    hint: str
    cpu_seconds: float
    measure: Measure | None
    because: str


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
    judges one measured value (a loss after training, say) names the function that measures it:
    its bounds then come from calibration, through the argument `bounds`. A check that catches no
    known mistake which no other check catches says `because` of what it is there all the same.
    """

    def declare(function: CheckFunction) -> CheckFunction:
        declaration = Declaration(points, tuple(needs), hint, cpu_seconds, measure, because)
        function.declaration = declaration  # type: ignore[attr-defined]
        return function

    return declare


class Draw:
    """The inputs of one check: drawn anew for each seed, the same again for the same seed."""

    def __init__(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)

    def normal(self, *shape: int, scale: float = 1.0, dtype: str = "float32") -> np.ndarray:
        """Independent normal entries with standard deviation `scale`.

        All are exact in float32, so that a float64 check and a float32 check mean the same.
        """
        values = self.generator.normal(0.0, scale, shape).astype(np.float32)
        return values.astype(dtype)

    def uniform(self, *shape: int, low: float, high: float, dtype: str = "float32") -> np.ndarray:
        values = self.generator.uniform(low, high, shape).astype(np.float32)
        return values.astype(dtype)


class Both:
    """`both.probe(...)` asks the student and the reference at once: (their answer, the right one).

    Raises StudentFault, GraderError.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session

    def __getattr__(self, probe: str) -> Callable[..., tuple[Answer, Answer]]:
        self._session.require_probe(probe)

        def ask(**inputs: Any) -> tuple[Answer, Answer]:
            session = self._session
            question = session.question(probe, inputs)
            session.reference.ask(question)
            try:
                got = session.ask_student(question)
            finally:
                want = session.reference.answer()
            return got, want

        return ask


class Alone:
    """`student.probe(...)` asks the student only. Raises StudentFault."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    def __getattr__(self, probe: str) -> Callable[..., Answer]:
        self._session.require_probe(probe)

        def ask(**inputs: Any) -> Answer:
            return self._session.ask_student(self._session.question(probe, inputs))

        return ask


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


def seed_of(exercise: str, check_name: str, seed: int) -> int:
    """The seed of one check: independent of the order in which checks run."""
    digest = hashlib.sha256(f"{exercise}/{check_name}/{seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big")
