"""The results of a class: one SQLite file, written as each result arrives.

The key of a result is everything it depends on (the bytes of the submission; checks, probes and
reference; the course's settings; the environment; the seed), so nothing is graded twice, and
anything that changed is graded again. Each result is one transaction: a grader that is killed
loses none. Points given by hand are kept beside the results and do not depend on them.
"""

import contextlib
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from grading.closing import Closing
from grading.course.questions import Marks
from grading.errors import UsageError
from grading.report import Mark, Report

VERSION = 1
_SCHEMA = """
create table if not exists meta (name text primary key, value text not null);
create table if not exists results (
    key text primary key, basis text not null, exercise text not null,
    report text not null, graded_at real not null
);
create table if not exists current (
    submission text not null, exercise text not null, attempt integer not null,
    key text not null references results(key),
    primary key (submission, exercise, attempt)
);
create table if not exists changes (
    id integer primary key, at real not null, submission text not null, exercise text not null,
    attempt integer not null, old_score real, new_score real, why text not null
);
create table if not exists marks (
    submission text not null, exercise text not null, question text not null,
    points real not null, max_points real not null, comment text not null,
    primary key (submission, exercise, question)
);
create table if not exists matches (submission text primary key, person text not null);
"""


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything that a result depends on."""

    submission: str
    exercise: str
    checks: str
    settings: str
    environment: str
    seed: int

    @property
    def key(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    def differs_from(self, other: "Basis") -> list[str]:
        """The names of the parts that differ."""
        mine, theirs = asdict(self), asdict(other)
        return [name for name in mine if mine[name] != theirs[name]]


@dataclass(frozen=True, slots=True)
class Result:
    """The status and scores of a report."""

    status: str
    score: float | None
    max_score: float


@dataclass(frozen=True)
class Change:
    """A submission whose result has changed, and why."""

    submission: str
    exercise: str
    attempt: int
    old_score: float | None
    new_score: float | None
    why: str


class Store(Closing):
    """The file `path`. Use as a context manager. Raises UsageError if it cannot be used."""

    def __init__(self, path: Path) -> None:
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=60)
            self._database.execute("pragma journal_mode = wal")
            self._database.execute("pragma synchronous = full")
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise UsageError(f"{path.name} cannot be used: {error}") from error
        if self.meta("version", str(VERSION)) != str(VERSION):
            raise UsageError(f"{path.name} was written by another version: give another folder")

    def close(self) -> None:
        self._database.close()

    def meta(self, name: str, default: str) -> str:
        """A value for the whole batch; the first default given for it stays."""
        self._database.execute("insert or ignore into meta values (?, ?)", (name, default))
        row = self._database.execute("select value from meta where name = ?", (name,)).fetchone()
        return str(row[0])

    def report(self, basis: Basis) -> Report | None:
        """The whole report for this basis, if there is one."""
        query = "select report from results where key = ?"
        row = self._database.execute(query, (basis.key,)).fetchone()
        return None if row is None else Report.from_json(json.loads(row[0]))

    def result(self, basis: Basis) -> Result | None:
        """The status and scores for this basis, if there is a report."""
        report = self.report(basis)
        return None if report is None else result_of(report)

    def add(self, basis: Basis, report: Report) -> Result:
        """Store a report in place of any older one for the same basis."""
        text = json.dumps(report.to_json(), allow_nan=False)
        values = (basis.key, basis.key, basis.exercise, text, time.time())
        self._database.execute("insert or replace into results values (?, ?, ?, ?, ?)", values)
        return result_of(report)

    def settle(
        self, submission: str, attempt: int, basis: Basis, before: Result | None, why: str
    ) -> Change | None:
        """Make the result for `basis` the current one; return the change, if there is one.

        `before` is the earlier result for the same basis, and `why` says why it was graded again.
        """
        where = (submission, basis.exercise, attempt)
        query = "select key from current where submission = ? and exercise = ? and attempt = ?"
        row = self._database.execute(query, where).fetchone()
        if row is not None and row[0] != basis.key:
            old = Basis(**json.loads(row[0]))
            before, why = self.result(old), "changed: " + ", ".join(basis.differs_from(old))
        elif row is None or not why:
            before = None
        if row is None or row[0] != basis.key:
            self._database.execute(
                "insert or replace into current values (?, ?, ?, ?)", (*where, basis.key)
            )
        new = self.result(basis)
        if before is None or new is None or (row[0] == basis.key and before.score == new.score):
            return None
        change = Change(*where, before.score, new.score, why)
        self._database.execute(
            "insert into changes (at, submission, exercise, attempt, old_score, new_score, why)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            (time.time(), *asdict(change).values()),
        )
        return change

    def keep_marks(self, marks: Marks) -> None:
        """Store points given by hand; those given earlier for other answers stay."""
        with self.together():
            for (submission, exercise), mine in marks.items():
                for question, mark in mine.items():
                    values = (submission, exercise, question, *astuple(mark))
                    query = "insert or replace into marks values (?, ?, ?, ?, ?, ?)"
                    self._database.execute(query, values)

    def marks(self) -> Marks:
        """Every mark given by hand."""
        marks: Marks = {}
        for submission, exercise, question, *mark in self._database.execute("select * from marks"):
            marks.setdefault((submission, exercise), {})[question] = Mark(*mark)
        return marks

    def keep_matches(self, decided: Mapping[str, str]) -> None:
        """Store whose each submission is, as a person decided; an empty key takes that back."""
        with self.together():
            for submission, person in decided.items():
                self._database.execute("delete from matches where submission = ?", (submission,))
                if person:
                    self._database.execute(
                        "insert into matches values (?, ?)", (submission, person)
                    )

    def matches(self) -> dict[str, str]:
        """Every such decision."""
        return dict(self._database.execute("select submission, person from matches"))

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Keep all changes made inside the block, or none."""
        self._database.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._database.execute("rollback")
            raise
        self._database.execute("commit")


def result_of(report: Report) -> Result:
    """The status and scores of a report."""
    return Result(report.status, report.score, report.max_score)


@contextlib.contextmanager
def rehearsed(path: Path) -> Iterator[Store]:
    """A copy of the store at `path` that the block may change; without a file, an empty one.

    SQLite cannot read the file in place without writing beside it, as what a killed run added last
    is still in the log. Raises UsageError.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        for name in (path.name, f"{path.name}-wal"):
            try:
                shutil.copyfile(path.with_name(name), copy.with_name(name))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise UsageError(f"{path} cannot be read: {error.strerror}") from error
        with Store(copy) as store:
            yield store
