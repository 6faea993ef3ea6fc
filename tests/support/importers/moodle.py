"""Moodle, Grades > Import > CSV file.

Written after moodle/moodle:
- public/grade/import/csv/classes/load_data.php @ ead32c158ee5 (check_user_exists,
  update_grade_item, insert_grade_record, prepare_import_grade_data),
- public/grade/import/lib.php @ f747c15cbf1c (grade_import_commit) and lib/grade/grade_item.php
  (update_final_grade): a grade cell, an empty one too, sets `overridden`; an empty feedback erases,
- public/lib/csvlib.class.php @ 0963d2257210: all rows are as wide as the first, and PHP's fgetcsv
  takes a backslash in front of a quotation mark for an escape.

`is_old` is grade/import/csv/classes/load_data.php @ 0289d8c76654, where an empty cell for the
person keeps the person of the row above.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tests.support.importers import Refused

EXPORTED = "Last downloaded from this course"


@dataclass(frozen=True)
class Grade:
    """A grade of the gradebook: None is no grade; `at` says when it was given."""

    points: float | None = None
    feedback: str = ""
    overridden: bool = False
    at: int = 0


def imported(
    content: bytes,
    users: Mapping[str, str],
    before: Mapping[str, Grade],
    most: float = 100.0,
    is_old: bool = False,
    sign: str = ".",
) -> dict[str, Grade]:
    """The grades of one item by user after the import.

    `users` are the site's users by the value of the field that the first column is mapped from. The
    second column is mapped to the item, and the third to its feedback. `sign` is the decimal sign
    of the importing person's language.
    """
    heading, *rows = _rows(content)
    moment = heading.index(EXPORTED) if EXPORTED in heading else None
    after = dict(before)
    user = None
    for row in rows:
        who, points, feedback = (cell.strip() for cell in row[:3])
        if who or not is_old:
            user = users.get(who.casefold())
        if user is None:
            raise Refused(f"no user {who}")
        grade = _grade(points, sign)
        if grade is not None and not 0 <= grade <= most:
            raise Refused(f"{grade} is out of range")
        old = before.get(user, Grade())
        if moment is not None and old.at and int(row[moment]) < old.at:
            raise Refused(f"the grade of {user} was changed after the export")
        after[user] = replace(old, points=grade, feedback=feedback, overridden=True)
    return after


def _grade(cell: str, sign: str) -> float | None:
    if cell in ("", "-"):
        return None
    # unformat_float(strict): blanks are removed, and the language's decimal sign becomes a dot.
    number = cell.replace(" ", "").replace(sign, ".")
    if not re.fullmatch(r"-?\d*\.?\d+", number):
        raise Refused(f"bad grade {cell}")
    return float(number)


def _rows(content: bytes) -> list[list[str]]:
    text = content.decode("utf-8").removeprefix("\ufeff")
    if '\\"' in text:
        raise Refused("fgetcsv takes the cells apart in another way")
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    if any(len(row) != len(rows[0]) for row in rows):
        raise Refused("rows of different widths")
    return _trimmed(rows)


def _trimmed(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    heading, *others = rows
    return [[header.strip() for header in heading], *map(list, others)]
