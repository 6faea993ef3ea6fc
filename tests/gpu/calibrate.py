"""What training checks measure, for the reference and for known mistakes.

`python grader.py calibrate` keeps its values beside the bounds. Here every variant is measured in a
copy of the course of its own, so that the course stays as it is.
"""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading.audit.calibrate import calibrate
from grading.course import syllabus, thresholds
from grading.course.syllabus import ROOT
from grading.errors import GraderError
from grading.fleet.fleet import Lost
from grading.fleet.pool import Pool
from grading.judging.grader import Grader
from tests.gpu.audits import graders
from tests.gpu.environment import rung_of
from tests.gpu.record import Job

EXERCISES = ("ex1", "ex3")
# Values of right programs come from the part `right`, too.
SEEDS = 2
# What a measurement reads of a course.
COPIED = ("checks", "reference", "course.toml")


@dataclass(frozen=True)
class Variant:
    """The reference, or a known mistake, of an exercise in a copy of the course."""

    root: Path
    exercise: str
    name: str


def run(job: Job) -> None:
    measured: dict[str, dict[str, Any]] = {}
    rung = rung_of(job)
    with tempfile.TemporaryDirectory() as folder, Pool(rung, job.device, graders()) as pool:
        job.keep(isolation=rung, seeds=SEEDS, measured=measured)
        for variant, result in pool.run(measure, list(variants(Path(folder)))):
            name = f"{variant.exercise} {variant.name}"
            measured[name] = {"error": result.why} if isinstance(result, Lost) else result
            for words in problems(variant, measured[name]):
                job.problem(f"{name}: {words}")
            job.keep()


def measure(grader: Grader, variant: Variant) -> dict[str, Any]:
    """The values of each check that trains something, with the bounds that they should respect."""
    exercise = syllabus.load(variant.root).exercise(variant.exercise)
    try:
        found = calibrate(grader, exercise, SEEDS, lambda *_: None, [variant.name])
    except GraderError as error:
        return {"error": str(error)}
    right = variant.name == "reference"
    return {
        check: {
            "above": one.bounds.above,
            "below": one.bounds.below,
            "values": list(one.right if right else one.wrong[variant.name]),
        }
        for check, one in found.items()
    }


def variants(folder: Path) -> Iterator[Variant]:
    """References first. Each has a copy of its own, for all are measured at the same time."""
    names = [(exercise, name) for exercise in EXERCISES for name in _names(exercise)]
    for number, (exercise, name) in enumerate(sorted(names, key=lambda one: one[1] != "reference")):
        root = folder / str(number)
        root.mkdir()
        for part in COPIED:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, root / part)
            else:
                shutil.copy(ROOT / part, root)
        yield Variant(root, exercise, name)


def _names(exercise: str) -> list[str]:
    """The reference, and the mistakes that were measured on the CPU."""
    known = thresholds.load(syllabus.load(syllabus.ROOT).exercise(exercise).thresholds)
    mistakes = [name for devices in known.values() for name in devices["cpu"].wrong]
    return ["reference", *dict.fromkeys(mistakes)]


def problems(variant: Variant, result: dict[str, Any]) -> Iterator[str]:
    """Right values outside the bounds, wrong ones inside."""
    if "error" in result:
        yield result["error"]
        return
    for check, one in result.items():
        for value in one["values"]:
            inside = one["above"] < value <= one["below"]
            if inside != (variant.name == "reference"):
                yield f"{check} measures {value:.4g}"
