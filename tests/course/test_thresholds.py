"""Thresholds of training checks: committed beside measurements that still support them."""

from pathlib import Path

import pytest

from grading.audit.calibrate import calibrate
from grading.checking import suites
from grading.course import misconceptions, thresholds
from grading.course.syllabus import Course
from grading.course.thresholds import Bounds, Calibration
from grading.errors import GraderError, UsageError
from grading.judging.grader import Grader
from tests.support.toy import HALVES, REFERENCE, make_course

MEASURED = """
from grading.checking.check import check
from grading.checking.compare import Layer, Mismatch

def total(draw, student):
    return float(student.double(values=draw.uniform(4, low=1, high=2))["doubled"].sum())

@check(points=100, measure=total)
def doubles_enough(draw, student, bounds):
    '''The sum is large.'''
    if not bounds.admit(total(draw, student)):
        raise Mismatch(Layer.VALUE, "too small")
"""
KNOWN = HALVES.replace('["doubles"]', '["doubles_enough"]')


def calibration(right: list[float], wrong: list[float], tries: int = 2) -> Calibration:
    return Calibration("loss", Bounds(0.5, 1.0, tries), right, {"mistake": wrong})


def test_bounds_leave_out_the_lower_and_take_in_the_upper() -> None:
    bounds = Bounds(0.5, 1.0, 1)
    assert [bounds.admit(value) for value in (0.5, 0.6, 1.0, 1.1)] == [False, True, True, False]
    assert not bounds.admit(float("nan"))


def test_rates_follow_from_what_was_measured() -> None:
    found = calibration([0.9] * 300, [2.0, 0.9])
    assert found.false_fail == pytest.approx(0.01**2)
    assert calibration([2.0] * 30 + [0.9] * 270, []).false_fail == pytest.approx(0.01)
    assert calibration([], []).false_fail == 1.0
    assert found.false_pass("mistake") == pytest.approx(0.75)


def test_the_committed_thresholds_separate_right_from_wrong(real_course: Course) -> None:
    judged = 0
    for exercise in real_course.exercises.values():
        committed = thresholds.load(exercise.thresholds)
        assert set(committed) == set(suites.measures(exercise))
        names = {mistake.name for mistake in misconceptions.load(exercise.misconceptions)}
        for devices in committed.values():
            found = devices["cpu"]
            judged += 1
            assert len(found.right) >= 12
            assert all(found.bounds.admit(value) for value in found.right)
            assert len(found.wrong) >= 3
            for name, values in found.wrong.items():
                assert name in names
                assert len(values) >= 5, name
                assert not any(found.bounds.admit(value) for value in values), name
            for device in devices.values():
                assert device.bounds == found.bounds
    assert judged == 2


def test_calibration_measures_and_keeps_the_bounds(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = make_course(tmp_path, MEASURED)
    exercise = course.exercise("toy")
    exercise.misconceptions.parent.mkdir()
    exercise.misconceptions.write_text(KNOWN)
    exercise.thresholds.parent.mkdir()
    empty = Calibration("sum", Bounds(8.0, 16.0, 1), [], {"halves": []})
    thresholds.save(exercise.thresholds, {"doubles_enough": {"cpu": empty}})
    seen: list[str] = []
    found = calibrate(grader, exercise, 3, lambda _, variant, *__: seen.append(variant))
    assert seen == ["reference"] * 3 + ["halves"] * 3
    assert found["doubles_enough"].bounds == empty.bounds
    stored = thresholds.load(exercise.thresholds)["doubles_enough"]["cpu"]
    assert all(8 < value <= 16 for value in stored.right)
    assert all(2 < value <= 4 for value in stored.wrong["halves"])
    assert len(set(stored.right)) == 3
    assert (tmp_path / "reference" / "toy_module.py").read_text() == REFERENCE
    # What is not measured again stays, also by a grader that has not settled on a device yet.
    monkeypatch.setattr(grader, "device", "auto")
    calibrate(grader, exercise, 2, lambda *_: None, only=["reference"])
    kept = thresholds.load(exercise.thresholds)["doubles_enough"][grader.device]
    assert (len(kept.right), len(kept.wrong["halves"])) == (2, 3)


def test_what_cannot_be_calibrated_is_said(grader: Grader, toy: object, tmp_path: Path) -> None:
    exercise = make_course(tmp_path, MEASURED.replace(", measure=total", "")).exercise("toy")
    with pytest.raises(UsageError, match="no check that trains"):
        calibrate(grader, exercise, 1, lambda *_: None)
    exercise = make_course(tmp_path, MEASURED).exercise("toy")
    with pytest.raises(UsageError, match=r"toy\.json has no bounds for doubles_enough: add them"):
        calibrate(grader, exercise, 1, lambda *_: None)
    broken = tmp_path / "broken.json"
    broken.write_text('{"check": 3}')
    with pytest.raises(GraderError, match=r"broken\.json"):
        thresholds.load(broken)
    assert thresholds.load(tmp_path / "missing.json") == {}


def test_bounds_of_the_cpu_hold_where_nothing_was_calibrated() -> None:
    cpu, gpu = calibration([0.7], []), Calibration("loss", Bounds(0.0, 2.0, 1), [], {})
    assert thresholds.bounds_on({"cpu": cpu}, "cuda") == cpu.bounds
    assert thresholds.bounds_on({"cpu": cpu, "cuda": gpu}, "cuda") == gpu.bounds
    assert thresholds.bounds_on({}, "cpu") is None
