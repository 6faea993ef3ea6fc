"""Stubs are what their solutions make of them."""

import ast
from pathlib import Path

import pytest

from grading.course.stubs import make_stub, write_stubs
from grading.course.syllabus import Course, Exercise
from grading.errors import GraderError
from grading.submission.file import read

SOLUTION = '''"""Doc with # BEGIN SOLUTION in it."""


def double(x: int) -> int:
    # BEGIN SOLUTION
    # STUB: Think of addition.
    y = x + x
    return y
    # END SOLUTION
'''


def test_the_committed_stubs_are_in_step(real_course: Course) -> None:
    assert write_stubs(real_course, write=False) == []


def test_a_stub_or_notebook_that_is_out_of_step_is_found_and_made_again(tmp_path: Path) -> None:
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "x.py").write_text(SOLUTION)
    exercise = Exercise("x", "Doubling", "x.py", tmp_path)
    plan = Course("Course", {"x": exercise})
    assert write_stubs(plan, write=True) == [exercise.stub, exercise.notebook]
    made = exercise.notebook.read_bytes()
    exercise.notebook.write_bytes(made.replace(b"addition", b"subtraction"))
    assert write_stubs(plan, write=False) == [exercise.notebook]
    assert exercise.notebook.read_bytes() != made
    assert write_stubs(plan, write=True) == [exercise.notebook]
    assert exercise.notebook.read_bytes() == made


def test_no_line_of_a_solution_is_left_in_its_stub(real_course: Course) -> None:
    for exercise in real_course.exercises.values():
        notebook = read(exercise.notebook, exercise.file).source
        stubs = exercise.stub.read_text() + notebook
        stub = {line.strip() for line in stubs.splitlines()}
        inside = False
        secret = 0
        for line in exercise.reference.read_text().splitlines():
            if line.strip() in ("# BEGIN SOLUTION", "# END SOLUTION"):
                inside = not inside
            elif inside and not line.strip().startswith("# STUB: ") and len(line.strip()) > 12:
                secret += 1
                assert line.strip() not in stub
        assert secret > 0


def test_a_gap_becomes_its_comments_and_an_error() -> None:
    stub = make_stub(SOLUTION, "x.py")
    assert stub.endswith("    # Think of addition.\n    raise NotImplementedError\n")
    assert "BEGIN SOLUTION in it" in stub
    assert "y = x" not in stub
    ast.parse(stub)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("    # END SOLUTION\n", "", "x.py:5: this gap is never closed"),
        ("    # BEGIN SOLUTION\n", "", "x.py:8: # END SOLUTION does not belong here"),
        ("    y = x + x\n", "    # BEGIN SOLUTION\n", "x.py:7: # BEGIN SOLUTION does not belong"),
        ("    return y\n", "    return y  # END SOLUTION\n", "x.py:8: a marker must stand alone"),
    ],
)
def test_misplaced_markers_are_named_by_line(old: str, new: str, word: str) -> None:
    with pytest.raises(GraderError, match=word):
        make_stub(SOLUTION.replace(old, new), "x.py")


def test_a_file_without_a_gap_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="no gap"):
        make_stub("x = 1\n", "x.py")
