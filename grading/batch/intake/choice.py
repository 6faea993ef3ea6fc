"""Which of several files is the work on an exercise, by rules in a fixed order.

1. Files named for the exercise, copies included ("ex1 (1).py", -Copy1, _v2, _final, "Copy of ex1");
   others only if there is none.
2. A file that somebody has worked on before the untouched stub, as module or as notebook.
3. The exact name.
4. A module before a notebook.
5. The copy with the higher number.

Where only the last rule decides between two files that differ, the choice is not settled.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import PurePosixPath

from grading import pack
from grading.batch.intake.files import WORK, File
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.submission import file as submissions
from grading.submission.file import Submission
from grading.submission.notebook import is_notebook
from grading.text import one_line

MAX_LISTED = 3
MAX_CANDIDATES = 20
# What people and programs add to the name of a copy.
_COPY = re.compile(
    r"(?:(?:copy of|kopie von|copie de)[ _-]*)?(?P<stem>.+?)"
    r"(?:[ _-]*(?:"
    r"\((?P<browser>\d{1,4})\)"
    r"|copy[ _-]*(?P<jupyter>\d{0,4})"
    r"|v(?:ersion)?[ _.-]?(?P<version>\d{1,4})"
    r"|-(?P<number>\d{1,3})"
    r"|final|fixed|new|neu|solution|submission|corrected"
    r"))*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Choice:
    """The file that counts, and the submission in it.

    `settled` is false where another file may have been meant just as well.
    """

    file: File
    submission: Submission
    settled: bool = True


@dataclass(frozen=True)
class _Candidate:
    file: File
    submission: Submission
    worked_on: bool
    exact: bool
    copy: int

    @property
    def rank(self) -> tuple[object, ...]:
        """Smaller is better."""
        notebook = is_notebook(self.submission.name)
        return (not self.worked_on, not self.exact, notebook, -self.copy, self.file.depth)


def candidates(
    files: Sequence[File], exercise: Exercise, exercises: Sequence[Exercise], lone: bool
) -> list[File]:
    """The files that may be the work on an exercise.

    A `lone` file was handed in by itself, and can only be the exercise that was asked for.
    """
    works = [file for file in files if file.suffix in WORK]
    named = [file for file in works if copy_number(file.name, exercise) is not None]
    mine = named or [file for file in works if _has_id(file.name, exercise, exercises)]
    return mine or (works if lone and len(exercises) == 1 else [])


def packed(files: Sequence[File]) -> dict[str, list[File]]:
    """The file of each exercise, as `grader.py pack` lists it in an archive; {} without a list."""
    lists = [file for file in files if file.name == pack.LIST]
    if len(lists) != 1:
        return {}
    beside = PurePosixPath(lists[0].place).parent
    by_place = {file.place: file for file in files}
    named = pack.listed_in(lists[0].content(pack.MAX_BYTES))
    return {
        exercise: [by_place[place]]
        for exercise, name in named.items()
        if (place := str(beside / name)) in by_place
    }


def copy_number(name: str, exercise: Exercise) -> int | None:
    """The number in the name of a copy of an exercise's file; 0 without one, None for others."""
    stem = PurePosixPath(name).stem.lower()
    if stem == exercise.module.lower():
        return 0
    match = _COPY.fullmatch(stem)
    if match is None or match["stem"].lower() != exercise.module.lower():
        return None
    numbers = (match["browser"], match["jupyter"], match["version"], match["number"])
    return max((int(number) for number in numbers if number), default=1)


def _has_id(name: str, exercise: Exercise, exercises: Sequence[Exercise]) -> bool:
    """Whether the id of the exercise is a word of the name, which is no other exercise's."""
    if any(copy_number(name, other) is not None for other in exercises if other is not exercise):
        return False
    word = re.search(rf"(^|[^a-z0-9]){re.escape(exercise.id.lower())}([^0-9]|$)", name.lower())
    return word is not None


def choose(files: Sequence[File], exercise: Exercise) -> Choice:
    """The file that counts. Raises UsageError if none can be read."""
    if len(files) > MAX_CANDIDATES:
        raise UsageError(f"holds {len(files)} files that may be {exercise.file}: hand in one")
    read, problems = [], []
    untouched = _untouched(exercise)
    for file in files:
        try:
            work = submission(exercise, file)
        except UsageError as error:
            problems.append(error)
            continue
        exact = file.name in submissions.both_names(exercise.file)
        copy = copy_number(file.name, exercise) or _last_number(file.name)
        read.append(_Candidate(file, work, work.source not in untouched, exact, copy))
    if not read:
        raise problems[0]
    best, *others = sorted(read, key=lambda candidate: candidate.rank)
    return _explained(best, others, len(problems))


def _explained(best: _Candidate, others: Sequence[_Candidate], unreadable: int) -> Choice:
    others = [other for other in others if other.submission.source != best.submission.source]
    rivals = [other for other in others if other.worked_on]
    # A rival that only the number in its name puts behind may be the one that was meant.
    settled = not any(rival.rank[:3] == best.rank[:3] for rival in rivals)
    note = "the other file cannot be read" if unreadable else ""
    if rivals:
        note = f"{_listed(rivals)} beside it {_verb(rivals, 'does not', 'do not')} count"
    elif others:
        note = f"{_listed(others)} beside it {_verb(others, 'is', 'are')} untouched"
    return Choice(best.file, replace(best.submission, note=note), settled)


def _listed(candidates: Sequence[_Candidate]) -> str:
    places = [one_line(candidate.file.place, 80) for candidate in candidates]
    more = [f"{len(places) - MAX_LISTED} more"] if len(places) > MAX_LISTED else []
    return ", ".join([*places[:MAX_LISTED], *more])


def _verb(candidates: Sequence[_Candidate], of_one: str, of_several: str) -> str:
    return of_one if len(candidates) == 1 else of_several


@cache
def _untouched(exercise: Exercise) -> frozenset[str]:
    """The source of the stub, as module and as notebook."""
    sources = set()
    for path in exercise.stubs:
        with suppress(UsageError):
            sources.add(submissions.read(path, exercise.file).source)
    return frozenset(sources)


def submission(exercise: Exercise, file: File) -> Submission:
    """What a file holds, under the exercise's own name. Raises UsageError."""
    module, notebook = submissions.both_names(exercise.file)
    name = notebook if is_notebook(file.name.lower()) else module
    try:
        return submissions.from_bytes(file.content(submissions.max_bytes(name)), name)
    except UsageError as error:
        raise UsageError(str(error).replace(name, one_line(file.name), 1)) from error


def _last_number(name: str) -> int:
    numbers = re.findall(r"\d{1,4}", PurePosixPath(name).stem)
    return int(numbers[-1]) if numbers else 0
