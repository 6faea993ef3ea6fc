"""`python grader.py batch --dry-run` in this process: what is collected, matched and dated."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grading.batch.command import Options, batch
from grading.batch.taking import Told
from grading.course.syllabus import Course
from tests.support.classes import put


@dataclass(frozen=True)
class Rehearsal:
    """The exit code, and the lines that were printed."""

    code: int
    lines: list[str]

    def about(self, kind: str) -> list[str]:
        """What the lines of one kind say."""
        return [line.removeprefix(f"{kind}: ") for line in self.lines if line.startswith(kind)]


def rehearse(
    capsys: pytest.CaptureFixture[str],
    course: Course,
    folder: Path,
    roster: str = "",
    identities: tuple[str, ...] = ("ex1",),
    **files: str,
) -> Rehearsal:
    """A dry run; `roster` and `files` (such as match and times) are the texts of files."""
    beside = folder.parent / "files"
    written: dict[str, Any] = {
        name: put(beside / f"{name}.csv", text) for name, text in files.items()
    }
    rosters = [put(beside / "roster.csv", roster)] if roster else []
    options = Options(
        identities=identities,
        jobs=1,
        cluster=None,
        told=Told(rosters, **written),
        seed=1,
        device="cpu",
        isolation="auto",
        regrade=False,
        dry_run=True,
        plain=True,
    )
    out = folder.parent / "out"
    before = tree(out)
    capsys.readouterr()
    code = batch(course, folder, out, options)
    assert tree(out) == before, "a dry run writes nothing"
    return Rehearsal(code, capsys.readouterr().out.splitlines())


def tree(folder: Path) -> dict[Path, bytes]:
    """The files below a folder, which need not exist, and what they hold."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
