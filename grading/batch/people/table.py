"""Reads a CSV file as people save it: with any separator, in any of three encodings."""

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from grading.errors import UsageError
from grading.text import one_line

MAX_BYTES = 16 * 1024 * 1024
# So many lines tell what separates cells.
MAX_LINES = 1000
# Empty lines above the headers, and the line that tells Excel what separates cells.
_LEAD = re.compile(r"\A(?:[,;\t ]*\r?\n|sep=.\r?\n)*", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """The rows of a CSV file as they are written, and how it was saved."""

    rows: list[list[str]]
    # The number of the line in which each row ends.
    lines: list[int]
    delimiter: str
    encoding: str


def table(path: Path) -> list[list[str]]:
    """The rows of a CSV file, empty ones left out: comma, semicolon, tab; UTF-8, UTF-16, cp1252.

    Raises UsageError.
    """
    return read(path).rows


def read(path: Path) -> Table:
    """The same rows, with the separator and the encoding of the file. Raises UsageError."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path.name} is larger than 16 MB: give a CSV file")
        whole, encoding = _decoded(path.read_bytes(), path.name)
        text = _LEAD.sub("", whole)
        above = whole.count("\n") - text.count("\n")
        delimiter = _delimiter(text)
        # Strict, as a quotation mark that is never closed would swallow the rest of the class.
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        kept = [(row, above + rows.line_num) for row in rows if any(cell.strip() for cell in row)]
        return Table([row for row, _ in kept], [number for _, number in kept], delimiter, encoding)
    except (OSError, csv.Error) as error:
        reason = one_line(str(error))  # which may name a tab
        raise UsageError(f"{path.name} cannot be read as a CSV file: {reason}") from error


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    """The text, and the encoding that it is in."""
    # Blackboard's .xls is text in UTF-16; Excel's "Unicode text" is the same.
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    utf8 = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    for encoding in ("utf-16",) if marked else (utf8, "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
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
