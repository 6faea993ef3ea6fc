"""The answer book: what the reference answers, and what known mistakes answer in its place.

`LiveAnswers` asks the reference, and copies of it with the mistakes, each in a worker of its own. A
student edition has no reference, and reads its answers from a record (`recorded.py`).
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

import numpy as np

from grading.checking.compare import TOLERANCES, Answer
from grading.checking.respondents import (
    Asked,
    LiveRespondent,
    Outcome,
    Question,
    Respondent,
    Source,
    Student,
    StudentFault,
    outcome_of,
    read_probes,
)
from grading.course import misconceptions
from grading.course.misconceptions import Misconception
from grading.course.syllabus import Exercise
from grading.errors import GraderError
from grading.files import read_text
from grading.sandbox.client import Sandbox, WorkerFault
from grading.sandbox.frames import Frame
from grading.sandbox.limits import Limits
from grading.sandbox.processes import SandboxError

# Mistakes made at once; an empty tuple means the reference itself.
Mistakes = tuple[Misconception, ...]


class AnswerBook(Respondent, Protocol):
    """Answers like the reference, and knows what mistakes answer, live or from a record."""

    @property
    def source(self) -> Source: ...

    @property
    def known(self) -> Sequence[Misconception]:
        """The mistakes that can be named."""

    def reproduces(self, mistakes: Mistakes, asked: Sequence[Asked]) -> bool:
        """Whether the reference with these mistakes answers as the student's code did."""


class LiveAnswers(LiveRespondent):
    """Asks the reference and copies of it with mistakes, each question only once.

    The faults of the reference count as the grader's.
    """

    def __init__(self, exercise: Exercise, sandbox: Sandbox, device: str, limits: Limits) -> None:
        text = read_text(exercise.reference)
        source = Source(exercise.module, exercise.file, text, read_probes(exercise))
        super().__init__(sandbox, source, device, limits)
        self._exercise = exercise
        self._asked: Question | None = None
        # What the reference answered, by the key of the question.
        self.answered: dict[str, Answer] = {}
        self._outcomes: dict[tuple[str, str], Outcome] = {}

    @cached_property
    def known(self) -> list[Misconception]:
        """The mistakes that can be named. Raises GraderError if they cannot be read."""
        listed = misconceptions.load(self._exercise.misconceptions)
        return [mistake for mistake in listed if not mistake.same_as + mistake.unnamed]

    def ask(self, question: Question) -> None:
        """Send a question to the reference, unless its answer is known."""
        self._asked = question
        if question.key in self.answered:
            return
        try:
            self._send(question)
        except (WorkerFault, SandboxError) as error:
            self.close()
            raise GraderError(f"the reference failed before {question.probe}: {error}") from error

    def answer(self) -> Answer:
        """The answer to the last question. Raises GraderError."""
        assert self._asked is not None, "an answer follows a question"
        key, probe = self._asked.key, self._asked.probe
        if key not in self.answered:
            try:
                reply = self._receive()
            except WorkerFault as error:
                self.close()
                raise GraderError(f"the reference failed on {probe}: {error}") from error
            if reply.meta.get("ok") is not True:
                said = reply.meta.get("error")
                raise GraderError(f"the reference failed on {probe}: {said}")
            self.answered[key] = self._answer(reply)
        return self.answered[key]

    def reproduces(self, mistakes: Mistakes, asked: Sequence[Asked]) -> bool:
        text = self.source.text
        try:
            for mistake in mistakes:
                text = mistake.made_in(text)
        except GraderError:
            return False  # two mistakes edit the same lines
        mistaken = Student(self.sandbox, replace(self.source, text=text), self.device, self.limits)
        key = "+".join(mistake.name for mistake in mistakes)
        try:
            return all(
                alike(self._outcome(key, mistaken, question), question.outcome)
                for question in asked
            )
        finally:
            mistaken.close()

    def _outcome(self, key: str, mistaken: Student, asked: Asked) -> Outcome:
        identity = (key, asked.question.key)
        if identity not in self._outcomes:
            self._outcomes[identity] = outcome_of(mistaken, asked.question)
        return self._outcomes[identity]

    def _loaded(self, reply: Frame) -> None:
        if reply.meta.get("ok") is not True:
            raise GraderError(f"the reference cannot be imported: {reply.meta.get('error')}")


def alike(mine: Outcome, theirs: Outcome) -> bool:
    """Whether two outcomes are the same, within the tolerances."""
    if isinstance(mine, StudentFault) and isinstance(theirs, StudentFault):
        return mine.essence == theirs.essence
    if isinstance(mine, StudentFault) or isinstance(theirs, StudentFault):
        return False
    if dict(mine.others) != dict(theirs.others) or set(mine.arrays) != set(theirs.arrays):
        return False
    return all(_close(array, theirs.arrays[name], mine) for name, array in mine.arrays.items())


def _close(mine: np.ndarray, theirs: np.ndarray, answer: Answer) -> bool:
    if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
        return False
    tolerance = TOLERANCES.get((mine.dtype.name, answer.device))
    if tolerance is None:
        return bool(np.array_equal(mine, theirs))
    finite = np.isfinite(mine)
    if not np.array_equal(finite, np.isfinite(theirs)):
        return False
    error = np.abs(mine[finite].astype(np.float64) - theirs[finite].astype(np.float64))
    return bool((error <= tolerance.allowed(mine[finite])).all())
