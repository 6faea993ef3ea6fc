"""What was graded: one SQLite file, written as each result arrives.

A result is found again by everything it depends on (the bytes of the submission; checks, probes and
reference; the course's settings; the environment; the seed), so nothing is graded twice, and what
changed is graded again. Each result is one transaction: a grader that is killed loses none.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grading.errors import UsageError

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
"""


@dataclass(frozen=True)
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
        """In which parts, by name."""
        mine, theirs = asdict(self), asdict(other)
        return [name for name in mine if mine[name] != theirs[name]]


@dataclass(frozen=True)
class Change:
    """A submission whose result is another one now, and why."""

    submission: str
    exercise: str
    attempt: int
    old_score: float | None
    new_score: float | None
    why: str


class Store:
    """The file `path`. Use as a context manager. Raises UsageError if it is no such file."""

    def __init__(self, path: Path) -> None:
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=60)
            self._database.execute("pragma journal_mode = wal")
            self._database.execute("pragma synchronous = full")
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise UsageError(f"{path} cannot be used: {error}") from error
        if self.meta("version", str(VERSION)) != str(VERSION):
            raise UsageError(f"{path} was written by another version: give another folder")

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._database.close()

    def meta(self, name: str, default: str) -> str:
        """A value of the whole batch; the first one given stays."""
        self._database.execute("insert or ignore into meta values (?, ?)", (name, default))
        row = self._database.execute("select value from meta where name = ?", (name,)).fetchone()
        return str(row[0])

    def report(self, basis: Basis) -> dict[str, Any] | None:
        """The result for this basis, if there is one."""
        query = "select report from results where key = ?"
        row = self._database.execute(query, (basis.key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def add(self, basis: Basis, report: Mapping[str, Any]) -> None:
        """Keep a result, instead of an older one for the same basis."""
        text = json.dumps(report, allow_nan=False)
        values = (basis.key, basis.key, basis.exercise, text, time.time())
        self._database.execute("insert or replace into results values (?, ?, ?, ?, ?)", values)

    def settle(
        self, submission: str, attempt: int, basis: Basis, why: str = "", old: object = None
    ) -> Change | None:
        """Make the result for `basis` the current one; the change, if the score or basis is new.

        `why` and `old` (the report before) say what happened where the basis stayed the same.
        """
        with self._transaction():
            row = self._database.execute(
                "select results.basis, results.report from current join results using (key)"
                " where current.submission = ? and current.exercise = ? and attempt = ?",
                (submission, basis.exercise, attempt),
            ).fetchone()
            self._database.execute(
                "insert or replace into current values (?, ?, ?, ?)",
                (submission, basis.exercise, attempt, basis.key),
            )
            change = self._change(submission, attempt, basis, row, why, old)
            if change is not None:
                values = (time.time(), *asdict(change).values())
                self._database.execute(
                    "insert into changes (at, submission, exercise, attempt, old_score, new_score,"
                    " why) values (?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
        return change

    def _change(
        self,
        submission: str,
        attempt: int,
        basis: Basis,
        row: tuple[str, str] | None,
        why: str,
        old: object,
    ) -> Change | None:
        if row is None:
            return None
        parts = basis.differs_from(Basis(**json.loads(row[0])))
        before = old if isinstance(old, dict) and not parts else json.loads(row[1])
        new = self.report(basis) or {}
        if parts:
            why = "changed: " + ", ".join(parts)
        elif not why or before.get("score") == new.get("score"):
            return None
        return Change(
            submission, basis.exercise, attempt, before.get("score"), new.get("score"), why
        )

    def changes(self) -> Iterable[tuple[float, Change]]:
        """Every change, the oldest first: (seconds since 1970, change)."""
        query = (
            "select at, submission, exercise, attempt, old_score, new_score, why"
            " from changes order by id"
        )
        for row in self._database.execute(query):
            yield row[0], Change(*row[1:])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._database.execute("rollback")
            raise
        self._database.execute("commit")
