"""What was collected: one attempt of one author at one exercise, and the work in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from grading.batch.people.evidence import Author
from grading.batch.platforms.hand_in import Stamp
from grading.course.answer_sheet import Sheet
from grading.errors import UsageError
from grading.submission.file import Submission


@dataclass(frozen=True, slots=True)
class Work:
    """A file to grade: its name, the identity of its content, and how to read it.

    `note` says why it was chosen; `settled` is false if another file may have been meant just as
    well. `place` is its path within the entry, `named` says whether it is called after the
    exercise or defines what that asks for, and `worked_on` whether it is more than the untouched
    stub.
    """

    name: str
    identity: str
    note: str
    settled: bool
    place: str
    named: bool
    worked_on: bool
    _read: Callable[[], Submission]

    def read(self) -> Submission:
        """The content. Raises UsageError if the file is gone or has changed."""
        work = self._read()
        if work.identity != self.identity:
            raise UsageError(f"{self.name} changed while the class was being graded: grade again")
        return work


@dataclass(frozen=True, slots=True)
class Collected:
    """One attempt of one author at one exercise; `problem` says why there is no `work`.

    `order` sorts attempts; None means that nothing tells which came later. `answers` reads the
    answers to the exercise's questions, if any were handed in; `answers_note` says why that file
    was chosen, and `answers_settled` is false if another may have been meant. `doubt` is what a
    person must look at although there is a grade. `unread` says that something that was not read
    may hold work. `assignment` is the platform's name for what was asked for, if it tells one.
    `entries` are what lies in SUBMISSIONS, under whose names a platform takes feedback back.
    """

    author: Author
    exercise: str
    work: Work | None
    stamp: Stamp
    attempt: int = 1
    order: tuple[float, ...] | None = None
    problem: str = ""
    doubt: str = ""
    answers: Callable[[], Sheet] | None = None
    answers_note: str = ""
    answers_settled: bool = True
    unread: bool = False
    assignment: str = ""
    entries: tuple[Path, ...] = field(default=(), compare=False)

    @property
    def place(self) -> tuple[str, str]:
        """What attempts at one exercise share: the author's label and the exercise."""
        return self.author.label, self.exercise

    @property
    def content(self) -> tuple[object, ...]:
        """What the attempt consists of, whatever its number is."""
        work = self.work.identity if self.work is not None else self.problem
        return self.author, self.exercise, work
