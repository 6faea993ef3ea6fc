"""Turns a notebook into one module: its code cells from top to bottom.

A notebook is JSON that a stranger wrote, and this module reads it in the trusted grader. It looks
only at the kind, the tags and the text of each cell, and takes the Python in it line by line
(ipython.py) without ever parsing it. nbconvert would do this too, but takes a second to import, and
needs IPython, whose magics it turns into calls that exist only in a notebook.

    # %% cell 3           stands above the code of the third cell, counting cells of all kinds
    # tags                a cell tagged skip, no-grade or skip-execution is left out

Stand-ins define the names that a notebook has without importing them (ipython.py).
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from grading.errors import UsageError
from grading.submission.ipython import definitions, left_out, without_ipython, without_magics
from grading.submission.line_map import LineMap

SUFFIX = ".ipynb"
# So large because most of a notebook is output.
MAX_BYTES = 16 * 1024 * 1024
MAX_CODE_BYTES = 1024 * 1024
SKIPPED = {"skip", "no-grade", "skip-execution"}

_KINDS = ("code", "markdown", "raw", "heading")
MAX_NOTES = 3
_DEFINES = re.compile(r"^(?:def|class|async def)\s", re.MULTILINE)
_FUTURE = "from __future__ import annotations"


def is_notebook(name: str) -> bool:
    return name.endswith(SUFFIX)


def module_of(data: bytes, name: str) -> tuple[str, LineMap, str]:
    """The source of the module that a notebook's code makes, the map of its lines, and a note.

    The note names the cells with definitions that are not in the module, because of a magic.
    Raises UsageError for anything but a notebook of format 4 (or 3, which older programs write).
    """
    lines: list[str] = []
    above: list[tuple[int, int]] = []
    size = 0
    header = ""
    notes: list[str] = []
    for number, text in _code(_document(data, name), name):
        marker = f"# %% cell {number}"
        size += len(marker) + _size(text, f"{name}, cell {number}")
        if size > MAX_CODE_BYTES:
            raise UsageError(f"{name} holds more than 1 MB of code: submit the exercise alone")
        lines.append(marker)
        above.append((len(lines), number))
        if (magic := left_out(text)) and _DEFINES.search(text):
            notes.append(f"cell {number} was left out because of {magic}")
        for line in without_magics(text.split("\n")):
            # Any cell may have such a line, but in a module it must be one of the first.
            future = line.rstrip() == _FUTURE
            header = _FUTURE if future else header
            lines.append(f"# {line}" if future else without_ipython(line))
    source = "\n".join([*lines, ""])
    first = [line for line in (header, *definitions(source)) if line]
    line_map = LineMap(tuple((line + len(first), cell) for line, cell in above))
    return "\n".join([*first, source]), line_map, "; ".join(notes[:MAX_NOTES])


def _document(data: bytes, name: str) -> dict[str, Any]:
    """The JSON of a notebook. Raises UsageError."""
    try:
        # Integers are read as floats, which may have any number of digits: no number matters here.
        document = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_unrepeated,
            parse_constant=_refuse,
            parse_int=float,
        )
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text: save it again as a notebook") from error
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UsageError(
            f"{name} cannot be read as a notebook ({why}): clear its outputs and save it again"
        ) from error
    if not isinstance(document, dict) or document.get("nbformat") not in (3, 4):
        raise UsageError(f"{name} is not a notebook in format 4: open it in Jupyter, save it again")
    return document


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Raises ValueError for a repeated name: readers disagree on which value counts."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("one object has the same key twice")
    return made


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _code(document: dict[str, Any], name: str) -> Iterator[tuple[int, str]]:
    """(number, text) of each code cell that counts and is not empty. Raises UsageError."""
    old = document["nbformat"] == 3
    for number, cell in enumerate(_cells(document, old, name), start=1):
        where = f"{name}, cell {number}"
        if not isinstance(cell, dict) or cell.get("cell_type") not in _KINDS:
            raise UsageError(f"{where} is of an unknown kind: save the notebook again in Jupyter")
        if cell["cell_type"] != "code":
            continue
        text = _text(cell.get("input" if old else "source"), where)
        if text.strip() and not SKIPPED.intersection(_tags(cell, where)):
            yield number, text


def _cells(document: dict[str, Any], old: bool, name: str) -> list[Any]:
    """All cells. Format 3 has sheets of them, but programs only made one. Raises UsageError."""
    sheets = document.get("worksheets") if old else [document]
    cells: list[Any] = []
    for sheet in sheets if isinstance(sheets, list) else [None]:
        listed = sheet.get("cells") if isinstance(sheet, dict) else None
        if not isinstance(listed, list):
            raise UsageError(f"{name} has no list of cells: save the notebook again in Jupyter")
        cells += listed
    return cells


def _text(value: object, where: str) -> str:
    """The text of a cell: a string, or a list of strings."""
    parts: list[Any] = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise UsageError(f"{where} has no text: save the notebook again in Jupyter")
    return "".join(parts).replace("\r\n", "\n").replace("\r", "\n")


def _tags(cell: dict[str, Any], where: str) -> list[str]:
    metadata = cell.get("metadata", {})
    tags = metadata.get("tags", []) if isinstance(metadata, dict) else None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise UsageError(f"{where} has tags that are not text: remove them")
    return tags


def _size(text: str, where: str) -> int:
    """The size in bytes. Raises UsageError for text that no text file could hold."""
    if "\0" in text:
        raise UsageError(f"{where} holds NUL characters: delete them")
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        line = text[: error.start].count("\n") + 1
        raise UsageError(
            f"{where} holds an incomplete character (line {line}): type that line again"
        ) from error
