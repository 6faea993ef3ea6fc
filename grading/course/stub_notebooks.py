"""Makes an exercise's notebook from its stub: the same code, with a cell for each thing to write.

Nothing in it is random (format 4.4 has no cell ids), so making it again changes nothing.
"""

import ast
import json
import os
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from grading.course.syllabus import Exercise

_IMPORTS = (ast.Import, ast.ImportFrom)
_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def make_notebook(stub: str, exercise: Exercise) -> str:
    """The text of the .ipynb file: the docstring as Markdown, then the code, then the questions."""
    tree = ast.parse(stub)
    introduction = _introduction(ast.get_docstring(tree) or exercise.title, exercise)
    cells = [_cell("markdown", introduction)]
    cells += [_cell("code", text, execution_count=None, outputs=[]) for text in _pieces(stub, tree)]
    if exercise.answers.exists():
        path = os.path.relpath(exercise.questions, exercise.notebook.parent)
        text = f"The questions are in [{exercise.questions.name}]({path})."
        cells.append(_cell("markdown", text))
    document = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _introduction(docstring: str, exercise: Exercise) -> str:
    title, _, text = docstring.partition("\n")
    run = f"run `python grader.py {exercise.id}"
    path = exercise.notebook.relative_to(exercise.root).as_posix()
    text = text.strip("\n").replace(f"{run}`", f"save and {run} --submission {path}`")
    return (
        f"# {title.rstrip('.')}\n\n{text}\n\n"
        "Cells of your own are graded with the rest, from top to bottom. To leave one out, tag it"
        ' `skip`, or indent its code below `if __name__ == "__main__":`.'
    )


def _pieces(stub: str, tree: ast.Module) -> Iterator[str]:
    """The code of the stub in pieces: imports, each definition, and the code between them."""
    lines = stub.splitlines(keepends=True)
    body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
    start = (tree.body[0].end_lineno or 0) if body is not tree.body else 0
    for _, nodes in groupby(body, key=_group):
        end = max(node.end_lineno or 0 for node in nodes)
        yield "".join(lines[start:end]).strip("\n")
        start = end


def _group(node: ast.stmt) -> object:
    """Equal for neighbors that share a cell; each definition has a cell of its own."""
    if isinstance(node, _DEFINITIONS):
        return node
    return isinstance(node, _IMPORTS)


def _cell(kind: str, text: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True), **more}
