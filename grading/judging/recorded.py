"""The recorded answers of the reference and known mistakes: a student edition has neither.

checks/recorded/ID.json says what was recorded, and ID.npz holds the numbers, without source or
pickles. The inputs of a question depend only on the seed, so answers are kept for a few seeds and
looked up by question. An exception is kept as its status and a hash of its essence: that is enough
to tell whether a submission's is the same.

    ID.json   seeds, the NumPy version and a hash of what it draws, the points of hidden checks,
              known mistakes with their words for students, the keys of all questions, and for each
              answer the kinds of its arrays and where they begin
    ID.npz    for each dtype, all arrays one after the other, and `outcomes` (respondent, question):
              the number of the answer, or -1 if the respondent was not asked the question;
              respondent 0 is the reference, the others are the mistakes in their order
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from grading.checking.compare import Answer
from grading.checking.respondents import Asked, Outcome, Question, Source, StudentFault, read_probes
from grading.course import edition, misconceptions
from grading.course.misconceptions import Misconception
from grading.course.syllabus import Exercise
from grading.errors import GraderError, UsageError
from grading.files import usable
from grading.judging.answers import Mistakes, alike
from grading.report import Status

REFERENCE = 0


class Recording:
    """The answers that were recorded for one exercise. Raises GraderError if malformed."""

    def __init__(self, exercise: Exercise) -> None:
        path = exercise.recorded
        index = edition.index(exercise)
        with usable(path):
            self.mistakes = [_mistake(entry) for entry in index["mistakes"]]
            self.numpy, self.stream = str(index["numpy"]), str(index["stream"])
            self._questions = {key: number for number, key in enumerate(index["questions"])}
            self._kinds, self._answers = index["kinds"], index["answers"]
            with np.load(path.with_suffix(".npz"), allow_pickle=False) as file:
                self._numbers = {name: file[name] for name in file.files}
            self._outcomes = self._numbers.pop("outcomes")

    def outcome(self, respondent: int, question: Question, device: str) -> Outcome | None:
        """What `respondent` answered; None if it was never asked."""
        try:
            number = int(self._outcomes[respondent, self._questions[question.key]])
            return None if number < 0 else self._outcome(self._answers[number], device)
        except KeyError:
            return None
        except (IndexError, TypeError, ValueError) as error:
            raise GraderError(f"the recorded answers cannot be used: {error!r}") from error

    def _outcome(self, entry: Any, device: str) -> Outcome:
        if isinstance(entry, dict):
            return StudentFault(Status(entry["status"]), entry["essence"])
        number, *starts = entry
        kinds, others = self._kinds[number]
        arrays = {}
        for (name, dtype, shape), start in zip(kinds, starts, strict=True):
            flat = self._numbers[dtype][start : start + int(np.prod(shape, dtype=np.int64))]
            arrays[name] = flat.reshape(shape)
        return Answer(arrays, others, device)


class RecordedAnswers:
    """The answer book of a student edition. It knows single mistakes, but no pairs of them."""

    def __init__(self, exercise: Exercise, device: str) -> None:
        self.source = Source(exercise.module, exercise.file, "", read_probes(exercise))
        self._recording = Recording(exercise)
        self._device = device
        self._asked: Question | None = None
        self.known = self._recording.mistakes
        if self._recording.stream != stream():
            raise UsageError(
                f"NumPy {np.__version__} draws other numbers than NumPy {self._recording.numpy},"
                " with which answers were recorded: pip install -c constraints.txt -e ."
            )

    def ask(self, question: Question) -> None:
        self._asked = question

    def answer(self) -> Answer:
        """The answer to the last question. Raises GraderError if none was recorded."""
        assert self._asked is not None, "an answer follows a question"
        recorded = self._recording.outcome(REFERENCE, self._asked, self._device)
        if not isinstance(recorded, Answer):
            raise GraderError(f"no answer to this question of {self._asked.probe} was recorded")
        return recorded

    def reproduces(self, mistakes: Mistakes, asked: Sequence[Asked]) -> bool:
        """Whether the reference with these mistakes answered as the student's code did."""
        if len(mistakes) > 1:
            return False
        respondent = 1 + self.known.index(mistakes[0]) if mistakes else REFERENCE
        return all(self._same(respondent, question) for question in asked)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def _same(self, respondent: int, asked: Asked) -> bool:
        recorded = self._recording.outcome(respondent, asked.question, self._device)
        if isinstance(recorded, StudentFault) and isinstance(asked.outcome, StudentFault):
            given = asked.outcome
            return recorded.essence == (given.status, essence_sha256(given))
        return recorded is not None and alike(recorded, asked.outcome)


def known_mistakes(exercise: Exercise) -> list[Misconception]:
    """The mistakes that can be named, from the course or from the record. Raises GraderError."""
    if exercise.in_edition:
        return Recording(exercise).mistakes
    return misconceptions.load(exercise.misconceptions)


@cache
def stream() -> str:
    """A hash of what NumPy draws, because its versions may draw other numbers from a seed."""
    generator = np.random.default_rng(0)
    digest = hashlib.sha256()
    for values in (
        generator.normal(0.0, 1.0, 1000).astype("<f4"),
        generator.uniform(0.0, 1.0, 1000).astype("<f4"),
        generator.integers(2**31, size=1000).astype("<i8"),
        generator.permutation(1000).astype("<i8"),
    ):
        digest.update(values.tobytes())
    return digest.hexdigest()


def essence_sha256(fault: StudentFault) -> str:
    return hashlib.sha256(fault.essence[1].encode()).hexdigest()


def _mistake(entry: dict[str, Any]) -> Misconception:
    return Misconception(
        name=str(entry["name"]),
        why="",
        fails=tuple(map(str, entry["fails"])),
        edits=(),
        student=str(entry["student"]),
        hints=tuple(map(str, entry["hints"])),
    )
