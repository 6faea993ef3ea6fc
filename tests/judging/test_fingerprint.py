"""A grade is of what judged: whatever of it differs has another fingerprint."""

from pathlib import Path

import pytest

from grading.course.syllabus import Course, Exercise
from grading.judging import fingerprint
from grading.judging.fingerprint import Fingerprint, engine_sha256, loaded, on_disk

HERE = Fingerprint("e", {"python": "3.11.2", "torch": "2.5.0"}, {"ex1": "1", "ex2": "2"})


@pytest.mark.parametrize(
    ("other", "differences"),
    [
        (HERE, []),
        (Fingerprint("f", HERE.versions, HERE.checks), ["engine"]),
        (
            Fingerprint("e", {"python": "3.12.0"}, HERE.checks),
            ["python 3.12.0 instead of 3.11.2", "torch missing instead of 2.5.0"],
        ),
        (Fingerprint("e", HERE.versions, {"ex1": "1", "ex2": "3"}), ["checks of ex2"]),
        (Fingerprint("e", HERE.versions, {}), ["checks of ex1", "checks of ex2"]),
    ],
)
def test_what_differs_is_named(other: Fingerprint, differences: list[str]) -> None:
    assert other.differs_from(HERE) == differences


@pytest.mark.parametrize(
    "name",
    [
        "checks/public/toy.py",
        "checks/hidden/toy.py",
        "checks/probes/toy.py",
        "checks/probes/library.py",
        "checks/thresholds/toy.json",
        "reference/toy_module.py",
        "reference/misconceptions/toy.toml",
    ],
)
def test_all_that_judges_an_exercise_is_in_its_hash(toy: Exercise, name: str) -> None:
    before = on_disk([toy])
    path = toy.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{path.read_text() if path.exists() else ''}\n", encoding="utf-8")
    assert on_disk([toy]).differs_from(before) == ["checks of toy"]


def test_an_engine_that_changes_on_the_disk_is_not_the_loaded_one(
    real_course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert on_disk(list(real_course.exercises.values())).engine == engine_sha256()
    room = tmp_path / fingerprint.ROOMS[0]
    room.mkdir()
    (room / "new.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(fingerprint, "ENGINE", tmp_path)
    assert on_disk(()).differs_from(loaded()) == ["engine"]
