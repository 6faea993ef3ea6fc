"""Record how the reference and the known mistakes answer the public checks, for a few seeds.

The grader grades each of them like a submission, on every public check even if one that it needs
failed, and keeps every question and answer. So it also finds questions that depend on an earlier
answer: a submission that gives the same answers gets the same questions. A check that asks the
reference about a student's answer cannot be recorded, and is refused.
"""

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grading.checking.compare import Answer
from grading.checking.respondents import Outcome
from grading.checking.suites import checks, max_score
from grading.course import misconceptions
from grading.course.edition import FORMAT
from grading.course.misconceptions import Misconception
from grading.course.syllabus import Exercise
from grading.errors import GraderError
from grading.fleet.fleet import Fleet, Lost
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.judging.recorded import REFERENCE, essence_sha256, stream
from grading.report import Visibility
from grading.submission.file import from_bytes

# Enough that nobody learns the inputs by heart, few enough that an edition stays small.
SEEDS = (1, 2, 3)
# What an edition tells of a mistake.
TOLD = ("name", "student", "hints", "fails")


@dataclass(frozen=True)
class Take:
    """One respondent to ask, with one seed: 0 is the reference, the others are mistakes."""

    exercise: Exercise
    respondent: int
    source: str
    seed: int


# An answer, or what is kept of an exception.
Kept = Answer | dict[str, str]


@dataclass(frozen=True)
class Taken:
    """A respondent's outcome for each question, and the questions put to the reference."""

    outcomes: dict[str, Kept]
    to_reference: frozenset[str]


def record(
    exercises: Sequence[Exercise],
    seeds: Sequence[int],
    pool: Fleet,
    on_take: Callable[[int, int, str], None],
) -> dict[str, bytes]:
    """The recorded answers as files, by path. Raises GraderError."""
    takes = [take for exercise in exercises for take in _takes(exercise, seeds)]
    records = {exercise.id: _Record(exercise, seeds) for exercise in exercises}
    taken: dict[Take, Taken] = {}
    for number, (take, result) in enumerate(pool.run(ask, takes), start=1):
        if isinstance(result, Lost):
            raise GraderError(f"{take.exercise.id}: nothing was recorded: {result.why}")
        on_take(number, len(takes), take.exercise.id)
        taken[take] = result
    # In a fixed order, no matter which was ready first.
    for take in takes:
        records[take.exercise.id].add(take, taken[take])
    files: dict[str, bytes] = {}
    for exercise in exercises:
        files |= records[exercise.id].files()
    return files


def ask(grader: Grader, take: Take) -> Taken:
    """Grade one respondent on the public checks, except those that train something."""
    exercise = only_public(take.exercise)
    work = from_bytes(take.source.encode(), exercise.file)
    plan = Plan(take.seed, training=False, in_order=False)
    with grader.session(exercise, work, plan) as session:
        grader.judge(session)
    if session.faults:
        raise GraderError(f"{exercise.id}: nothing was recorded: {session.faults[0]}")
    outcomes = {
        asked.question.key: _kept(asked.outcome)
        for several in session.interview.asked.values()
        for asked in several
    }
    known: frozenset[str] = getattr(session.interview.reference, "answered", frozenset())
    return Taken(outcomes, known & outcomes.keys())


def _kept(outcome: Outcome) -> Kept:
    if isinstance(outcome, Answer):
        return outcome
    return {"status": outcome.status.value, "essence": essence_sha256(outcome)}


class PublicExercise(Exercise):
    """An exercise without its hidden checks."""

    @property
    def suites(self) -> dict[Any, Visibility]:
        return {path: kind for path, kind in super().suites.items() if kind is Visibility.PUBLIC}


def only_public(exercise: Exercise) -> Exercise:
    return PublicExercise(exercise.id, exercise.title, exercise.file, exercise.root)


def public_mistakes(exercise: Exercise) -> list[Misconception]:
    """The mistakes that public checks can name, without the hidden checks that they fail."""
    public = set(checks(only_public(exercise)))
    mistakes = []
    for known in misconceptions.load(exercise.misconceptions):
        fails = tuple(name for name in known.fails if name in public)
        if fails and not known.same_as + known.unnamed:
            mistakes.append(replace(known, fails=fails))
    return mistakes


def _takes(exercise: Exercise, seeds: Sequence[int]) -> list[Take]:
    reference = exercise.reference.read_text(encoding="utf-8")
    sources = [reference, *(known.made_in(reference) for known in public_mistakes(exercise))]
    return [
        Take(exercise, respondent, source, seed)
        for respondent, source in enumerate(sources)
        for seed in seeds
    ]


class _Record:
    """Collects the answers of one exercise and keeps each array once."""

    def __init__(self, exercise: Exercise, seeds: Sequence[int]) -> None:
        self.exercise, self.seeds = exercise, seeds
        self.questions: dict[str, int] = {}
        self.kinds: dict[str, int] = {}
        self.answers: dict[str, int] = {}
        self.outcomes: dict[tuple[int, int], int] = {}
        self.chunks: dict[str, list[np.ndarray]] = {}
        self.starts: dict[tuple[str, bytes], int] = {}
        self.ends: dict[str, int] = {}

    def add(self, take: Take, taken: Taken) -> None:
        for key, outcome in taken.outcomes.items():
            if key not in self.questions:
                if take.respondent != REFERENCE and key in taken.to_reference:
                    raise GraderError(
                        f"{self.exercise.id}: a public check asks the reference about what a"
                        " submission answered, which cannot be recorded"
                    )
                self.questions[key] = len(self.questions)
            entry = json.dumps(self._entry(outcome), separators=(",", ":"))
            number = self.answers.setdefault(entry, len(self.answers))
            self.outcomes[take.respondent, self.questions[key]] = number

    def _entry(self, outcome: Kept) -> Any:
        if not isinstance(outcome, Answer):
            return outcome
        arrays = dict(sorted(outcome.arrays.items()))
        shapes = [[name, array.dtype.name, list(array.shape)] for name, array in arrays.items()]
        kind = json.dumps([shapes, dict(outcome.others)], separators=(",", ":"), sort_keys=True)
        number = self.kinds.setdefault(kind, len(self.kinds))
        return [number, *(self._place(array) for array in arrays.values())]

    def _place(self, array: np.ndarray) -> int:
        """Where the numbers of this array begin among those of its dtype."""
        dtype = array.dtype.name
        flat = np.ascontiguousarray(array).reshape(-1)
        key = (dtype, flat.tobytes())
        if key not in self.starts:
            self.starts[key] = self.ends.get(dtype, 0)
            self.ends[dtype] = self.starts[key] + flat.size
            self.chunks.setdefault(dtype, []).append(flat)
        return self.starts[key]

    def files(self) -> dict[str, bytes]:
        exercise, mistakes = self.exercise, public_mistakes(self.exercise)
        table = np.full((len(mistakes) + 1, len(self.questions)), -1, np.int32)
        for place, number in self.outcomes.items():
            table[place] = number
        numbers = {dtype: np.concatenate(chunks) for dtype, chunks in self.chunks.items()}
        hidden = max_score(exercise) - max_score(only_public(exercise))
        index = {
            "format": FORMAT,
            "seeds": list(self.seeds),
            "numpy": np.__version__,
            "stream": stream(),
            "hidden_points": hidden,
            "mistakes": [{key: getattr(known, key) for key in TOLD} for known in mistakes],
            "questions": list(self.questions),
            "kinds": [json.loads(kind) for kind in self.kinds],
            "answers": [json.loads(entry) for entry in self.answers],
        }
        path = exercise.recorded.relative_to(exercise.root)
        return {
            path.as_posix(): _compact(index).encode(),
            path.with_suffix(".npz").as_posix(): npz({"outcomes": table, **numbers}),
        }


def _compact(index: dict[str, Any]) -> str:
    """One line for each key."""
    lines = [f'"{key}":{json.dumps(value, separators=(",", ":"))}' for key, value in index.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def npz(arrays: dict[str, np.ndarray]) -> bytes:
    """The same bytes for the same arrays. LZMA, as many are nearly alike and few identical."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in sorted(arrays.items()):
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy")
            info.compress_type = zipfile.ZIP_LZMA
            archive.writestr(info, member.getvalue())
    return data.getvalue()
