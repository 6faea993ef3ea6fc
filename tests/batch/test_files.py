"""What an instructor opens after a batch: the class page in a browser, points given by hand."""

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grading.course import misconceptions, syllabus
from grading.course.syllabus import ROOT
from tests.support import browser
from tests.support.patience import PATIENCE

QUESTIONS = "ex4.md"
UNANSWERED = "<!-- Write your answer here. -->"
# Two that sort differently as text and as numbers, and one that names a mistake.
MISTAKES = ("covariance", "standardized")


def batch(folder: Path, out: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "grader.py", "batch", folder, "--out", out, "--exercise", "ex4"]
    return subprocess.run(
        [*command, "--jobs", "1", "--plain", *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A class and its grades: one right with answers, one stub, two mistakes."""
    exercise = syllabus.load(syllabus.ROOT).exercise("ex4")
    reference = exercise.reference.read_text(encoding="utf-8")
    known = {one.name: one for one in misconceptions.load(exercise.misconceptions)}
    sources = {"ada": reference, "cleo": exercise.stub.read_text(encoding="utf-8")}
    sources |= {name: known[name].made_in(reference) for name in MISTAKES}
    folder = tmp_path_factory.mktemp("class")
    for name, source in sources.items():
        (folder / name).mkdir()
        (folder / name / exercise.file).write_text(source, encoding="utf-8")
    asked = exercise.questions.read_text(encoding="utf-8")
    answered = asked.replace(UNANSWERED, "Against an untrained control.", 1)
    (folder / "ada" / QUESTIONS).write_text(answered, encoding="utf-8")
    out = tmp_path_factory.mktemp("grades")
    end = batch(folder, out)
    assert end.returncode == 0, end.stderr
    return folder, out


def grades(out: Path) -> list[dict[str, str]]:
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shown(page: Path, script: str, scratch: Path) -> list[list[str]]:
    """The rows of the matrix that are visible after `script`: submission and points."""
    rows = (
        '[...document.getElementById("grades").tBodies[0].rows].filter((row) => !row.hidden)'
        ".map((row) => [...row.cells].map((cell) => cell.textContent.trim()))"
    )
    found: list[list[str]] = browser.after_use(
        page, f"(() => {{ {script}; return {rows}; }})()", scratch
    )
    return found


HEADING = (
    '[...document.querySelectorAll("#grades thead button")].find((one) => one.textContent === "{}")'
)


def test_the_table_of_a_class_is_sorted_by_number_and_back(
    graded: tuple[Path, Path], tmp_path: Path
) -> None:
    page = graded[1] / "class.html"
    score = HEADING.format("Interpretability")
    up = shown(page, f"{score}.click()", tmp_path)
    down = shown(page, f"{score}.click(); {score}.click()", tmp_path)
    scores = [float(row[1]) for row in up]
    assert scores == sorted(scores)
    assert (scores[0], scores[-1]) == (0, 100)
    assert len(set(scores)) >= 3
    assert down == up[::-1]
    marked = browser.after_use(
        page,
        f'(() => {{ {score}.click(); return {score}.parentElement.getAttribute("aria-sort"); }})()',
        tmp_path,
    )
    assert marked == "ascending"


def test_the_table_of_a_class_is_filtered_by_what_is_typed(
    graded: tuple[Path, Path], tmp_path: Path
) -> None:
    page = graded[1] / "class.html"
    typed = (
        'const box = document.getElementById("filter"); box.value = "{}";'
        ' box.dispatchEvent(new Event("input"))'
    )
    assert [row[0] for row in shown(page, typed.format("ADA"), tmp_path)] == ["ada"]
    assert shown(page, typed.format("nobody"), tmp_path) == []
    assert len(shown(page, typed.format(""), tmp_path)) == 4


def test_everything_on_the_class_page_is_reached_by_keyboard(
    graded: tuple[Path, Path], tmp_path: Path
) -> None:
    reached = browser.after_use(
        graded[1] / "class.html",
        '[...document.querySelectorAll("details")].forEach((one) => { one.open = true; }) ||'
        ' [...document.querySelectorAll("button, input, a, summary, .wide")]'
        ".filter((one) => one.getClientRects().length).map((one) => {"
        " one.focus(); return document.activeElement === one && one.tabIndex === 0; })",
        tmp_path,
    )
    assert len(reached) > 10
    assert all(reached)


def test_edits_of_one_program_are_a_place_to_look(graded: tuple[Path, Path]) -> None:
    """For instructors alone; the stub, handed out to all, is like nothing."""
    page = (graded[1] / "class.html").read_text(encoding="utf-8")
    section = page.partition('<h2 id="similar">')[2].partition("<h2")[0]
    assert {name for name in ("ada", "cleo", *MISTAKES) if f">{name}<" in section} == {
        "ada",
        *MISTAKES,
    }
    for path in (graded[1] / "feedback").iterdir():
        shown = path.read_text(encoding="utf-8")
        names = {"ada", "cleo", *MISTAKES} - {path.stem}
        assert not [name for name in names if f">{name}<" in shown or f"{name}.html" in shown]


def test_the_class_page_fits_its_window(graded: tuple[Path, Path], tmp_path: Path) -> None:
    page = graded[1] / "class.html"
    pixels = browser.picture(page, tmp_path)
    assert (pixels < 0.5).all(axis=-1).mean() > 0.002, "hardly any text"


def test_points_by_hand_stand_beside_the_score(graded: tuple[Path, Path], tmp_path: Path) -> None:
    folder, first = graded
    out = tmp_path / "grades"
    shutil.copytree(first, out)
    with (out / "answers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["submission"], row["question"]) for row in rows] == [("ada", "neurons")]
    assert rows[0]["answer"] == "Against an untrained control."
    rows[0] |= {"points": "2", "max_points": "3", "comment": "and <b>how many</b>?"}
    stranger = dict.fromkeys(rows[0], "") | {
        "submission": "zoe",
        "exercise": "ex4",
        "question": "neurons",
        "points": "1",
        "max_points": "3",
    }
    with (out / "answers.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([*rows, stranger])

    refused = batch(folder, out)
    assert refused.returncode == 2
    assert "points that are not in the grades yet" in refused.stderr
    taken = batch(folder, out, "--rubric", out / "answers.csv")
    assert taken.returncode == 1, taken.stderr  # somebody must look at zoe
    assert "0 graded now, 4 known already" in taken.stdout
    assert "no submission is called zoe" in taken.stdout
    page = re.sub(r"\s+", " ", (out / "feedback" / "ada.html").read_text(encoding="utf-8"))
    assert "<strong>2 of 3 points</strong> were given by hand" in page
    assert "and &lt;b&gt;how many&lt;/b&gt;?" in page
    assert "Against an untrained control." in page
    before, after = (grades(place) for place in (first, out))
    assert [row["score"] for row in after] == [row["score"] for row in before]
    assert (after[0]["by_hand"], after[0]["max_by_hand"]) == ("2.0", "3.0")
    later = batch(folder, out)
    assert later.returncode == 0, later.stderr
    assert (out / "feedback" / "ada.html").read_text(encoding="utf-8").count("2 of 3 points") == 2
