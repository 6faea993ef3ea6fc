"""Which of several files is the work on an exercise, by rules in a fixed order.

1. Files whose names begin with the exercise's ("ex1 (1).py", -Copy1, _v2, _jane, "Copy of ex1");
   others only if there is none.
2. A file that somebody has worked on before the untouched stub, as module or as notebook. Comments
   and empty lines are no work.
3. The exact name.
4. A module before a notebook.
5. The copy with the higher number.

Before all of them counts the file that a list of `grader.py pack` names, unless it is the untouched
stub. Where only the last rule decides between two files that differ, where a file that cannot be
read might have counted, where something else lies beside what was packed, or where another module
lies beside an untouched stub, the choice is not settled.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from grading import pack
from grading.batch.intake.files import ARCHIVES, READ, WORK, File, listing, verb
from grading.batch.intake.naming import (
    copy_number,
    has_id,
    has_word,
    is_about,
    is_exact,
    is_named,
    last_number,
)
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.submission import file as submissions
from grading.submission.file import Submission
from grading.submission.notebook import is_notebook
from grading.text import one_line

MAX_CANDIDATES = 20


@dataclass(frozen=True)
class Choice:
    """The file that counts, and the submission in it.

    `settled` is false where another file may have been meant just as well; `named` is false where
    the file is not called after the exercise, and `worked_on` if it is the untouched stub.
    """

    file: File
    submission: Submission
    settled: bool = True
    named: bool = True
    worked_on: bool = True


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
    files: Sequence[File], exercise: Exercise, every: Sequence[Exercise], lone: bool
) -> list[File]:
    """The files that may be the work on an exercise; `every` are all exercises of the course.

    A `lone` file was handed in by itself, and can only be the exercise that was asked for, unless
    its name has another one's id.
    """
    works = [file for file in not_of_others(files, exercise, every) if file.suffix in WORK]
    named = [file for file in works if copy_number(file.name, exercise) is not None]
    mine = named or [file for file in works if has_id(file.name, exercise)]
    if mine or not lone:
        return mine
    return [file for file in works if not any(has_id(file.name, other) for other in every)]


def not_of_others(
    files: Sequence[File], exercise: Exercise, every: Sequence[Exercise]
) -> list[File]:
    """The files that are not named for another exercise."""
    return [file for file in files if _named_for(file.name, every) in (None, exercise)]


def _named_for(name: str, every: Sequence[Exercise]) -> Exercise | None:
    """The exercise that a file is called after: the one with the longest name that fits."""
    mine = [exercise for exercise in every if copy_number(name, exercise) is not None]
    return max(mine, key=lambda exercise: len(exercise.module), default=None)


def _packed(files: Sequence[File]) -> list[pack.Listed]:
    """What the lists say that `grader.py pack` puts into its archives."""
    lists = []
    for file in files:
        if file.name == pack.LIST:
            with suppress(UsageError):
                lists.append(pack.listed_in(file.content(pack.MAX_BYTES)))
    return lists


def choose(
    files: Sequence[File],
    exercise: Exercise,
    beside: Sequence[File],
    every: Sequence[Exercise],
    of_owner: bool,
) -> Choice:
    """The file that counts; `beside` are all files of the hand-in but other exercises'.

    `of_owner` says that a lone file has its owner's name. Raises UsageError if none can be read.
    """
    if len(files) > MAX_CANDIDATES:
        raise UsageError(f"holds {len(files)} files that may be {exercise.file}: hand in one")
    read: list[_Candidate] = []
    problems: dict[File, UsageError] = {}
    untouched = _untouched(exercise)
    lists = _packed(beside)
    listed = {known.exercises[exercise.id] for known in lists if exercise.id in known.exercises}
    for file in files:
        try:
            work = submission(exercise, file)
        except UsageError as error:
            problems[file] = error
            continue
        worked_on = _code(work.source) not in untouched
        exact, copy = is_exact(file, exercise), _copy(file, exercise)
        # `pack` knows the stub by its bytes alone: with a name on top, its list takes it for work.
        counts = worked_on and work.sha256 in listed
        read.append(_Candidate(file, work, counts, worked_on, exact, copy))
    if not read:
        raise next(iter(problems.values()))
    best, *others = sorted(read, key=lambda candidate: candidate.rank)
    # What lies in a packed archive beside the file that its list names is known, too.
    known = {
        sha256
        for one in lists
        if one.exercises.get(exercise.id) == best.submission.sha256
        for sha256 in one.files
    }
    others = [
        other
        for other in others
        if other.submission.sha256 not in known
        and other.submission.source != best.submission.source
    ]
    unreadable = list(problems)
    if not best.worked_on:
        unreadable += [file for file in beside if _may_hold(file, exercise, every)]
    note, settled = _explained(best, others, unreadable)
    # What cannot be read, and would come first if it can, may be the work.
    settled &= best.listed or not any(
        (False, not is_exact(file, exercise), is_notebook(file.name.lower())) < best.by_rules
        for file in unreadable
    )
    named = is_named(best.file, exercise)
    works = [file for file in beside if file.suffix in WORK and file not in files]
    if named:
        # A clone holds the whole course, whose modules in other folders are nobody's work.
        folder = PurePosixPath(best.file.place).parent
        works = [file for file in works if PurePosixPath(file.place).parent == folder]
    if works:
        note = note or f"{listing(works)} beside it {verb(works, 'does not', 'do not')} count"
        # Beside the untouched stub "my_rnn.py" is probably the work, and beside "ex4_utils.py"
        # it may be.
        settled &= best.listed or (best.worked_on and named)
    if listed and best.submission.sha256 not in listed:
        note = note or f"its list names another {exercise.file}"
    place = one_line(best.file.place, 80)
    if note and not best.exact:
        note = f"from {place}; {note}"
    elif not named and not of_owner and not has_id(best.file.name, exercise):
        note = f"from {place}"
        settled &= has_word(best.file.name, exercise)
    work = best.submission.with_note(note)
    return Choice(best.file, work, settled, named, best.worked_on)


def _may_hold(file: File, exercise: Exercise, every: Sequence[Exercise]) -> bool:
    """Whether a file that cannot be read may be the work: an archive, or one of another kind."""
    if file.suffix in ARCHIVES:
        return not any(has_id(file.name, other) for other in every if other is not exercise)
    return file.suffix not in READ and copy_number(file.name, exercise) is not None


def instead(files: Sequence[File], exercise: Exercise) -> list[File]:
    """The files that are named for an exercise and cannot be read."""
    return [file for file in files if file.suffix not in READ and is_about(file.name, exercise)]


def unread(files: Sequence[File], every: Sequence[Exercise]) -> list[File]:
    """The archives and folders that were not read, and may hold any exercise."""
    closed = [file for file in files if file.suffix in ARCHIVES or file.is_folder]
    return [file for file in closed if not any(is_about(file.name, one) for one in every)]


def _explained(
    best: _Candidate, others: Sequence[_Candidate], unreadable: Sequence[File]
) -> tuple[str, bool]:
    """What lost, and whether the choice is settled."""
    rivals = [other for other in others if other.worked_on]
    # A rival that only the number in its name puts behind may be the one that was meant, and so
    # may one that lies beside a packed archive.
    settled = not any(best.listed or rival.by_rules == best.by_rules for rival in rivals)
    if rivals:
        return f"{_places(rivals)} beside it {verb(rivals, 'does not', 'do not')} count", settled
    if unreadable:
        return f"{listing(unreadable)} beside it cannot be read", settled
    if others:
        return f"{_places(others)} beside it {verb(others, 'is', 'are')} untouched", settled
    return "", settled


def _copy(file: File, exercise: Exercise) -> int:
    number = copy_number(file.name, exercise)
    return last_number(file.name) if number is None else number


def _places(candidates: Sequence[_Candidate]) -> str:
    return listing([candidate.file for candidate in candidates])


@cache
def _untouched(exercise: Exercise) -> frozenset[tuple[str, ...]]:
    """The code of the stub, as module and as notebook, and of an empty file."""
    found: set[tuple[str, ...]] = {()}
    for path in exercise.stubs:
        with suppress(UsageError):
            found.add(_code(submissions.read(path, exercise.file).source))
    return frozenset(found)


def _code(source: str) -> tuple[str, ...]:
    """The lines of a source without empty ones and comments, as a name on top is no work."""
    lines = (line.rstrip() for line in source.splitlines())
    return tuple(line for line in lines if line and not line.lstrip().startswith("#"))


def worked_on(file: File, exercise: Exercise) -> str:
    """The source of a file; empty if it is the untouched stub. Raises UsageError."""
    source = submission(exercise, file).source
    return "" if _code(source) in _untouched(exercise) else source


def submission(exercise: Exercise, file: File) -> Submission:
    """What a file holds, under the exercise's own name. Raises UsageError."""
    module, notebook = submissions.both_names(exercise.file)
    name = notebook if is_notebook(file.name.lower()) else module
    try:
        return submissions.from_bytes(file.content(submissions.max_bytes(name)), name)
    except UsageError as error:
        raise UsageError(str(error).replace(name, one_line(file.name), 1)) from error
