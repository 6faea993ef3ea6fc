"""Brightspace, Grades > Import.

Its source is not public. Written after its help
(community.d2l.com/brightspace/kb/articles/3538-importing-grades: `OrgDefinedId` or `Username`,
`<Item> Points Grade`, capped at the maximum) and kb.wisc.edu 4330 (`#` in front of ids, and alone
under `End-of-Line Indicator`). Nobody says what a blank over a grade does: here it erases, which is
the worst.
"""

import csv
import io
import re
from collections.abc import Mapping

from tests.support.importers import Refused


def imported(
    content: bytes, users: Mapping[str, str], before: Mapping[tuple[str, str], str], most: float
) -> dict[tuple[str, str], str]:
    """The grades by user and item after the import; `users` are by OrgDefinedId."""
    text = content.decode("utf-8")
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    heading = list(rows.fieldnames or ())
    if heading[0] not in ("OrgDefinedId", "Username") or heading[-1] != "End-of-Line Indicator":
        raise Refused("headers")
    items = {
        header: match[1]
        for header in heading
        if (match := re.fullmatch(r"(.*) Points Grade(?: <.*>)?", header))
    }
    after = dict(before)
    for row in rows:
        user = users.get(row["OrgDefinedId"].removeprefix("#"))
        if user is None or row[heading[-1]] != "#":
            raise Refused(f"row of {row['OrgDefinedId']}")
        for header, item in items.items():
            if not row[header]:
                after.pop((user, item), None)
            else:
                after[user, item] = f"{min(float(row[header]), most):g}"
    return after
