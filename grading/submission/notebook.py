"""A notebook becomes one module: its code cells from top to bottom, read in the trusted grader.

A notebook is JSON that a stranger wrote. Of each cell only the kind, the tags and the text are
looked at; the Python in it is taken line by line (magics.py) and never parsed. nbconvert would do
this too, but needs a second to be imported, and IPython, whose magics it turns into calls that
exist in a notebook only.

    # %% cell 3           stands above the code of the third cell, whatever kinds the others are
    # tags                a cell tagged skip, no-grade or skip-execution is left out

What a notebook has without importing it is defined by stand-ins (ipython.py).
"""

import json
from collections.abc import Iterator
from typing import Any

from grading.errors import UsageError
from grading.submission.ipython import definitions, without_ipython, without_magics
from grading.submission.line_map import LineMap

SUFFIX = ".ipynb"
# Most of a notebook is output.
MAX_BYTES = 16 * 1024 * 1024
MAX_CODE_BYTES = 1024 * 1024
SKIPPED = {"skip", "no-grade", "skip-execution"}

_KINDS = ("code", "markdown", "raw", "heading")
_FUTURE = "from __future__ import annotations"


def is_notebook(name: str) -> bool:
    return name.endswith(SUFFIX)


def module_of(data: bytes, name: str) -> tuple[str, LineMap]:
    """The source of the module that a notebook's code makes, and where its lines stand.

    Raises UsageError for whatever is no notebook of format 4 (or 3, which older programs write).
    """
    lines: list[str] = []
    above: list[tuple[int, int]] = []
    size = 0
    header = ""
    for number, text in _code(_document(data, name), name):
        marker = f"# %% cell {number}"
        size += len(marker) + _size(text, f"{name}, cell {number}")
        if size > MAX_CODE_BYTES:
            raise UsageError(f"{name} holds more than 1 MB of code: submit the exercise alone")
        lines.append(marker)
        above.append((len(lines), number))
        for line in without_magics(text.split("\n")):
            # Each cell may have such a line, but only the first lines of a module.
            future = line.rstrip() == _FUTURE
            header = _FUTURE if future else header
            lines.append(f"# {line}" if future else without_ipython(line))
    source = "\n".join([*lines, ""])
    first = [line for line in (header, *definitions(source)) if line]
    line_map = LineMap(tuple((line + len(first), cell) for line, cell in above))
    return "\n".join([*first, source]), line_map


def _document(data: bytes, name: str) -> dict[str, Any]:
    """The JSON of a notebook. Raises UsageError."""
    try:
        # Numbers decide nothing here: as floats they may have any number of digits.
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
        raise UsageError(f"{name} is no notebook of format 4: open it in Jupyter and save it again")
    return document


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Its readers would not agree on which of two values counts."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return made


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _code(document: dict[str, Any], name: str) -> Iterator[tuple[int, str]]:
    """(number, text) of each code cell that counts and is not empty. Raises UsageError."""
    old = document["nbformat"] == 3
    for number, cell in enumerate(_cells(document, old, name), start=1):
        where = f"{name}, cell {number}"
        if not isinstance(cell, dict) or cell.get("cell_type") not in _KINDS:
            raise UsageError(f"{where} is of no known kind: save the notebook again in Jupyter")
        if cell["cell_type"] != "code":
            continue
        text = _text(cell.get("input" if old else "source"), where)
        if text.strip() and not SKIPPED.intersection(_tags(cell, where)):
            yield number, text


def _cells(document: dict[str, Any], old: bool, name: str) -> list[Any]:
    """Format 3 has sheets of cells, of which any program made one only."""
    sheets = document.get("worksheets") if old else [document]
    cells: list[Any] = []
    for sheet in sheets if isinstance(sheets, list) else [None]:
        found = sheet.get("cells") if isinstance(sheet, dict) else None
        if not isinstance(found, list):
            raise UsageError(f"{name} has no list of cells: save the notebook again in Jupyter")
        cells += found
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
        raise UsageError(f"{where} has tags that are no words: take them away")
    return tags


def _size(text: str, where: str) -> int:
    """In bytes. Raises UsageError for what no text file could hold."""
    if "\0" in text:
        raise UsageError(f"{where} holds NUL characters: delete them")
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        line = text[: error.start].count("\n") + 1
        raise UsageError(
            f"{where} holds half a character (line {line}): type that line again"
        ) from error
