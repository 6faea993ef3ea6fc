"""Whole classes as platforms hand them out: every grade is right, or listed to be settled."""

import csv
import json
import re
import sys
from html import unescape
from pathlib import Path

import classes
import pytest

from grading.course import syllabus
from tests.support.command import called
from tests.support.editions import copy_course

DUE = classes.DUE.isoformat()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a deadline."""
    root = tmp_path_factory.mktemp("course") / "course"
    root.mkdir()
    copy_course(root, "ex4")
    with (root / "course.toml").open("a", encoding="utf-8") as file:
        file.write(f'[late]\ndue = {DUE}\nzone = "UTC"\npercent_per_day = 10\ncap_percent = 50\n')
    return root


def batch(course: Path, folder: Path, out: Path, *more: str | Path) -> tuple[int, str]:
    command = [sys.executable, "grader.py", "batch", folder, "--out", out, "--seed", "1"]
    result = called(*command, "--plain", "--jobs", "1", *more, cwd=course)
    assert not result.stderr or result.stderr.startswith("grading: "), result.stderr
    return result.returncode, result.stdout


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def scores(course: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The score of each program that the classes are made of."""
    folder, out = tmp_path_factory.mktemp("programs"), tmp_path_factory.mktemp("scores")
    programs = classes.programs_of(syllabus.load(course).exercise("ex4"))
    for name, text in programs.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    batch(course, folder, out)
    scores = {row["submission"]: row["raw_score"] for row in rows(out)}
    assert len(set(scores.values())) > len(scores) / 2
    return scores


SIZES = [20, pytest.param(200, marks=pytest.mark.thorough)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("platform", classes.PLATFORMS)
def test_every_grade_is_right_or_listed(
    course: Path, scores: dict[str, str], tmp_path: Path, platform: str, size: int
) -> None:
    exercise = syllabus.load(course).exercise("ex4")
    classes.write_class(platform, tmp_path, size, size, exercise)
    out = tmp_path / "out"
    code, said = batch(course, tmp_path / "submissions", out, "--roster", tmp_path / "roster.csv")
    assert code in (0, 1), said
    page = (out / "class.html").read_text(encoding="utf-8")
    listed = unescape(re.sub(r'.*<h2 id="settle">|<h2 id="scores">.*', "", page, flags=re.S))
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    # By the strongest that is known of a person, as several have one name.
    known = {key for person in truth.values() for key in person["known_as"]}
    graded = {
        next(row[key] for key in ("id", "email", "submission", "name") if row[key] in known): row
        for row in rows(out)
        if row["name"]
    }
    right = 0
    for person in truth.values():
        known_as = person["known_as"]
        row = next((graded[key] for key in known_as if key in graded), None)
        if row is None or not row["exercise"]:
            # Without work, or with work that may be somebody else's.
            assert person["base"] is None or person["why_open"], person
            assert any(key in listed for key in known_as), person
            continue
        assert person["base"] is not None, row
        assert row["raw_score"] == scores[person["base"]], (person, row)
        assert person["days"] is None or int(row["late_days"]) == person["days"], (person, row)
        assert person["days"] is not None or row["submission"] in listed
        right += 1
    assert right > 0.7 * size
