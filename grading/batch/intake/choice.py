"""Which of several files is the work on an exercise, by rules in a fixed order.

1. Files named for the exercise, copies included ("ex1 (1).py", -Copy1, _v2, _final, "Copy of ex1");
   others only if there is none.
2. A file that somebody has worked on before the untouched stub, as module or as notebook.
3. The exact name.
4. A module before a notebook.
5. The copy with the higher number.

Before all of them counts the file that a list of `grader.py pack` names. Where only the last rule
decides between two files that differ, where a file that cannot be read might have counted, where
something else lies beside what was packed, or where another module lies beside an untouched stub,
the choice is not settled.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from grading import pack
from grading.batch.intake.files import ARCHIVES, WORK, File
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.submission import file as submissions
from grading.submission.file import Submission
from grading.submission.notebook import is_notebook
from grading.text import one_line

MAX_LISTED = 3
MAX_CANDIDATES = 20
# What people and programs add to the name of a copy, in front and, several times, at the end. A
# pattern for all of a name would try every way to part "copy-copy-copy-".
_BEFORE = re.compile(r"(?:copy of|kopie von|copie de)[ _-]*")
_AFTER = re.compile(
    r"[ _-]*(?:"
    r"\((?P<browser>\d{1,4})\)"
    r"|copy[ _-]*(?P<jupyter>\d{0,4})"
    r"|v(?:ersion)?[ _.-]?(?P<version>\d{1,4})"
    r"|-(?P<number>\d{1,3})"
    r"|final|fixed|new|neu|solution|submission|corrected"
    r")"
)


@dataclass(frozen=True)
class Choice:
    """The file that counts, and the submission in it.

    `settled` is false where another file may have been meant just as well, `named` where the file
    is not called after the exercise.
    """

    file: File
    submission: Submission
    settled: bool = True
    named: bool = True


@dataclass(frozen=True)
class _Candidate:
    file: File
    submission: Submission
    listed: bool
    worked_on: bool
    exact: bool
    copy: int

    @property
    def rank(self) -> tuple[object, ...]:
        """Smaller is better."""
        return (not self.listed, *self.by_rules, -self.copy, self.file.depth)

    @property
    def by_rules(self) -> tuple[bool, ...]:
        notebook = is_notebook(self.submission.name)
        return (not self.worked_on, not self.exact, notebook)


def candidates(
    files: Sequence[File],
    exercise: Exercise,
    exercises: Sequence[Exercise],
    lone: bool,
    others: Sequence[Exercise] = (),
) -> list[File]:
    """The files that may be the work on an exercise.

    A `lone` file was handed in by itself, and can only be the exercise that was asked for, unless
    it has the name of one of the `others`.
    """
    works = [
        file
        for file in files
        if file.suffix in WORK and all(copy_number(file.name, other) is None for other in others)
    ]
    named = [file for file in works if copy_number(file.name, exercise) is not None]
    mine = named or [file for file in works if _has_id(file.name, exercise, exercises)]
    return mine or (works if lone and len(exercises) == 1 else [])


def not_of(exercises: Sequence[Exercise], files: Sequence[File]) -> list[File]:
    """The files that are not named for one of these exercises."""
    return [
        file
        for file in files
        if file.suffix not in WORK
        or all(copy_number(file.name, exercise) is None for exercise in exercises)
    ]


def packed(files: Sequence[File]) -> list[pack.Listed]:
    """What the lists say that `grader.py pack` puts into its archives."""
    lists = []
    for file in files:
        if file.name == pack.LIST:
            with suppress(UsageError):
                lists.append(pack.listed_in(file.content(pack.MAX_BYTES)))
    return lists


def copy_number(name: str, exercise: Exercise) -> int | None:
    """The number in the name of a copy of an exercise's file; 0 without one, None for others."""
    return copy_of(name, exercise.module)


def copy_of(name: str, stem: str) -> int | None:
    """The number in the name of a copy of STEM.SUFFIX; 0 without one, None for other names."""
    left, stem = PurePosixPath(name).stem.lower(), stem.lower()
    if left == stem:
        return 0
    if match := _BEFORE.match(left):
        left = left[match.end() :]
    if not left.startswith(stem):
        return None
    at, numbers = len(stem), [1]
    while at < len(left):
        match = _AFTER.match(left, at)
        if match is None:
            return None
        numbers += [int(number) for number in match.groups() if number]
        at = match.end()
    return numbers[-1] if len(numbers) == 2 else max(numbers)


def _has_id(name: str, exercise: Exercise, exercises: Sequence[Exercise]) -> bool:
    """Whether the id of the exercise is a word of the name, which is no other exercise's."""
    if any(copy_number(name, other) is not None for other in exercises if other is not exercise):
        return False
    word = re.search(rf"(^|[^a-z0-9]){re.escape(exercise.id.lower())}([^0-9]|$)", name.lower())
    return word is not None


def choose(files: Sequence[File], exercise: Exercise, beside: Sequence[File] = ()) -> Choice:
    """The file that counts; `beside` are all files of the hand-in but other exercises'.

    Raises UsageError if none can be read.
    """
    if len(files) > MAX_CANDIDATES:
        raise UsageError(f"holds {len(files)} files that may be {exercise.file}: hand in one")
    read: list[_Candidate] = []
    problems: dict[File, UsageError] = {}
    untouched = _untouched(exercise)
    lists = packed(beside)
    listed = {known.exercises[exercise.id] for known in lists if exercise.id in known.exercises}
    for file in files:
        try:
            work = submission(exercise, file)
        except UsageError as error:
            problems[file] = error
            continue
        worked_on = work.source not in untouched and bool(work.source.strip())
        exact, copy = _is_exact(file, exercise), _copy(file, exercise)
        read.append(_Candidate(file, work, work.sha256 in listed, worked_on, exact, copy))
    if not read:
        raise next(iter(problems.values()))
    best, *others = sorted(read, key=lambda candidate: candidate.rank)
    known = {sha256 for one in lists for sha256 in one.files} if best.listed else set()
    others = [
        other
        for other in others
        if other.submission.sha256 not in known
        and other.submission.source != best.submission.source
    ]
    unreadable = list(problems)
    if not best.worked_on:
        unreadable += [file for file in beside if file.suffix in ARCHIVES]
    note, settled = _explained(best, others, unreadable)
    # What cannot be read, and would come first if it can, may be the work.
    settled &= best.listed or not any(
        (False, not _is_exact(file, exercise), is_notebook(file.name.lower())) < best.by_rules
        for file in unreadable
    )
    named = _is_named(best.file, exercise)
    works = [file for file in beside if file.suffix in WORK and file not in files]
    if named:
        # A clone holds the whole course, whose modules in other folders are nobody's work.
        folder = PurePosixPath(best.file.place).parent
        works = [file for file in works if PurePosixPath(file.place).parent == folder]
    if works:
        note = note or f"{_listed(works)} beside it {_verb(works, 'does not', 'do not')} count"
        # Beside the untouched stub "my_rnn.py" is probably the work, and beside "ex4_utils.py"
        # it may be.
        settled &= best.listed or (best.worked_on and named)
    if note and not best.exact:
        note = f"from {one_line(best.file.place, 80)}; {note}"
    return Choice(best.file, best.submission.with_note(note), settled, named)


def _explained(
    best: _Candidate, others: Sequence[_Candidate], unreadable: Sequence[File]
) -> tuple[str, bool]:
    """What lost, and whether the choice is settled."""
    rivals = [other for other in others if other.worked_on]
    # A rival that only the number in its name puts behind may be the one that was meant, and so
    # may one that lies beside a packed archive.
    settled = not any(best.listed or rival.by_rules == best.by_rules for rival in rivals)
    if rivals:
        return f"{_places(rivals)} beside it {_verb(rivals, 'does not', 'do not')} count", settled
    if unreadable:
        return f"{_listed(unreadable)} beside it cannot be read", settled
    if others:
        return f"{_places(others)} beside it {_verb(others, 'is', 'are')} untouched", settled
    return "", settled


def _is_named(file: File, exercise: Exercise) -> bool:
    """Whether a file is called after the exercise or its id, and not only with the id in front."""
    return any(copy_of(file.name, stem) is not None for stem in (exercise.module, exercise.id))


def _is_exact(file: File, exercise: Exercise) -> bool:
    return file.name in submissions.both_names(exercise.file)


def _copy(file: File, exercise: Exercise) -> int:
    return copy_number(file.name, exercise) or _last_number(file.name)


def _places(candidates: Sequence[_Candidate]) -> str:
    return _listed([candidate.file for candidate in candidates])


def _listed(files: Sequence[File]) -> str:
    places = [one_line(file.place, 80) for file in files]
    more = [f"{len(places) - MAX_LISTED} more"] if len(places) > MAX_LISTED else []
    return ", ".join([*places[:MAX_LISTED], *more])


def _verb(candidates: Sequence[object], of_one: str, of_several: str) -> str:
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
