"""Labs run as people run them, and what a page of theirs must be."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np

from grading.course import questions
from grading.course.syllabus import ROOT
from grading.course.syllabus import load as load_course
from tests.support import browser
from tests.support.command import called
from tests.support.patience import PATIENCE


def command(*arguments: str | Path) -> list[str]:
    """`python grader.py lab ...` or, if the first argument is a path, that script."""
    words = [str(argument) for argument in arguments]
    script = [words.pop(0)] if words[0].endswith(".py") else ["grader.py", "lab"]
    return [sys.executable, *script, *words]


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The lab with these arguments, to its end."""
    return called(*command(*arguments), **environment)


def interrupt(
    *arguments: str | Path, after: str, signal: int, environment: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Start the lab, send a signal after the first line that holds `after`: code, stdout, stderr.

    The lab is in a session of its own, so that only it gets the signal.
    """
    process = subprocess.Popen(
        command(*arguments),
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if after in line:
            break
    process.send_signal(signal)
    try:
        rest, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, seen + rest, errors


def check_page(out: Path, name: str, exercise: str, figures: set[str]) -> str:
    """The text of the page `out`/name.html, which stands alone and shows these figures.

    Beside it lie the figures as files, and the executed notebook.
    """
    assert {path.stem for path in out.glob("*.png")} == figures
    notebook = nbformat.read(out / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    executed = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in executed)
    html = (out / f"{name}.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(html)
    # Nothing is fetched: everything a browser would load is in the page itself.
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert page.tags.isdisjoint({"script", "link", "iframe", "object"})
    assert not re.search(r"@import|url\(", html)
    assert len(page.pictures) == len(figures)
    assert all(page.pictures), "a picture without words for those who cannot see it"
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    asked = questions.read(load_course(ROOT).exercise(exercise).questions)
    text = " ".join(page.text.split())
    assert asked
    assert all(question.text in text for question in asked)
    return text


def check_in_a_browser(page: Path, scratch: Path) -> None:
    """The page drawn by a browser: text and pictures are there."""
    pixels = browser.picture(page, scratch)
    dark, colored = (pixels < 0.5).all(axis=-1), np.ptp(pixels, axis=-1) > 0.3
    assert dark.mean() > 0.005, "hardly any text"
    # Curves are colored, text and code are not.
    assert colored.mean() > 0.0005, "no pictures"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.pictures: list[str | None] = []
        self.headings: list[int] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self.addresses += [given[key] or "" for key in ("src", "href") if key in given]
        if tag == "img":
            self.pictures.append(given.get("alt"))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_data(self, data: str) -> None:
        self.text += data
