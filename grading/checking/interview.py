"""An interview: a check's questions, put to the submission and to the reference."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

from grading.checking.compare import Answer
from grading.checking.draw import Draw, seed_of
from grading.checking.respondents import (
    Asked,
    Question,
    Respondent,
    Student,
    StudentFault,
    outcome_of,
)
from grading.course.syllabus import Exercise
from grading.errors import GraderError
from grading.report import MAX_SEED, Status


@dataclass
class Interview:
    """Asks one submission, and the reference where a check compares, on one seed.

    `asked` holds, for each check, the questions that the submission was asked and their outcomes.
    """

    exercise: Exercise
    seed: int
    student: Student
    reference: Respondent
    asked: dict[str, list[Asked]] = field(default_factory=dict)
    _current: list[Asked] = field(default_factory=list)
    _cpu_seconds: float = 0.0
    _probe_seed: int = 0

    def begin(self, check: str, cpu_seconds: float) -> Draw:
        """Begin a check, to which later questions belong. Returns what draws its inputs."""
        seed = seed_of(self.exercise.id, check, self.seed)
        self.limit(cpu_seconds, seed)
        self._current = self.asked.setdefault(check, [])
        return Draw(seed)

    def limit(self, cpu_seconds: float, seed: int) -> None:
        """Set the limit in CPU seconds, and the random seed, for all later questions."""
        self._cpu_seconds, self._probe_seed = cpu_seconds, seed % MAX_SEED

    def ask_both(self, probe: str, /, **inputs: Any) -> tuple[Answer, Answer]:
        """The submission's answer, and the right one. Raises StudentFault, GraderError."""
        question = self._question(probe, inputs)
        self.reference.ask(question)
        try:
            got = self._ask_student(question)
        finally:
            want = self.reference.answer()
        return got, want

    def ask_student(self, probe: str, /, **inputs: Any) -> Answer:
        """The submission's answer. Raises StudentFault."""
        return self._ask_student(self._question(probe, inputs))

    def with_student(self, student: Student) -> "Interview":
        """An interview of another submission with the same reference and seed."""
        return Interview(self.exercise, self.seed, student, self.reference)

    def new_faults(self, check: str) -> list[StudentFault]:
        """The faults of the submission that only this check met.

        A module that cannot be imported answers every check with the same fault.
        """
        known = {
            id(question.outcome)
            for name, asked in self.asked.items()
            if name != check
            for question in asked
        }
        return [
            question.outcome
            for question in self.asked.get(check, ())
            if isinstance(question.outcome, StudentFault)
            and question.outcome.status is not Status.NOT_ATTEMPTED
            and id(question.outcome) not in known
        ]

    def _question(self, probe: str, inputs: dict[str, Any]) -> Question:
        if probe not in _functions(self.student.source.probes.text):
            raise GraderError(f"{self.exercise.probes.name} has no probe {probe}")
        # Copied, because the check may change its arrays before the question is asked again.
        inputs = {
            name: value.copy() if isinstance(value, np.ndarray) else value
            for name, value in inputs.items()
        }
        return Question(probe, inputs, self._probe_seed, self._cpu_seconds)

    def _ask_student(self, question: Question) -> Answer:
        outcome = outcome_of(self.student, question)
        self._current.append(Asked(question, outcome))
        if isinstance(outcome, StudentFault):
            raise outcome
        return outcome


class Both:
    """`both.probe(...)` asks student and reference at once: (the student's answer, the right one).

    Raises StudentFault, GraderError.
    """

    def __init__(self, interview: Interview) -> None:
        self._interview = interview

    def __getattr__(self, probe: str) -> Callable[..., tuple[Answer, Answer]]:
        return partial(self._interview.ask_both, probe)


class Alone:
    """`student.probe(...)` asks the student only. Raises StudentFault."""

    def __init__(self, interview: Interview) -> None:
        self._interview = interview

    def __getattr__(self, probe: str) -> Callable[..., Answer]:
        return partial(self._interview.ask_student, probe)


@cache
def _functions(source: str) -> frozenset[str]:
    """The names of the functions of a module, found without running it."""
    return frozenset(
        node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)
    )
