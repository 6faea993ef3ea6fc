"""Makes stubs from the solutions: whole-line markers enclose what a student is to write.

Files of questions are made in the same way, by leaving out the canonical answers. Each stub is also
made into a notebook (stub_notebooks.py).

    # BEGIN SOLUTION
    # STUB: a comment that the student gets to see
    code that only the reference has
    # END SOLUTION

becomes the comment and `raise NotImplementedError`. The tokenizer finds the markers, so the same
words inside a string mean nothing. Each marker must stand alone on its line.
"""

import ast
import io
import tokenize
from pathlib import Path

from grading.course.questions import without_answers
from grading.course.stub_notebooks import make_notebook
from grading.course.syllabus import Course
from grading.errors import GraderError
from grading.files import require_own_copy, write_text

BEGIN, END, STUB = "# BEGIN SOLUTION", "# END SOLUTION", "# STUB: "
GAP = "raise NotImplementedError"


def write_stubs(course: Course, write: bool) -> list[Path]:
    """The stubs that differ from what their solutions produce; `write` brings them up to date.

    Raises UsageError if they cannot be written.
    """
    wanted = made(course)
    changed = [
        path
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in changed if write else []:
        require_own_copy(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, wanted[path])
    return changed


def made(course: Course) -> dict[Path, str]:
    """The stubs, notebooks and questions that solutions and canonical answers produce."""
    wanted: dict[Path, str] = {}
    for exercise in course.exercises.values():
        solution = exercise.reference.read_text(encoding="utf-8")
        stub = make_stub(solution, exercise.file)
        wanted[exercise.stub] = stub
        wanted[exercise.notebook] = make_notebook(stub, exercise)
        if exercise.answers.exists():
            wanted[exercise.questions] = without_answers(
                exercise.answers.read_text(encoding="utf-8")
            )
    return wanted


def make_stub(solution: str, name: str) -> str:
    """The stub of a solution. Raises GraderError, with file and line, for misplaced markers."""
    lines = solution.splitlines()
    kept: list[str] = []
    position = 0
    for begin, end in gaps(solution, name):
        kept += lines[position:begin]
        indent = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
        for line in lines[begin + 1 : end]:
            if line.strip().startswith(STUB):
                kept.append(f"{indent}# {line.strip().removeprefix(STUB)}")
        kept.append(f"{indent}{GAP}")
        position = end + 1
    stub = "\n".join([*kept, *lines[position:]]) + "\n"
    try:
        ast.parse(stub)
    except SyntaxError as error:
        raise GraderError(f"the stub of {name} does not parse: {error}") from error
    return stub


def gaps(solution: str, name: str) -> list[tuple[int, int]]:
    """The (first, last) line of every gap, counted from 0 and including both markers."""
    gaps: list[tuple[int, int]] = []
    begin: int | None = None
    for token in tokenize.generate_tokens(io.StringIO(solution).readline):
        if token.type != tokenize.COMMENT or token.string not in (BEGIN, END):
            continue
        line = token.start[0] - 1
        if token.line.strip() != token.string:
            raise GraderError(f"{name}:{line + 1}: a marker must stand alone on its line")
        if (token.string == BEGIN) != (begin is None):
            raise GraderError(f"{name}:{line + 1}: {token.string} does not belong here")
        if begin is None:
            begin = line
        else:
            gaps.append((begin, line))
            begin = None
    if begin is not None:
        raise GraderError(f"{name}:{begin + 1}: this gap is never closed")
    if not gaps:
        raise GraderError(f"{name}: no gap for a student to fill")
    return gaps
