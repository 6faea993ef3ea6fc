"""Forged answers: what a worker could say and no honest code would, one answer at a time.

    python -m tests.fuzz.answers --exercise ex1 --cases 500 --seed 1

A grading of the reference is recorded. Then each check is run against somebody who answers as the
reference did, but for one array of one answer, which is damaged. Whatever comes, a check must give
a verdict: one that breaks would make a submission `not gradable`, at its author's wish.
"""

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from grading.checking.compare import Answer
from grading.checking.interview import Interview
from grading.checking.respondents import Asked, Question, Source, Student, StudentFault
from grading.course import syllabus
from grading.course.syllabus import Exercise
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.sandbox import rungs
from grading.sandbox.processes import Zygote
from grading.sandbox.rungs import Rung
from grading.submission.file import from_bytes
from tests.fuzz.inputs import Chance

SEED = 1
# Of a question that a check asks again and again, each time with other inputs.
MOST_ALIKE = 2

Change = Callable[[np.ndarray], np.ndarray]


def _filled(value: float) -> Change:
    return lambda array: np.full(array.shape, value, np.float64).astype(array.dtype)


def _as(dtype: str) -> Change:
    return lambda array: array.astype(dtype)


CHANGES: dict[str, Change] = {
    "a number": lambda array: np.zeros((), array.dtype),
    "nothing": lambda array: np.zeros(0, array.dtype),
    "nothing, in as many axes": lambda array: np.zeros((0,) * array.ndim, array.dtype),
    "eight axes": lambda array: np.zeros((1,) * 8, array.dtype),
    "an axis more": lambda array: array[None],
    "an axis more at the end": lambda array: array[..., None],
    "flat": lambda array: array.reshape(-1),
    "transposed": lambda array: array.T,
    "a row less": lambda array: array[:-1] if array.ndim else array[None],
    "a row more": lambda array: np.concatenate([array, array]) if array.ndim else array[None],
    "a column less": lambda array: array[..., :-1] if array.ndim else array[None],
    "NaN": _filled(math.nan),
    "infinity": _filled(math.inf),
    "minus infinity": _filled(-math.inf),
    "zeros": _filled(0.0),
    "minus ones": _filled(-1.0),
    "as large as it gets": _filled(1e300),
    "float64 as large as it gets": lambda array: np.full(array.shape, 1.7e308),
    "tiny": _filled(1e-300),
    "one NaN": lambda array: _with_first(array, math.nan),
    "one huge": lambda array: _with_first(array, 3e38),
    "float16": _as("float16"),
    "float64": _as("float64"),
    "int64": _as("int64"),
    "int8": _as("int8"),
    "uint8": _as("uint8"),
    "bool": _as("bool"),
    "the largest int64": lambda array: np.full(array.shape, 2**63 - 1),
    "the smallest int64": lambda array: np.full(array.shape, -(2**63)),
}


def _with_first(array: np.ndarray, value: float) -> np.ndarray:
    changed = array.astype(np.float64)
    changed.flat[:1] = value
    return changed.astype(array.dtype)


@dataclass(frozen=True)
class Forgery:
    """One damaged array: `change` is a name in CHANGES, or "missing", or "no tensor"."""

    check: str
    number: int
    array: str
    change: str

    def __str__(self) -> str:
        return f"{self.check}, answer {self.number}, {self.array}: {self.change}"

    def made_in(self, answer: Answer) -> Answer:
        arrays = dict(answer.arrays)
        array = arrays.pop(self.array)
        if self.change == "missing":
            return replace(answer, arrays=arrays)
        if self.change == "no tensor":
            return replace(answer, arrays=arrays, others={self.array: "NoneType"})
        with np.errstate(all="ignore"):
            return replace(answer, arrays={**arrays, self.array: CHANGES[self.change](array)})


class Forger:
    """Stands where a student stands, and answers from the record."""

    advice = ""
    device = "cpu"

    def __init__(self, source: Source, recorded: dict[str, list[Asked]], forgery: Forgery) -> None:
        asked = [one for every in recorded.values() for one in every]
        self.source = source
        self._forgery = forgery
        self._known = {one.question.key: one.outcome for one in asked}
        self._alike = {one.question.probe: one.outcome for one in asked}
        self._question = asked[0].question
        self.interview: Interview | None = None

    def ask(self, question: Question) -> None:
        self._question = question

    def answer(self) -> Answer:
        """What the reference said; where a check asks about a forged answer, anything alike."""
        known = self._known.get(self._question.key, self._alike[self._question.probe])
        if isinstance(known, StudentFault):
            raise known
        return self._forgery.made_in(known) if self._is_forged(known) else known

    def _is_forged(self, known: Answer) -> bool:
        assert self.interview is not None, "it is part of an interview"
        asked = self.interview.asked
        current = list(asked)[-1]
        return (
            current == self._forgery.check
            and len(asked[current]) == self._forgery.number
            and self._forgery.array in known.arrays
        )


def record(grader: Grader, exercise: Exercise, training: bool) -> dict[str, list[Asked]]:
    """By check, what the reference is asked and answers as a student."""
    work = from_bytes(exercise.reference.read_bytes(), exercise.file)
    with grader.session(exercise, work, Plan(SEED, training=training)) as session:
        grader.judge(session)
    return session.interview.asked


def forgeries(recorded: dict[str, list[Asked]]) -> list[Forgery]:
    """Every array of every answer, damaged in every way."""
    found = []
    for check, asked in recorded.items():
        alike: Counter[str] = Counter()
        for number, one in enumerate(asked):
            alike[one.question.probe] += 1
            if isinstance(one.outcome, Answer) and alike[one.question.probe] <= MOST_ALIKE:
                for array in one.outcome.arrays:
                    for change in (*CHANGES, "missing", "no tensor"):
                        found.append(Forgery(check, number, array, change))
    return found


def verdict(
    grader: Grader, exercise: Exercise, recorded: dict[str, list[Asked]], forgery: Forgery
) -> tuple[str, str]:
    """How the check ended that was answered with this forgery, and what is wrong with that."""
    nothing = from_bytes(b"", exercise.file)
    with grader.session(exercise, nothing, Plan(SEED, only=forgery.check)) as session:
        forger = Forger(session.interview.student.source, recorded, forgery)
        session.interview.student = cast(Student, forger)
        forger.interview = session.interview
        results = grader.judge(session)
    (ended,) = [one for one in results if one.id == forgery.check]
    troubles = list(session.faults)
    if not 0 <= ended.points <= ended.max_points:
        troubles.append(f"{ended.points} points")
    json.dumps(ended.message).encode()
    return ended.status.words, "; ".join(troubles)


def main() -> int:
    """Try some forgeries, or all; 1 if a check broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.answers")
    parser.add_argument("--exercise", default="ex1")
    parser.add_argument("--cases", type=int, help="chosen by the seed; all, if not given")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    exercise = syllabus.load(syllabus.ROOT).exercise(options.exercise)
    rung = rungs.best()
    counts: Counter[str] = Counter()
    troubles = 0
    with Grader(rung, None if rung is Rung.PROCESS else Zygote(rung)) as grader:
        recorded = record(grader, exercise, training=True)
        for forgery in chosen(forgeries(recorded), options.cases, options.seed):
            words, trouble = verdict(grader, exercise, recorded, forgery)
            counts[words] += 1
            if trouble:
                troubles += 1
                print(f"{forgery}: {trouble}", flush=True)
    print(f"{exercise.id}: {dict(counts)}, {troubles} in trouble")
    return 1 if troubles else 0


def chosen(every: list[Forgery], cases: int | None, seed: int) -> list[Forgery]:
    """So many of them, by the seed; all of them for None."""
    if cases is None:
        return every
    chance = Chance(seed)
    return [chance.one_of(every) for _ in range(cases)]


if __name__ == "__main__":
    sys.exit(main())
