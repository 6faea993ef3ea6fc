"""What `grader.py pack` puts into a hand-in."""

import io
import json
import zipfile
from pathlib import Path

from grading import pack
from grading.course.questions import PLACE
from grading.course.syllabus import Course
from tests.support.classes import EX1, put
from tests.support.notebooks import code, notebook

NOTEBOOK = EX1.replace(".py", ".ipynb")
INNER = f"notebooks/{NOTEBOOK}"


def test_two_notebooks_of_one_name_are_both_packed(tmp_path: Path, real_course: Course) -> None:
    one, other = notebook(code("x = 1")), notebook(code("y = 2"))
    put(tmp_path / NOTEBOOK, one)
    put(tmp_path / INNER, other)
    packed = pack.pack(real_course, tmp_path)
    assert packed.files == {NOTEBOOK: one, INNER: other}
    with zipfile.ZipFile(io.BytesIO(pack.as_zip(packed))) as archive:
        assert (archive.read(NOTEBOOK), archive.read(INNER)) == (one, other)
        assert set(json.loads(archive.read(pack.LIST))["files"]) == {NOTEBOOK, INNER}
    said = list(pack.summary(packed, Path("out.zip")))
    assert said[:2] == [
        f"packed: out.zip, {NOTEBOOK}, {INNER}",
        f"counts: ex1: {NOTEBOOK}, and not {INNER}",
    ]


def test_the_same_notebook_twice_is_packed_once(tmp_path: Path, real_course: Course) -> None:
    for place in (NOTEBOOK, INNER):
        put(tmp_path / place, notebook(code("x = 1")))
    put(tmp_path / EX1)
    packed = pack.pack(real_course, tmp_path)
    assert list(packed.files) == [EX1, NOTEBOOK]
    assert packed.exercises == {"ex1": EX1}


def test_answers_that_nobody_might_see_are_packed_and_said(
    tmp_path: Path, real_course: Course
) -> None:
    asked = real_course.exercise("ex1").questions.read_text(encoding="utf-8")
    text = asked.replace(PLACE, "<!-- Errors cannot add up. -->", 1).replace("## s", "### s", 1)
    put(tmp_path / "questions" / "ex1.md", text)
    packed = pack.pack(real_course, tmp_path)
    assert packed.files == {"ex1.md": text.encode()}
    (answers,) = [line for line in packed.missing if "no answer" in line]
    assert answers.startswith("ex1: no answer to struggling, surrogate,")
    said = list(pack.summary(packed, Path("out.zip")))
    assert "look at ex1.md: something stands in a comment (teacher_forcing)" in said
