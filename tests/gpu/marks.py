"""References and stubs, graded through the command line as anybody grades."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grading.course import syllabus
from grading.course.syllabus import ROOT, Exercise
from tests.gpu.environment import rung_of
from tests.gpu.record import Job

SEED = 1
# Exit code, and what becomes of every check.
RIGHT = {"reference": (0, "passed"), "stub": (1, "not_attempted")}
KEPT = ("id", "status", "points", "measured", "seconds", "message")


def run(job: Job) -> None:
    graded: list[dict[str, Any]] = []
    rung = rung_of(job)
    with tempfile.TemporaryDirectory() as folder:
        for exercise in syllabus.load(syllabus.ROOT).exercises.values():
            for kind, path in _programs(exercise, Path(folder)):
                name = f"{exercise.id} {kind}"
                result = _graded(exercise.id, path, job.device, rung, Path(folder))
                graded.append({"name": name, **result})
                for words in _problems(result, kind, job.device):
                    job.problem(f"{name}: {words}")
                job.keep(isolation=rung, seed=SEED, graded=graded)


def _programs(exercise: Exercise, folder: Path) -> Iterator[tuple[str, Path]]:
    yield "reference", exercise.reference
    # A copy: results of the work in exercises/ are kept for hints.
    yield "stub", Path(shutil.copy(exercise.stub, folder))


def _graded(exercise: str, path: Path, device: str, rung: str, folder: Path) -> dict[str, Any]:
    """How `python grader.py EXERCISE` ends, and its report without what is the same for all."""
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    command = [sys.executable, "grader.py", exercise, "--submission", str(path), "--plain"]
    command += ["--device", device, "--isolation", rung, "--seed", str(SEED), "--json", str(report)]
    began = time.monotonic()
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    result = {"exit_code": ended.returncode, "seconds": round(time.monotonic() - began, 2)}
    said = ended.stderr[-2000:].strip()
    if not report.exists():
        return {**result, "said": said}
    content = json.loads(report.read_text(encoding="utf-8"))
    return {
        **result,
        **{name: content[name] for name in ("device", "status", "score", "max_score")},
        "said": said,
        "checks": [{name: check[name] for name in KEPT} for check in content["checks"]],
    }


def _problems(result: dict[str, Any], kind: str, device: str) -> Iterator[str]:
    """What is not as it should be."""
    exit_code, status = RIGHT[kind]
    if result["exit_code"] != exit_code:
        yield f"exit code {result['exit_code']}, not {exit_code}: {result['said']}"
    if result.get("device", device) != device:
        yield f"was graded on {result['device']}"
    for check in result.get("checks", []):
        if check["status"] != status:
            yield f"{check['id']} is {check['status']}: {check['message']}"
