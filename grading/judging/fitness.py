"""Measures what this machine gives a submission: room for tensors, threads, files, training.

A small program tries these in a worker, behind the same walls and limits as any submission.
`doctor` shows the results. In a student edition, which has no reference, they decide whether a
fault may count (`grader.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grading.checking.respondents import Probes, Question, Source, Student, StudentFault, outcome_of
from grading.files import read_text
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits

PROBES = Path(__file__).parent.parent / "sandbox" / "worker" / "fitness_probes.py"
# A worker's first training step imports a thousand modules.
CPU_SECONDS = 30.0


@dataclass(frozen=True)
class Need:
    """A probe, what it measures, and the least that is enough; 0 if it only has to run."""

    probe: str
    what: str
    unit: str
    least: int
    values: Mapping[str, Any]


# Five times the memory that the most demanding right program of the course takes (limits.py), and
# more threads and files than any of them.
NEEDS = (
    Need("threads", "threads", "at once", 16, {"most": 64}),
    Need("files", "temporary files", "MB", 16, {"most": 30}),
    Need("training", "a training step", "", 0, {}),
    Need("half_precision", "half precision", "", 0, {}),
    # Last, because the C library may keep all the memory that this one fills.
    Need("tensors", "room for tensors", "MB", 1024, {}),
)


@dataclass(frozen=True)
class Measured:
    """A need, what was found, and why that is not enough; `problem` is empty if it is."""

    need: Need
    found: str
    problem: str


def examine(sandbox: Sandbox, device: str, limits: Limits) -> list[Measured]:
    """Measure every need in a worker of this sandbox. Raises GraderError."""
    source = Source("fitness", "fitness.py", "", Probes(read_text(PROBES)))
    student = Student(sandbox, source, device, limits)
    try:
        return [_measure(student, need) for need in NEEDS]
    finally:
        student.close()


def _measure(student: Student, need: Need) -> Measured:
    outcome = outcome_of(student, Question(need.probe, need.values, 0, CPU_SECONDS))
    if isinstance(outcome, StudentFault):
        return Measured(need, "", f"{need.what}: {outcome.message.splitlines()[0]}")
    number = outcome.arrays["found"]
    if not need.least:
        works = bool(np.all(np.isfinite(number)))
        return Measured(need, "works", "" if works else f"{need.what} gives no finite number")
    amount = f"{int(number)} {need.unit}"
    enough = int(number) >= need.least
    return Measured(
        need, amount, "" if enough else f"{need.what}: {amount}, where {need.least} are needed"
    )
