"""The results of a class: one SQLite file, written as each result arrives.

The key of a result is everything it depends on (the bytes of the submission; checks, probes and
reference; the engine's judging code; the name of the exercise's file; the environment; the seed),
so nothing is graded twice, and anything that changed is graded again. Each result is one
transaction: a grader that is killed loses none. Points given by hand and decisions are kept beside
the results and do not depend on them.
"""

import contextlib
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from grading.batch import migration
from grading.closing import Closing
from grading.course.questions import Marks
from grading.errors import UsageError
from grading.report import Mark, Report

VERSION = 2
# A submission, an exercise and a question.
Asked = tuple[str, str, str]
_SCHEMA = """
create table if not exists meta (name text primary key, value text not null);
create table if not exists results (
    key text primary key, basis text not null, exercise text not null,
    report text not null, graded_at real not null
);
create table if not exists ledger (
    submission text not null, exercise text not null, attempt integer not null,
    key text, run integer not null, entry text not null,
    primary key (submission, exercise, attempt)
);
create table if not exists standing (
    person text not null, exercise text not null, grade text not null,
    primary key (person, exercise)
);
create table if not exists decisions (
    id integer primary key, at real not null, cells text not null,
    person text not null, exercise text not null, kind text not null,
    value text not null, comment text not null, replaced text not null, out_of text not null
);
create table if not exists written (
    name text not null, sha256 text not null, primary key (name, sha256)
);
create table if not exists moved (id integer primary key, line text not null);
create table if not exists marks (
    submission text not null, exercise text not null, question text not null,
    points real not null, max_points real not null, comment text not null,
    answer text not null default '',
    primary key (submission, exercise, question)
);
create table if not exists matches (submission text primary key, person text not null);
create table if not exists fingerprints (identity text primary key, hashes blob not null);
"""


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything that a result depends on."""

    submission: str
    exercise: str
    checks: str
    engine: str
    settings: str
    environment: str
    seed: int

    @property
    def key(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def of(cls, key: str) -> "Basis":
        """The basis with this key."""
        return cls(**json.loads(key))

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


@dataclass(frozen=True, slots=True)
class Row:
    """An attempt in the ledger: the run that saw it last, and what was known of it then, as JSON.

    `key` is that of its basis; None if it was never graded.
    """

    submission: str
    exercise: str
    attempt: int
    key: str | None
    run: int
    entry: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A row of a file of decisions: its cells as JSON, what they mean, and what they replaced.

    `out_of` has the maximum of each exercise at that time, as JSON, for an override.
    """

    cells: str
    person: str
    exercise: str
    kind: str
    value: str
    comment: str
    replaced: str = ""
    out_of: str = "{}"


class Store(Closing):
    """The file `path`. Use as a context manager. Raises UsageError if it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=60)
            self._database.execute("pragma journal_mode = wal")
            self._database.execute("pragma synchronous = full")
            self._open(path)
        except sqlite3.Error as error:
            raise UsageError(f"{path.name} cannot be used: {error}") from error

    def _open(self, path: Path) -> None:
        """Make the tables that are missing, and bring old ones up to date. Raises UsageError."""
        with self.together():
            for statement in _SCHEMA.split(";\n"):
                self._database.execute(statement)
            version = self.meta("version", str(VERSION))
            if version == "1":
                migration.from_version_1(self._database)
            elif version != str(VERSION):
                raise UsageError(
                    f"{path.name} was written by a newer version of this program: upgrade it, or"
                    " give another folder"
                )

    def close(self) -> None:
        self._database.close()

    def meta(self, name: str, default: str) -> str:
        """A value for the whole batch; the first default given for it stays."""
        self._database.execute("insert or ignore into meta values (?, ?)", (name, default))
        row = self._database.execute("select value from meta where name = ?", (name,)).fetchone()
        return str(row[0])

    def report(self, basis: Basis) -> Report | None:
        """The whole report for this basis, if there is one. Raises UsageError."""
        query = "select report from results where key = ?"
        row = self._database.execute(query, (basis.key,)).fetchone()
        if row is None:
            return None
        try:
            return Report.from_json(json.loads(row[0]))
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(
                f"{self._name} holds a report that this version cannot read ({error}): grade into"
                " another folder, or with the version that wrote it"
            ) from error

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

    def ledger(self) -> list[Row]:
        """Every attempt of this run and earlier ones."""
        query = "select submission, exercise, attempt, key, run, entry from ledger"
        return [Row(*row) for row in self._database.execute(query)]

    def keep_ledger(self, rows: Iterable[Row]) -> None:
        """Store what is known now, in place of what was known before."""
        with self.together():
            self._database.execute("delete from ledger")
            self._database.executemany(
                "insert into ledger values (?, ?, ?, ?, ?, ?)", map(astuple, rows)
            )

    def standing(self) -> dict[tuple[str, str], str]:
        """The grades that the last run wrote, as JSON, by person and exercise."""
        rows = self._database.execute("select person, exercise, grade from standing")
        return {(person, exercise): grade for person, exercise, grade in rows}

    def keep_standing(self, grades: Mapping[tuple[str, str], str]) -> None:
        """Store the grades that this run has written, in place of those of the last one."""
        with self.together():
            self._database.execute("delete from standing")
            self._database.executemany(
                "insert into standing values (?, ?, ?)",
                ((*place, grade) for place, grade in grades.items()),
            )

    def decisions(self) -> list[Taken]:
        """Every decision about a grade, in the order in which they were made."""
        query = (
            "select cells, person, exercise, kind, value, comment, replaced, out_of from decisions"
            " order by id"
        )
        return [Taken(*row) for row in self._database.execute(query)]

    def keep_decisions(self, decisions: Iterable[Taken]) -> None:
        """Add decisions, with the time at which they are made."""
        query = (
            "insert into decisions"
            " (cells, person, exercise, kind, value, comment, replaced, out_of, at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        with self.together():
            self._database.executemany(query, ((*astuple(one), time.time()) for one in decisions))

    def written(self) -> dict[str, set[str]]:
        """The hashes of each file that was written; several if a run was killed while writing."""
        hashes: dict[str, set[str]] = {}
        for name, sha256 in self._database.execute("select name, sha256 from written"):
            hashes.setdefault(name, set()).add(sha256)
        return hashes

    def add_written(self, files: Iterable[tuple[str, str]]) -> None:
        """Add names and hashes of files that are about to be written."""
        with self.together():
            self._database.executemany("insert or ignore into written values (?, ?)", files)

    def keep_written(self, files: Mapping[str, str]) -> None:
        """Store the hash of each file that is there now, and forget all others."""
        with self.together():
            self._database.execute("delete from written")
            self._database.executemany("insert into written values (?, ?)", files.items())

    def moved(self) -> list[str]:
        """Lines about edited files that were moved away, and that nobody has been told."""
        return [line for (line,) in self._database.execute("select line from moved order by id")]

    def add_moved(self, line: str) -> None:
        """Keep a line until `forget_moved`, also if this run is killed before it can say it."""
        self._database.execute("insert into moved (line) values (?)", (line,))

    def forget_moved(self) -> None:
        """Forget these lines, as they were said."""
        self._database.execute("delete from moved")

    def keep_mark(self, about: Asked, mark: Mark, answer: str) -> None:
        """Store points given by hand, and the hash of the answer (empty if it is not known)."""
        query = "insert or replace into marks values (?, ?, ?, ?, ?, ?, ?)"
        self._database.execute(query, (*about, *astuple(mark), answer))

    def drop_mark(self, about: Asked) -> None:
        """Take points given by hand back."""
        query = "delete from marks where submission = ? and exercise = ? and question = ?"
        self._database.execute(query, about)

    def keep_seen(self, answers: Mapping[Asked, str]) -> None:
        """Store the hashes of the answers that points were given for."""
        query = "update marks set answer = ? where submission = ? and exercise = ? and question = ?"
        with self.together():
            self._database.executemany(query, ((one, *about) for about, one in answers.items()))

    def marks(self) -> Marks:
        """Every mark given by hand."""
        marks: Marks = {}
        query = "select submission, exercise, question, points, max_points, comment from marks"
        for submission, exercise, question, *mark in self._database.execute(query):
            marks.setdefault((submission, exercise), {})[question] = Mark(*mark)
        return marks

    def seen(self) -> dict[Asked, str]:
        """The hash of the answer that each mark was given for; empty if it is not known."""
        query = "select submission, exercise, question, answer from marks"
        return {
            (label, exercise, name): answer
            for label, exercise, name, answer in self._database.execute(query)
        }

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

    def keep_fingerprints(self, new: Mapping[str, bytes]) -> None:
        """Store what works are compared by, under the identities of their content."""
        query = "insert or replace into fingerprints values (?, ?)"
        with self.together():
            self._database.executemany(query, new.items())

    def fingerprints(self, identity: str) -> bytes | None:
        """What was stored for this content; None if nothing was."""
        query = "select hashes from fingerprints where identity = ?"
        row = self._database.execute(query, (identity,)).fetchone()
        return None if row is None else bytes(row[0])

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Keep all changes made inside the block, or none; blocks may stand in one another."""
        if self._database.in_transaction:
            yield
            return
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
