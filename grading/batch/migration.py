"""Brings a store of an older version up to date; no result, mark or match is lost."""

import json
import sqlite3
from typing import Any

# Version 1 knew neither who had handed something in nor what was written, and took no notice of the
# engine: its results are those of an unknown one.
_UNKNOWN_ENGINE = ""


def from_version_1(database: sqlite3.Connection) -> None:
    """Fill the tables of version 2 from those of version 1, inside the caller's transaction."""
    # Of two that differ in the title alone, the later one stays.
    query = "select key, report from results order by graded_at"
    results = database.execute(query).fetchall()
    scores: dict[str, tuple[str, float | None]] = {}
    for old, report in results:
        new = _key(old)
        scores[old] = new, json.loads(report)["score"]
        database.execute(
            "update or replace results set key = ?, basis = ? where key = ?", (new, new, old)
        )
    query = "select submission, exercise, attempt, key from current order by attempt"
    for submission, exercise, attempt, old in database.execute(query).fetchall():
        key, score = scores.get(old, (_key(old), None))
        entry = json.dumps(_entry(submission, exercise, attempt, json.loads(key)))
        values = (submission, exercise, attempt, key, 0, entry)
        database.execute("insert into ledger values (?, ?, ?, ?, ?, ?)", values)
        before = {"submission": submission, "attempt": attempt, "basis": key, "raw_score": score}
        # Of several attempts the last one stands: version 1 does not say which one counted.
        database.execute(
            "insert or replace into standing values (?, ?, ?)",
            (f"label:{submission}", exercise, json.dumps(before)),
        )
    database.execute("alter table marks add column answer text not null default ''")
    database.execute("drop table current")
    database.execute("drop table changes")
    database.execute("update meta set value = '2' where name = 'version'")


def _key(old: str) -> str:
    """The key of a result as version 2 writes it."""
    basis: dict[str, Any] = json.loads(old)
    # The title, which may hold spaces, stood before the name of the file.
    basis["settings"] = basis["settings"].rpartition(" ")[2]
    return json.dumps({**basis, "engine": _UNKNOWN_ENGINE}, sort_keys=True)


def _entry(submission: str, exercise: str, attempt: int, basis: dict[str, Any]) -> dict[str, Any]:
    """What is known of an attempt: its label, and what was graded."""
    identity = basis["submission"]
    return {
        "author": {"label": submission, "clues": [["label", submission]]},
        "exercise": exercise,
        "attempt": attempt,
        "work": {"name": "", "identity": identity, "worked_on": True},
    }
