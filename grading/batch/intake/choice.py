"""Which of several files is the work on an exercise, by rules in a fixed order.

1. Files whose names begin with the exercise's ("ex1 (1).py", -Copy1, _v2, _jane, "Copy of ex1");
   others only if there is none.
2. A file that somebody has worked on before the untouched stub, as module or as notebook. Comments
   and empty lines are no work.
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
from functools import cache, lru_cache
from pathlib import PurePosixPath

from grading import pack
from grading.batch.intake.files import ARCHIVES, READ, WORK, File
from grading.course import questions
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.submission import file as submissions
from grading.submission.file import Submission
from grading.submission.notebook import is_notebook
from grading.text import one_line

MAX_LISTED = 3
MAX_CANDIDATES = 20
# What people and programs write in front of the name of a copy, and behind it.
_BEFORE = re.compile(r"(?:copy_of|kopie_von|copie_de|copia_de)_*")
_BEHIND = {
    *("copy", "kopie", "copie", "copia", "v", "version", "final", "fixed", "corrected"),
    *("new", "neu", "solution", "submission"),
}
# Behind an exercise's name, these words make the name of another module.
_OTHER = {"test", "tests", "util", "utils", "helper", "helpers"}
# What people write answers in, although only Markdown is read.
_TEXTS = (".txt", ".pdf", ".docx", ".doc", ".odt", ".rtf", ".html")


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
    files: Sequence[File], exercise: Exercise, every: Sequence[Exercise], lone: bool
) -> list[File]:
    """The files that may be the work on an exercise; `every` are all exercises of the course.

    A `lone` file was handed in by itself, and can only be the exercise that was asked for, unless
    its name has another one's id.
    """
    works = [file for file in not_of_others(files, exercise, every) if file.suffix in WORK]
    named = [file for file in works if copy_number(file.name, exercise) is not None]
    mine = named or [file for file in works if _has_id(file.name, exercise)]
    if mine or not lone:
        return mine
    return [file for file in works if not any(_has_id(file.name, other) for other in every)]


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


def copy_number(name: str, exercise: Exercise) -> int | None:
    """The number in the name of a copy of an exercise's file; 0 without one, None for others."""
    return copy_of(name, exercise.module)


@lru_cache(maxsize=256)  # a class has few names, each of which is looked at many times
def copy_of(name: str, stem: str) -> int | None:
    """The number in the name of a copy of STEM.SUFFIX; None for other names.

    A copy's name begins with the stem, in whatever case and with whatever between its words. The
    number is 0 for the stem alone and 1 for a copy without a number.
    """
    behind = _behind(name, stem)
    if behind is None or not _OTHER.isdisjoint(words(behind)):
        return None
    return max(map(int, re.findall(r"[0-9]{1,9}", behind)), default=1) if behind else 0


@lru_cache(maxsize=256)
def _behind(name: str, stem: str) -> str | None:
    """What follows the stem in the name of a file; None if the name does not begin with it."""
    left, stem = (_plain(text) for text in (PurePosixPath(name).stem, stem))
    if match := _BEFORE.match(left):
        left = f"{left[match.end() :]}_1"  # as if it were written behind
    behind = left.removeprefix(stem)
    # ex10 is no copy of ex1.
    is_other = stem[-1:].isdigit() and behind[:1].isdigit()
    return behind if left.startswith(stem) and not is_other else None


def _plain(text: str) -> str:
    return re.sub(r"[-. ]", "_", text.lower())


def words(text: str) -> set[str]:
    """The words of a name in lower case."""
    return set(re.findall(r"[^\W\d_]+", text.lower()))


def _has_id(name: str, exercise: Exercise) -> bool:
    """Whether the id of an exercise is a word of the name."""
    word = re.search(rf"(^|[^a-z0-9]){re.escape(exercise.id.lower())}([^0-9]|$)", name.lower())
    return word is not None


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
        exact, copy = _is_exact(file, exercise), _copy(file, exercise)
        read.append(_Candidate(file, work, work.sha256 in listed, worked_on, exact, copy))
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
    if listed and not best.listed:
        note = note or f"its list names another {exercise.file}"
    place = one_line(best.file.place, 80)
    if note and not best.exact:
        note = f"from {place}; {note}"
    elif not named and not of_owner and not _has_id(best.file.name, exercise):
        note = f"from {place}"
        settled &= _has_word(best.file.name, exercise)
    return Choice(best.file, best.submission.with_note(note), settled, named)


def _may_hold(file: File, exercise: Exercise, every: Sequence[Exercise]) -> bool:
    """Whether a file that cannot be read may be the work: an archive, or one of another kind."""
    if file.suffix in ARCHIVES:
        return not any(_has_id(file.name, other) for other in every if other is not exercise)
    return file.suffix not in READ and copy_number(file.name, exercise) is not None


def instead(files: Sequence[File], exercise: Exercise) -> list[File]:
    """The files that are named for an exercise and cannot be read."""
    unread = [file for file in files if file.suffix not in READ]
    return [file for file in unread if _is_about(file.name, exercise)]


def unread(files: Sequence[File], every: Sequence[Exercise]) -> list[File]:
    """The archives and folders that were not read, and may hold any exercise."""
    unread = [file for file in files if file.suffix in ARCHIVES or file.is_folder]
    return [file for file in unread if not any(_is_about(file.name, one) for one in every)]


def _is_about(name: str, exercise: Exercise) -> bool:
    return _has_id(name, exercise) or copy_number(name, exercise) is not None


@dataclass(frozen=True)
class Answers:
    """The file of answers that counts, if any; `settled` and `note` are like those of a work."""

    file: File | None
    note: str = ""
    settled: bool = True


def choose_answers(files: Sequence[File], exercise: Exercise) -> Answers:
    """The answers to an exercise's questions: answered, exact name, number, as for a work."""
    mine = {
        file: number
        for file in files
        if file.suffix == ".md" and (number := copy_of(file.name, exercise.id)) is not None
    }
    if not mine:
        return Answers(None, _no_answers(files, exercise))
    if len(mine) == 1:
        return Answers(next(iter(mine)))  # and need not be read now
    given = {file: _given(file) for file in mine}

    def rank(file: File) -> tuple[object, ...]:
        return (not given[file], file.name != exercise.questions.name, -mine[file], file.depth)

    best, *others = sorted(mine, key=rank)
    rivals = [file for file in others if given[file] and given[file] != given[best]]
    if rivals:
        note = f"{_listed(rivals)} beside it {_verb(rivals, 'does not', 'do not')} count"
    elif given[best] and any(not given[file] for file in others):
        left = [file for file in others if not given[file]]
        note = f"{_listed(left)} beside it {_verb(left, 'has', 'have')} no answers"
    else:
        note = ""
    return Answers(best, note and f"from {one_line(best.place, 80)}; {note}", not rivals)


def _given(file: File) -> dict[str, str]:
    """The answers in a file by question; what cannot be read is an answer of its own."""
    try:
        found = questions.from_bytes(file.content(questions.MAX_BYTES), file.name)
    except UsageError as error:
        return {file.place: str(error)}
    return {question.name: question.answer for question in found if question.answer}


def _no_answers(files: Sequence[File], exercise: Exercise) -> str:
    """What seems to hold answers, but is not read, as it is no ID.md."""
    mine = [
        file
        for file in files
        if file.suffix in _TEXTS
        and (behind := _behind(file.name, exercise.id)) is not None
        and words(behind) <= _BEHIND | {"answer", "answers", "question", "questions"}
    ]
    return f"are read from {exercise.id}.md, and not from {_listed(mine)}" if mine else ""


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
    behind = _behind(file.name, exercise.id)
    is_id = behind is not None and words(behind) <= _BEHIND
    return is_id or copy_number(file.name, exercise) is not None


def _has_word(name: str, exercise: Exercise) -> bool:
    """Whether a name has a word of the exercise's: my_rnn.py of ex1_vanilla_rnn.py."""
    return any(word in name.lower() for word in words(_plain(exercise.module)) if len(word) > 2)


def _is_exact(file: File, exercise: Exercise) -> bool:
    return file.name in submissions.both_names(exercise.file)


def _copy(file: File, exercise: Exercise) -> int:
    number = copy_number(file.name, exercise)
    return _last_number(file.name) if number is None else number


def _places(candidates: Sequence[_Candidate]) -> str:
    return _listed([candidate.file for candidate in candidates])


def _listed(files: Sequence[File]) -> str:
    places = [one_line(file.place, 80) for file in files]
    more = [f"{len(places) - MAX_LISTED} more"] if len(places) > MAX_LISTED else []
    return ", ".join([*places[:MAX_LISTED], *more])


def _verb(candidates: Sequence[object], of_one: str, of_several: str) -> str:
    return of_one if len(candidates) == 1 else of_several


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


def _last_number(name: str) -> int:
    numbers = re.findall(r"\d{1,4}", PurePosixPath(name).stem)
    return int(numbers[-1]) if numbers else 0
