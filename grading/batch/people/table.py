"""Reads a CSV file as people save it: with any separator, in any of three encodings."""

import csv
import io
import re
from pathlib import Path

from grading.errors import UsageError
from grading.text import one_line

MAX_BYTES = 16 * 1024 * 1024
# So many lines tell what separates cells.
MAX_LINES = 1000
# Empty lines above the headers, and the line that tells Excel what separates cells.
_LEAD = re.compile(r"\A(?:[,;\t ]*\r?\n|sep=.\r?\n)*", re.IGNORECASE)


def table(path: Path) -> list[list[str]]:
    """The rows of a CSV file, empty ones left out: comma, semicolon, tab; UTF-8, UTF-16, cp1252.

    Raises UsageError.
    """
    return [row for _, row in numbered(path)]


def numbered(path: Path) -> list[tuple[int, list[str]]]:
    """The same rows, each with the number of the line in which it ends. Raises UsageError."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path.name} is larger than 16 MB: give a CSV file")
        whole = _decoded(path.read_bytes(), path.name)
        text = _LEAD.sub("", whole)
        above = whole.count("\n") - text.count("\n")
        # Strict, as a quotation mark that is never closed would swallow the rest of the class.
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        return [(above + rows.line_num, row) for row in rows if any(cell.strip() for cell in row)]
    except (OSError, csv.Error) as error:
        reason = one_line(str(error))  # which may name a tab
        raise UsageError(f"{path.name} cannot be read as a CSV file: {reason}") from error


def _decoded(data: bytes, name: str) -> str:
    # Blackboard's .xls is text in UTF-16; Excel's "Unicode text" is the same.
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UsageError(f"{name} is not a CSV file: save it as CSV (UTF-8)")


def _delimiter(text: str) -> str:
    """The one that parts the first line into the most cells, and most lines into as many.

    If that leaves a choice, the comma is part of a name.
    """
    lines = [line for line in text.splitlines()[:MAX_LINES] if line.strip()]

    def cells(mark: str) -> tuple[int, int]:
        counts = [len(next(csv.reader([line], delimiter=mark), [])) for line in lines]
        return (counts[0], counts.count(counts[0])) if counts else (0, 0)

    return max("\t;,", key=cells)
