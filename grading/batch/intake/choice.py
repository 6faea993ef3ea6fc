"""Which of several files is the work on an exercise, by rules in a fixed order.

1. Files whose names consist of the exercise's name and at most the mark of a copy or the author's
   name ("ex1 (1).py", -Copy1, _v2, _jane, "Copy of ex1"); else those with its id; others, such as
   ex1_plot.py, only if there is none.
2. A file that somebody has worked on before the untouched stub, as module or as notebook. Comments
   and empty lines are no work.
3. The exact name.
4. A module before a notebook.
5. The copy with the higher number.

Before all of them counts the file that a list of `grader.py pack` names, unless it is the untouched
stub. Where only the last rule decides between two files that differ, where a file that cannot be
read might have counted, where something else lies beside what was packed, where another module lies
beside an untouched stub, or where the name has other words and the file does not define what the
exercise asks for, the choice is not settled.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from grading import pack
from grading.batch.intake.files import ARCHIVES, READ, WORK, File, listing, verb
from grading.batch.intake.naming import (
    copy_number,
    has_id,
    has_word,
    is_about,
    is_akin,
    is_exact,
    is_named,
    last_number,
)
from grading.batch.people.evidence import Author
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
    the file is neither called after the exercise nor defines what it asks for, and `worked_on` if
    it is the untouched stub.
    """

    file: File
    submission: Submission
    settled: bool = True
    named: bool = True
    worked_on: bool = True


@dataclass(frozen=True)
class _Candidate:
    """A file that may be the work.

    `listed` says that a packed list names it, `named` that it is called after the exercise and not
    like a helper, `whole` that this is so or that it defines all that the exercise asks for.
    `copy` is the number in its name.
    """

    file: File
    submission: Submission
    listed: bool
    worked_on: bool
    named: bool
    whole: bool
    exact: bool
    copy: int

    @property
    def rank(self) -> tuple[object, ...]:
        """Smaller is better."""
        return (not self.listed, *self.by_rules, -self.copy, self.file.depth)

    @property
    def by_rules(self) -> tuple[bool, ...]:
        notebook = is_notebook(self.submission.name)
        return (not self.worked_on, not self.named, not self.whole, not self.exact, notebook)


def candidates(files: Sequence[File], exercise: Exercise, author: Author) -> list[File]:
    """The files that may be the work on an exercise, of those that are not other exercises'."""
    works = [file for file in files if file.suffix in WORK]
    about = [file for file in works if is_about(file.name, exercise)]
    named = [file for file in about if is_named(file.name, exercise, author)]
    others = [file for file in about if not is_named(file.name, exercise, author)]
    if mine := _copies(named, exercise) or named:
        # What has more words than that in its name may still be work, beside the untouched stub.
        return mine + _copies(others, exercise)
    return about


def lone(
    files: Sequence[File], exercise: Exercise, every: Sequence[Exercise], flat: bool
) -> list[File]:
    """The only file of a hand-in, which can only be the exercise that was asked for.

    Its name must not have another one's id and, unless the file was handed in `flat`, must have a
    word of the exercise's: in folders and archives there are helpers as well.
    """
    works = [file for file in files if file.suffix in WORK]
    name = works[0].name if len(works) == 1 else ""
    is_other = any(has_id(name, other) for other in every)
    return works if name and not is_other and (flat or has_word(name, exercise)) else []


def _copies(files: Sequence[File], exercise: Exercise) -> list[File]:
    return [file for file in files if copy_number(file.name, exercise) is not None]


def not_of_others(
    files: Sequence[File], exercise: Exercise, every: Sequence[Exercise]
) -> list[File]:
    """The files that are not named for another exercise."""
    return [file for file in files if _named_for(file.name, every) in (None, exercise)]


def _named_for(name: str, every: Sequence[Exercise]) -> Exercise | None:
    """The exercise that a file is called after: the one with the longest name that fits.

    A file with the id of one exercise only is called after that one.
    """
    mine = [exercise for exercise in every if copy_number(name, exercise) is not None]
    if mine:
        return max(mine, key=lambda exercise: len(exercise.module))
    by_id = [exercise for exercise in every if has_id(name, exercise)]
    return by_id[0] if len(by_id) == 1 else None


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
    author: Author,
    of_owner: bool,
) -> Choice:
    """The file that counts; `beside` are all files of the hand-in but other exercises'.

    `of_owner` says that a lone file has its owner's name. Raises UsageError if none can be read.
    """
    if len(files) > MAX_CANDIDATES:
        raise UsageError(f"holds {len(files)} files that may be {exercise.file}: hand in one")
    lists = _packed(beside)
    read, unreadable = _read(files, exercise, author, lists)
    best, *others = sorted(read, key=lambda candidate: candidate.rank)
    others = _unknown(best, others, exercise, lists)
    if not best.worked_on:
        unreadable += [file for file in beside if _may_hold(file, exercise, every)]
    findings = (
        _of_rivals(best, [other for other in others if other.worked_on]),
        _of_unreadable(best, unreadable, exercise, author),
        _of_untouched([other for other in others if not other.worked_on]),
        _of_other_works(best, [file for file in beside if file not in files], exercise),
        _of_lists(best, exercise, lists),
    )
    note = next((finding.note for finding in findings if finding.note), "")
    settled = all(finding.settled for finding in findings)
    is_other = not best.named and (is_about(best.file.name, exercise) or not of_owner)
    if is_other:
        settled &= best.whole or is_akin(best.file.name, exercise, author)
    if is_other or (note and not best.exact):
        note = "; ".join(filter(None, (f"from {one_line(best.file.whole_place, 80)}", note)))
    work = best.submission.with_note(note)
    return Choice(best.file, work, settled, best.whole, best.worked_on)


def _read(
    files: Sequence[File], exercise: Exercise, author: Author, lists: Sequence[pack.Listed]
) -> tuple[list[_Candidate], list[File]]:
    """The candidates, and the files that cannot be read. Raises UsageError if none can be."""
    read: list[_Candidate] = []
    problems: dict[File, UsageError] = {}
    for file in files:
        try:
            work = submission(exercise, file)
        except UsageError as error:
            problems[file] = error
            continue
        worked_on = _code(work.source) not in _untouched(exercise)
        named = is_named(file.name, exercise, author)
        candidate = _Candidate(
            file,
            work,
            # `pack` knows the stub by its bytes alone: with a name on top, its list takes it for
            # work.
            listed=worked_on and work.sha256 in _listed(exercise, lists),
            worked_on=worked_on,
            named=named,
            whole=named or _defined(work.source) >= _to_define(exercise),
            exact=is_exact(file, exercise),
            copy=_copy(file, exercise),
        )
        read.append(candidate)
    if not read:
        raise next(iter(problems.values()))
    return read, list(problems)


def _listed(exercise: Exercise, lists: Sequence[pack.Listed]) -> set[str]:
    """The hashes of the files that packed lists name for an exercise."""
    return {one.exercises[exercise.id] for one in lists if exercise.id in one.exercises}


def _unknown(
    best: _Candidate,
    others: Sequence[_Candidate],
    exercise: Exercise,
    lists: Sequence[pack.Listed],
) -> list[_Candidate]:
    """The candidates that differ from the best one, and that its packed list does not know."""
    known = {
        sha256
        for one in lists
        if one.exercises.get(exercise.id) == best.submission.sha256
        for sha256 in one.files
    }
    return [
        other
        for other in others
        if other.submission.sha256 not in known
        and other.submission.source != best.submission.source
    ]


class _Finding(NamedTuple):
    """What is to say about a choice, and whether it is settled as far as this goes."""

    note: str = ""
    settled: bool = True


def _of_rivals(best: _Candidate, rivals: Sequence[_Candidate]) -> _Finding:
    """A rival that only the number in its name puts behind may be the one that was meant.

    So may one that lies beside a packed archive.
    """
    if not rivals:
        return _Finding()
    settled = not any(best.listed or rival.by_rules == best.by_rules for rival in rivals)
    note = f"{_places(rivals)} beside it {verb(rivals, 'does not', 'do not')} count"
    return _Finding(note, settled)


def _of_unreadable(
    best: _Candidate, files: Sequence[File], exercise: Exercise, author: Author
) -> _Finding:
    """What cannot be read, and would come first if it can, may be the work."""
    if not files:
        return _Finding()

    def by_rules(file: File) -> tuple[bool, ...]:
        otherwise = not is_named(file.name, exercise, author)
        exact, notebook = is_exact(file, exercise), is_notebook(file.name.lower())
        return (False, otherwise, otherwise, not exact, notebook)

    settled = best.listed or not any(by_rules(file) < best.by_rules for file in files)
    return _Finding(f"{listing(files)} beside it cannot be read", settled)


def _of_untouched(stubs: Sequence[_Candidate]) -> _Finding:
    if not stubs:
        return _Finding()
    return _Finding(f"{_places(stubs)} beside it {verb(stubs, 'is', 'are')} untouched")


def _of_other_works(best: _Candidate, beside: Sequence[File], exercise: Exercise) -> _Finding:
    """Beside the untouched stub, "my_rnn.py" is probably the work; "ex4_utils.py" may be."""
    works = [file for file in beside if file.suffix in WORK]
    if best.named:
        # A clone holds the whole course, whose modules in other folders are nobody's work.
        works = [
            file
            for file in works
            if file.folder == best.file.folder
            or (not best.worked_on and _holds_work(file, exercise))
        ]
    if not works:
        return _Finding()
    note = f"{listing(works)} beside it {verb(works, 'does not', 'do not')} count"
    return _Finding(note, best.listed or (best.worked_on and best.named))


def _holds_work(file: File, exercise: Exercise) -> bool:
    """Whether a file has a word of the exercise's name and defines all that it asks for."""
    if not is_about(file.name, exercise) and not has_word(file.name, exercise):
        return False
    with suppress(UsageError):
        return _defined(work_in(file, exercise)) >= _to_define(exercise)
    return False


def _of_lists(best: _Candidate, exercise: Exercise, lists: Sequence[pack.Listed]) -> _Finding:
    listed = _listed(exercise, lists)
    if not listed or best.submission.sha256 in listed:
        return _Finding()
    return _Finding(f"its list names another {exercise.file}")


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


_DEFINITION = re.compile(r"^(?:class|def)[ \t]+(\w+)", re.MULTILINE)


def _defined(source: str) -> set[str]:
    """The classes and functions that begin a line of a source, which is not parsed."""
    return set(_DEFINITION.findall(source))


@cache
def _to_define(exercise: Exercise) -> frozenset[str]:
    """What the stub defines; if that cannot be told, something that no source does."""
    with suppress(UsageError):
        if found := _defined(submissions.read(exercise.stub, exercise.file).source):
            return frozenset(found)
    return frozenset({""})


def work_in(file: File, exercise: Exercise) -> str:
    """The work in a file, which is its source; empty for the untouched stub. Raises UsageError."""
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
