"""Blackboard, Work Offline > Upload.

Its source is not public. Written after its help (library.blackboard.com, Upload Grade Center:
`Username` says who, and a user who is not enrolled fails), etopics.missouri.edu 1000187371 (only
that column), tips.uark.edu (`Incomplete` erases) and HamletTheHamster/newton, src/blackboard.js @
210d1c6be8cf (the number behind `|` says which column). Nobody says what a blank over a grade does:
here it erases, which is the worst.
"""

import csv
import io
import re
from collections.abc import Collection, Mapping

from tests.support.importers import Refused


def imported(
    content: bytes,
    encoding: str,
    delimiter: str,
    enrolled: Collection[str],
    before: Mapping[tuple[str, int], str],
) -> dict[tuple[str, int], str]:
    """The grades by user name and number of the column after the import."""
    text = content.decode(encoding).removeprefix("\ufeff")
    heading, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    user = heading.index("Username")
    columns = {at: re.fullmatch(r".*\|(\d+)", name) for at, name in enumerate(heading)}
    numbers = {at: int(match[1]) for at, match in columns.items() if match}
    known = {number for _, number in before} | set(numbers.values())
    if len(numbers) + 4 < len(heading) or not set(numbers.values()) <= known:
        raise Refused("a column without a number would be a new one")
    after = dict(before)
    for row in rows:
        if row[user] not in enrolled:
            raise Refused(f"there is no user {row[user]}")
        for at, number in numbers.items():
            if row[at].strip() in ("", "Incomplete", "Needs Grading"):
                after.pop((row[user], number), None)
            else:
                after[row[user], number] = row[at]
    return after
