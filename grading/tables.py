"""Reads a CSV file as people save it: with any separator, in any of three encodings."""

import codecs
import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from grading.errors import UsageError
from grading.text import one_line

MAX_BYTES = 16 * 1024 * 1024
# So many lines tell what separates cells.
MAX_LINES = 1000
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?|\d{1,3}(?:,\d{3})+\.\d+")
# 1,000 is a thousand to some and one to others.
_EITHER = re.compile(r"\d{1,3},\d{3}")
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


def rows_of(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    """The rows of a CSV file that has all these columns. Raises UsageError."""
    return [row for _, row in numbered_rows(path, columns)]


def numbered_rows(path: Path, columns: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file that has all these columns, each with the number of its line.

    Raises UsageError, also for a row with more cells than the first line has: a comma in a cell
    without quotation marks makes two of it.
    """
    whole = read(path)
    (_, heading), *rows = zip(whole.lines, whole.rows, strict=True) if whole.rows else [(0, [])]
    names = [header.strip().lower() for header in heading]
    if absent := [column for column in columns if column not in names]:
        listed = ", ".join(one_line(name) for name in names) or "nothing"
        raise UsageError(f"{path.name} has no column {absent[0]}: its first line is {listed}")
    return [(number, _by_name(f"{path.name}, line {number}", names, row)) for number, row in rows]


def number(text: str) -> float | None:
    """A number with either decimal sign; None if the text is none, or could be two numbers."""
    text = text.strip()
    if not _NUMBER.fullmatch(text) or _EITHER.fullmatch(text):
        return None
    value = float(text.replace(",", "" if "." in text else "."))
    return value if math.isfinite(value) else None


def _by_name(where: str, names: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    if any(cell.strip() for cell in row[len(names) :]):
        raise UsageError(
            f"{where} has {len(row)} cells below {len(names)} headers: put a cell that holds the"
            " separator into quotation marks"
        )
    cells = zip_longest(names, row[: len(names)], fillvalue="")
    return {name: cell.strip() for name, cell in cells}


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
