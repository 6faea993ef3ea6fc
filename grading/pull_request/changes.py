"""Reads the exercises that a pull request changes; the checks are those of another branch.

The pull request is the objects of a repository with the branches `base` and `head`: this module
lists trees and reads blobs, and never checks anything out. Other changes, to the grader and its
checks for example, are named and have no effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from grading.course import answer_sheet
from grading.course.answer_sheet import Sheet
from grading.course.questions import MAX_BYTES
from grading.course.syllabus import Course, Exercise
from grading.errors import UsageError
from grading.git import git
from grading.report import Report
from grading.submission import file as submissions
from grading.submission.file import Submission
from grading.text import one_line

BASE, HEAD = "refs/heads/base", "refs/heads/head"
# The modes of plain files in a git tree; links and submodules have others.
_PLAIN = ("100644", "100755")


@dataclass(frozen=True)
class Entry:
    """A file in a tree: its mode and the name of its blob."""

    mode: str
    blob: str


@dataclass(frozen=True)
class Work:
    """The work on one exercise in a pull request, and its report once it is graded.

    `problem` says why it has no submission.
    """

    exercise: Exercise
    path: str
    submission: Submission | None
    answers: Sheet = field(default_factory=Sheet)
    problem: str = ""
    report: Report | None = None


@dataclass(frozen=True)
class PullRequest:
    """The exercises that it changes, and other paths: `protected` ones exist already in `base`."""

    works: Sequence[Work]
    protected: Sequence[str] = ()
    others: Sequence[str] = ()


class Objects:
    """Reads the objects of a repository. Raises UsageError if git fails or a file is not plain."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def changed(self) -> list[str]:
        """The paths that `head` has changed since it left `base`."""
        start = self._git("merge-base", BASE, HEAD).decode().strip()
        listed = self._git("diff-tree", "-r", "-z", "--no-renames", "--name-only", start, HEAD)
        return [path.decode("utf-8", "replace") for path in listed.split(b"\0") if path]

    def entries(self, branch: str) -> dict[str, Entry]:
        """The files of a branch, by path."""
        entries = {}
        for line in self._git("ls-tree", "-r", "-z", branch).split(b"\0"):
            if line:
                about, _, path = line.partition(b"\t")
                mode, _, blob = about.decode().split(" ")
                entries[path.decode("utf-8", "replace")] = Entry(mode, blob)
        return entries

    def read(self, entry: Entry, shown: str, limit: int) -> bytes:
        """The bytes of a plain file; of a larger one, `limit` + 1 NUL bytes."""
        if entry.mode not in _PLAIN:
            raise UsageError(f"{shown} is not a plain file: links and submodules are not followed")
        size = int(self._git("cat-file", "-s", entry.blob))
        return b"\0" * (limit + 1) if size > limit else self._git("cat-file", "blob", entry.blob)

    def _git(self, *arguments: str) -> bytes:
        done = git(self.folder, *arguments)
        if done.returncode != 0:
            said = one_line(done.stderr.decode("utf-8", "replace"), 200)
            raise UsageError(f"{self.folder} needs the branches base and head: {said}")
        return done.stdout


def read(course: Course, objects: Objects) -> PullRequest:
    """The pull request in `objects`. Raises UsageError if there is none."""
    before, after = objects.entries(BASE), objects.entries(HEAD)
    changed = objects.changed()
    taken: set[str] = set()
    works = []
    for exercise in course.exercises.values():
        paths = [_name(path, exercise) for path in exercise.stubs]
        taken |= {*paths, _name(exercise.questions, exercise)}
        if mine := [path for path in paths if path in changed]:
            works.append(_work(objects, exercise, mine, after))
    rest = [path for path in changed if path not in taken]
    return PullRequest(
        works,
        protected=[one_line(path) for path in rest if path in before],
        others=[one_line(path) for path in rest if path not in before],
    )


def _work(
    objects: Objects, exercise: Exercise, changed: Sequence[str], tree: dict[str, Entry]
) -> Work:
    """The work on one exercise: the changed module or notebook, chosen as in a folder."""
    paths = [path for path in changed if path in tree]
    if not paths:
        problem = f"{changed[0]} no longer exists: put it back"
        return Work(exercise, changed[0], None, problem=problem)
    readers = [partial(_submission, objects, tree[path], path) for path in paths]
    try:
        chosen = submissions.chosen(readers, exercise.stubs)
        answers = _answers(objects, exercise, tree)
    except UsageError as error:
        return Work(exercise, paths[0], None, problem=str(error))
    path = next(path for path in paths if path.endswith(chosen.name))
    return Work(exercise, path, chosen, answers)


def _submission(objects: Objects, entry: Entry, path: str) -> Submission:
    name = path.rpartition("/")[2]
    return submissions.from_bytes(objects.read(entry, name, submissions.max_bytes(name)), name)


def _answers(objects: Objects, exercise: Exercise, tree: dict[str, Entry]) -> Sheet:
    """The answers to questions; none if they cannot be read, since they earn no points."""
    entry = tree.get(_name(exercise.questions, exercise))
    if entry is None or entry.mode not in _PLAIN:
        return Sheet()
    data = objects.read(entry, exercise.questions.name, MAX_BYTES)
    text = data[:MAX_BYTES].decode("utf-8", "replace")
    return answer_sheet.parse(text, answer_sheet.form_of(exercise))


def _name(path: Path, exercise: Exercise) -> str:
    return path.relative_to(exercise.root).as_posix()
