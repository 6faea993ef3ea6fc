"""`tests/gpu.sh` on the CPU: its parts, its limit, and what it leaves."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from grading.audit.audit import Case, Kind
from grading.course import syllabus, thresholds
from grading.course.syllabus import ROOT, Course
from grading.judging.grader import Grader
from grading.sandbox import rungs
from grading.sandbox.rungs import Rung
from tests.gpu import PARTS, __main__, audits, calibrate, labs, mistakes, part
from tests.gpu.environment import rung_of
from tests.gpu.record import Job, Record, Status
from tests.support.patience import PATIENCE


def run(out: Path, *parts: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHON": sys.executable, "DEVICE": "cpu", **variables}
    return subprocess.run(
        [str(ROOT / "tests" / "gpu.sh"), str(out), *parts],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_the_environment_is_complete(tmp_path: Path) -> None:
    result = run(tmp_path, "environment", LIMIT="100000")
    record = read(tmp_path / "environment.json")
    assert result.returncode == int(bool(record["problems"])), result.stderr
    assert record["status"] == ("failed" if record["problems"] else "ok")
    assert not record["error"]
    assert result.stdout.startswith("environment  ")
    assert read(tmp_path / "summary.json")["parts"].keys() == {"environment"}
    found = record["found"]
    assert found["machine"]["cores"] >= 1
    assert found["bare"]["torch"]["version"].startswith(found["packages"]["torch"].split("+")[0])
    assert found["import_torch"]["VmSize"] > found["import_torch"]["VmData"] > 0
    # On the rung that the other parts take, and on the CPU, twice: as it is, and when grading.
    assert found["rung"] == found["best"]
    lives = found["rungs"][found["rung"]]
    for life in ("cpu", "cpu, as when grading"):
        assert "error" not in lives[life]
        for step in ("worker_ready", "first_tensor", "training_step"):
            assert lives[life][step]["VmSize"] > lives[life][step]["VmRSS"] > 0
    for rung in Rung:
        assert found["rungs"][rung].get("why_not", "") == rungs.why_not(rung)


def test_without_time_no_part_is_reached(tmp_path: Path) -> None:
    (tmp_path / "right.log").write_text("of an earlier run\n")
    result = run(tmp_path, LIMIT="0")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(PARTS)
    summary = read(tmp_path / "summary.json")
    assert summary["limit"] == 0
    for name in PARTS:
        assert read(tmp_path / f"{name}.json")["status"] == "not reached"
        assert summary["parts"][name]["status"] == "not reached"
        assert not (tmp_path / f"{name}.log").exists()


def test_a_part_that_has_no_time_left_is_cut_off(tmp_path: Path) -> None:
    for name in ("marks", "rest"):
        Record(name, "cpu").save(tmp_path)
    # No interpreter starts in a thousandth of a second.
    __main__.run_one("marks", "cpu", tmp_path, 0.001)
    [rest] = __main__.run_parts(["rest"], "cpu", tmp_path, time.monotonic())
    assert read(tmp_path / "marks.json")["status"] == "cut off"
    assert rest.status is Status.NOT_REACHED


@pytest.mark.parametrize(
    ("parts", "variables", "word"),
    [
        (["nothing"], {}, "there is no part nothing"),
        ([], {"LIMIT": "soon"}, "soon"),
        ([], {"LIMIT": "nan"}, "nan is not a number of seconds"),
        ([], {"DEVICE": "tpu"}, "tpu"),
        ([], {"PYTHON": "/no/such/python"}, "/no/such/python does not run"),
    ],
)
def test_a_call_that_makes_no_sense_is_one_line(
    tmp_path: Path, parts: list[str], variables: dict[str, str], word: str
) -> None:
    result = run(tmp_path, *parts, **variables)
    assert result.returncode == 2
    assert word in result.stderr
    assert result.stderr.startswith("tests/gpu.sh: ")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_packages_that_are_missing_are_named(tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    result = run(tmp_path / "out", PYTHON=str(bare))
    assert result.returncode == 2
    assert "lacks torch numpy click" in result.stderr
    assert result.stderr.count("\n") == 1
    empty = run(tmp_path / "out", PYTHON=str(bare), WHEELS=str(tmp_path))
    assert empty.returncode == 2
    assert empty.stderr.splitlines()[-1].endswith("cannot be installed")


def with_part(monkeypatch: pytest.MonkeyPatch, run: Any) -> None:
    """Let this function be the part `rest`."""
    monkeypatch.setitem(sys.modules, "tests.gpu.rest", SimpleNamespace(run=run))


def test_what_a_part_has_found_survives_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(job: Job) -> None:
        for number in range(3):
            job.keep(number=number, huge=float("inf"))
        raise KeyboardInterrupt

    with_part(monkeypatch, interrupted)
    with pytest.raises(KeyboardInterrupt):
        part.main("rest", "cpu", tmp_path)
    __main__.settle(tmp_path, "rest", Status.CUT_OFF, "", 3.0)
    record = Record.load(tmp_path, "rest")
    assert (record.status, record.found) == (Status.CUT_OFF, {"number": 2, "huge": "inf"})
    assert not record.bad


def test_what_is_not_as_it_should_be_makes_a_part_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_part(monkeypatch, lambda job: job.problem("lost a point"))
    assert part.main("rest", "cpu", tmp_path) == 1
    assert Record.load(tmp_path, "rest").problems == ["lost a point"]
    # Its own word stands, however long it took to end.
    __main__.settle(tmp_path, "rest", Status.CUT_OFF, "", 3.0)
    record = Record.load(tmp_path, "rest")
    assert (record.status, record.bad, record.seconds) == (Status.FAILED, True, 3.0)
    with_part(monkeypatch, lambda job: None)
    assert part.main("rest", "cpu", tmp_path) == 0
    assert Record.load(tmp_path, "rest").status is Status.OK


def test_a_part_that_fails_does_not_stop_the_next(tmp_path: Path) -> None:
    parts = ("no_such_part", "nor_this_one")
    for name in parts:
        Record(name, "cpu").save(tmp_path)
    for record in __main__.run_parts(parts, "cpu", tmp_path, time.monotonic() + PATIENCE):
        assert record.status is Status.FAILED
        assert record.error == f"ModuleNotFoundError: No module named 'tests.gpu.{record.part}'"
        assert "Traceback" in (tmp_path / f"{record.part}.log").read_text()


def test_a_process_that_dies_is_a_part_that_failed(tmp_path: Path) -> None:
    Record("rest", "cpu", Status.RUNNING).save(tmp_path)
    __main__.settle(tmp_path, "rest", Status.FAILED, "its process ended with exit code -11", 1.0)
    assert Record.load(tmp_path, "rest").bad


def test_the_rung_is_the_one_on_which_a_worker_could_compute(tmp_path: Path) -> None:
    job = Job(tmp_path, Record("right", "cuda"))
    assert rung_of(job) is rungs.best()
    Record("environment", "cuda", found={"rung": "process"}).save(tmp_path)
    assert rung_of(job) is Rung.PROCESS
    assert rung_of(Job(tmp_path, Record("right", "cpu"))) is rungs.best()


def test_programs_are_graded_and_judged_as_in_an_audit(tmp_path: Path) -> None:
    exercise = syllabus.load(syllabus.ROOT).exercise("ex4")
    stub = exercise.stub.read_text(encoding="utf-8")
    job = Job(tmp_path, Record("right", "cpu"))
    audits.graded(
        job,
        [
            Case(exercise, Kind.STUB, "stub", stub, 0),
            Case(exercise, Kind.REFERENCE, "reference", exercise.reference.read_text(), 1),
            Case(exercise, Kind.RIGHT, "not at all", stub, 1),
        ],
    )
    found = job.record.found
    by_name = {program["name"]: program for program in found["programs"]}
    assert found["done"] == found["cases"] == 3
    assert by_name["reference"]["score"] == 100
    assert by_name["reference"]["not_passed"] == []
    assert by_name["not at all"]["score"] == 0
    assert len(by_name["not at all"]["not_passed"]) == len(job.record.problems) > 10
    assert all("right variant not at all" in words for words in job.record.problems)
    job.save()
    assert read(tmp_path / "right.json")["found"]["programs"] == found["programs"]


def test_the_nearest_mistakes_are_caught_as_near_as_the_table_says(
    grader: Grader, real_course: Course
) -> None:
    exercise, check = mistakes.nearest_checks()[0]
    trials = [one for one in mistakes.trials(real_course) if one.check == check]
    judged = [mistakes.judge(grader, trial) for trial in trials]
    assert {one["status"] for one in judged} <= mistakes.CAUGHT
    nearest = min(one["margin"] for one in judged if one["margin"] is not None)
    table = json.loads(mistakes.TOLERANCES.read_text(encoding="utf-8"))
    assert nearest == pytest.approx(table[exercise][check]["wrong"], rel=0.01)
    checks = {trial.check for trial in mistakes.trials(real_course)}
    assert {"model_learns_shakespeare", check} <= checks


def test_calibrating_leaves_the_course_as_it_is(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_course: Course
) -> None:
    monkeypatch.setattr(calibrate, "SEEDS", 1)
    before = {path: path.read_bytes() for path in (ROOT / "checks" / "thresholds").iterdir()}
    variants = list(calibrate.variants(tmp_path))
    assert [one.name for one in variants[:2]] == ["reference", "reference"]
    measured = calibrate.measure(grader, variants[0])
    assert {path: path.read_bytes() for path in before} == before
    kept = thresholds.load(real_course.exercise("ex1").thresholds)
    (check,) = kept
    (value,) = measured[check]["values"]
    assert kept[check]["cpu"].bounds.admit(value)
    assert list(calibrate.problems(variants[0], measured)) == []
    mistake = calibrate.Variant(tmp_path, "ex1", "a mistake")
    assert list(calibrate.problems(mistake, measured)) == [f"{check} measures {value:.4g}"]


def test_every_lab_has_a_shortest_setting(real_course: Course) -> None:
    named = {lab for exercise in real_course.exercises.values() for lab in exercise.labs}
    assert named | {"generate"} == set(labs.SHORTEST)


def test_every_part_is_a_module() -> None:
    folder = ROOT / "tests" / "gpu"
    assert all((folder / f"{name}.py").exists() for name in PARTS)
