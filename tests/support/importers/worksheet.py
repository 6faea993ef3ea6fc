"""Moodle, the worksheet for offline grading of an assignment.

Written after moodle/moodle, public/mod/assign/feedback/offline/importgradeslib.php @ 806e2d49ac36
(init, next) and locallib.php @ 0bd8f1fdf8c8 (process_import_grades); `is_old` is
mod/assign/feedback/offline/locallib.php @ 04975560d10b, which imports a grade of 0.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.support.importers import Refused

ENGLISH = ("Identifier", "Grade", "Last modified (grade)", "Feedback comments", "Participant ")


@dataclass(frozen=True)
class Graded:
    """A participant's grade: None is none. `at` is when it was changed, as the file has it."""

    points: float | None = None
    feedback: str = ""
    at: str = "-"
    locked: bool = False


def imported(
    content: bytes,
    before: Mapping[int, Graded],
    most: float,
    words: tuple[str, str, str, str, str] = ENGLISH,
    is_old: bool = False,
    delimiter: str = ",",
) -> dict[int, Graded]:
    """The grades by participant's number after the import, in the words of a language."""
    identifier, grade, modified, comments, prefix = words
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    if not {identifier, grade, modified} <= set(rows.fieldnames or ()):
        raise Refused("a header is missing")
    after = dict(before)
    for row in rows:
        number = row[identifier].removeprefix(prefix)
        if not number.isdigit() or int(number) not in before:
            continue
        old = after[int(number)]
        # A grade that somebody has changed since then has another time.
        stale = old.at != row[modified]
        points = _unformatted(row[grade])
        skipped = points is None or stale or old.locked or not 0 <= points <= most
        if not skipped and (points or is_old):
            old = replace(old, points=points)
        if comments in row and not stale:
            old = replace(old, feedback=row[comments])
        after[int(number)] = old
    return after


def _unformatted(cell: str) -> float | None:
    """unformat_float without `strict`: an empty cell is none, text is 0, as PHP casts it."""
    text = cell.replace(" ", "")
    if not text:
        return None
    number = re.match(r"-?\d*\.?\d+", text)
    return float(number[0]) if number else 0.0
