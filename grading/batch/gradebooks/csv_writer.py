"""Rows as CSV (RFC 4180), for people and for importers.

People open a table in a spreadsheet, which runs what looks like a formula. Importers compare a
login or an id letter for letter, so that nothing may be put in front of one.
"""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(value: object) -> object:
    """Text that no spreadsheet runs; numbers stay numbers, None is an empty cell."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def table(rows: Iterable[Sequence[object]]) -> str:
    """A table for people: every cell is guarded."""
    return as_written([guarded(value) for value in row] for row in rows)


def as_written(
    rows: Iterable[Sequence[object]], delimiter: str = ",", quote_all: bool = False
) -> str:
    """A table for an importer: every cell is as it is given."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL)
    if quote_all:
        writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows(rows)
    return text.getvalue()


def encoded(text: str, encoding: str) -> bytes:
    """The text in the encoding of a file that was read, with its byte-order mark."""
    if encoding == "utf-16":  # Blackboard's has the low byte first, whatever this machine has
        return b"\xff\xfe" + text.encode("utf-16-le")
    # All that is added is feedback for Moodle, which is HTML.
    return text.encode(encoding, "xmlcharrefreplace")
