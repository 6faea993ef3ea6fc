"""Whole batches in this process, whose graders give the points that a program names itself."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from grading.batch import command, run
from grading.batch.command import Options
from grading.batch.run import Job
from grading.batch.taking import Told
from grading.closing import Closing
from grading.course.syllabus import Course, LatePolicy
from grading.report import Report, Status
from tests.support.classes import EX1, put
from tests.support.reports import check, report

MOST = 100.0
ROSTER = "name,id\nAnn Smith,1\nBob Jones,2\nCyd Ray,3\n"
ANN, BOB, CYD = (f"{name}/{EX1}" for name in ("Ann Smith", "Bob Jones", "Cyd Ray"))
DECISIONS = "person,exercise,kind,value,comment\n"


def program(points: float) -> str:
    """A program that these graders give so many of 100 points."""
    return f"# points: {points}\nx = 1\n"


def graded(job: Job) -> Report:
    """The report on a program of `program`; the grader fails on any other."""
    first = job.work.source.splitlines()[0]
    if not first.startswith("# points: "):
        return report(check(status=Status.GRADER_ERROR, max_points=MOST, message="no grader"))
    points = float(first.removeprefix("# points: "))
    status = Status.PASSED if points == MOST else Status.FAILED
    made = check(status=status, points=points, max_points=MOST)
    return replace(
        report(made),
        exercise=job.exercise.id,
        submission_name=job.work.name,
        submission_sha256=job.work.sha256,
    )


class Graders(Closing):
    """A fleet that finds every exercise fit."""

    def close(self) -> None:
        pass

    def run(self, function: object, items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        for item in items:
            yield item, "" if function is run.why_not else graded(item)


@dataclass(frozen=True)
class Ran:
    """What a batch said and wrote."""

    code: int
    lines: list[str]
    out: Path

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.out / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def finals(self) -> dict[str, str]:
        """The final points by person (or submission) and exercise."""
        return {
            f"{row['name'] or row['submission']} {row['exercise']}": row["final"]
            for row in self.table("grades.csv")
        }

    @property
    def changes(self) -> list[tuple[str, ...]]:
        return [tuple(row.values()) for row in self.table("changes.csv")]

    @property
    def uploads(self) -> list[Path]:
        """The results for Gradescope."""
        return sorted((self.out / "gradescope").iterdir())

    def about(self, kind: str) -> list[str]:
        return [line.removeprefix(f"{kind}: ") for line in self.lines if line.startswith(kind)]

    def page(self, name: str) -> str:
        return (self.out / "feedback" / f"{name}.html").read_text(encoding="utf-8")


class Batches:
    """Runs batches from one folder into another."""

    def __init__(
        self, course: Course, root: Path, capsys: pytest.CaptureFixture[str], jobs: int = 1
    ) -> None:
        self.course, self.root, self._capsys = course, root, capsys
        self.out = root / "out"

    def put(self, files: Mapping[str, str], folder: str = "in") -> Path:
        """Write submissions into a folder of them."""
        for name, text in files.items():
            put(self.root / folder / name, text)
        return self.root / folder

    def file(self, name: str, text: str) -> Path:
        return put(self.root / "files" / name, text)

    def run(
        self,
        folder: str = "in",
        exercises: tuple[str, ...] = ("ex1",),
        regrade: bool = False,
        dry_run: bool = False,
        prune: bool = False,
        **files: str,
    ) -> Ran:
        """A batch; `files` (roster, decisions, rubric, ...) are the texts of files."""
        paths: dict[str, Any] = {
            name: self.file(f"{name}.csv", text) for name, text in files.items()
        }
        rosters = [paths.pop("roster")] if "roster" in paths else []
        options = Options(
            identities=exercises,
            jobs=1,
            cluster=None,
            told=Told(rosters, prune=prune, **paths),
            seed=1,
            device="cpu",
            isolation="auto",
            regrade=regrade,
            dry_run=dry_run,
            plain=True,
        )
        self._capsys.readouterr()
        code = command.batch(self.course, self.root / folder, self.out, options)
        return Ran(code, self._capsys.readouterr().out.splitlines(), self.out)


def with_deadline(of: Batches, due: datetime) -> None:
    """All exercises are due at this time, and each day costs 10 percent."""
    late = LatePolicy(due, 0, 10, 50)
    exercises = {name: replace(one, late=late) for name, one in of.course.exercises.items()}
    of.course = replace(of.course, exercises=exercises)


@pytest.fixture
def batches(
    tmp_path: Path,
    real_course: Course,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Batches:
    """Batches of the course, without torch."""
    monkeypatch.setattr(command, "new_fleet", lambda *grading: Graders())
    return Batches(real_course, tmp_path, capsys)
