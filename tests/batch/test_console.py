"""What a batch says at its end, beside what is to settle."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grading.batch.attention import TIME, UNREADABLE
from grading.course.syllabus import Course, LatePolicy
from tests.support.classes import EX1, WORK, put
from tests.support.rehearsals import rehearse
from tests.support.repositories import clone, commit, start

NOTE = f"ex1: {EX1} (notes.py beside it does not count)"


@pytest.mark.parametrize(
    ("count", "lines"),
    [
        (1, [f"chosen: s1 {NOTE}"]),
        (9, [f"chosen: s{number} {NOTE}" for number in range(1, 10)]),
        (30, [f"chosen: s1, s10, s11 and 27 more {NOTE}"]),
    ],
)
def test_what_many_submissions_have_in_common_is_one_line(
    tmp_path: Path,
    real_course: Course,
    capsys: pytest.CaptureFixture[str],
    count: int,
    lines: list[str],
) -> None:
    put(tmp_path / "in" / "somebody" / EX1)
    for number in range(1, count + 1):
        for name in (EX1, "notes.py"):
            put(tmp_path / "in" / f"s{number}" / name)
    assert rehearse(capsys, real_course, tmp_path / "in").lines[:-1] == lines


def test_that_git_is_missing_is_said_once(
    tmp_path: Path,
    real_course: Course,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    origin = start(tmp_path / "origin")
    commit(origin, EX1, WORK, "2026-10-05T21:02:38+0000")
    names = ("rnns-ann", "rnns-bob", "rnns-cyd")
    for name in names:
        clone(origin, tmp_path / "in" / name)
    (tmp_path / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path))
    reason = "no time of a clone is known, as git is not installed: install it"
    found = rehearse(capsys, with_deadline(real_course), tmp_path / "in")
    assert (found.code, found.about(UNREADABLE)) == (1, [reason])
    assert found.about(TIME) == [f"{name} ex1" for name in names]
    assert rehearse(capsys, real_course, tmp_path / "in").code == 0  # no time is needed


def with_deadline(course: Course) -> Course:
    late = LatePolicy(datetime(2026, 10, 5, tzinfo=UTC), 0, 10, 50)
    exercises = {name: replace(one, late=late) for name, one in course.exercises.items()}
    return replace(course, exercises=exercises)
