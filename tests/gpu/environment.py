"""The machine, the rung of isolation that the other parts take, and the memory of a worker."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from grading.course.syllabus import ROOT
from grading.judging.grader import ON_CUDA
from grading.sandbox import gpu, rungs
from grading.sandbox.limits import Limits
from grading.sandbox.processes import SandboxError
from grading.sandbox.rungs import Rung
from tests.gpu import memory, workers
from tests.gpu.record import Job, Record

PACKAGES = ("torch", "numpy", "pytest", "pytest-timeout", "click", "rich", "matplotlib")
# A driver that hangs is not to take the time of all other parts.
TIMEOUT_SECONDS = 90.0
GPU_FIELDS = ("name", "driver_version", "memory.total", "memory.used", "compute_cap")
_STATUS = "import torch; print(open('/proc/self/status').read())"


def run(job: Job) -> None:
    job.keep(machine=_machine(), gpu=_gpu(), packages={name: _version(name) for name in PACKAGES})
    job.keep(import_torch=memory.in_status(_said("-c", _STATUS)))
    offered: dict[str, Any] = {}
    for rung in Rung:
        offered[rung] = _rung(rung, job.device)
        job.record.problems += _problems(rung, offered[rung])
        job.keep(rungs=offered)
    fit = [rung for rung in Rung if "training_step" in offered[rung].get(job.device, {})]
    job.keep(best=rungs.best(), rung=fit[0] if fit else None)
    try:
        job.keep(bare=json.loads(_said("-m", "tests.gpu.bare", job.device).splitlines()[-1]))
    except subprocess.SubprocessError as error:
        job.problem(f"outside a worker: {error}")


def rung_of(job: Job) -> Rung:
    """The strongest rung on which a worker could compute; else the strongest that is there."""
    if (job.out / "environment.json").exists():
        found = Record.load(job.out, "environment")
        if found.device == job.device and found.found.get("rung"):
            return Rung(found.found["rung"])
    return rungs.best()


def cores() -> int:
    return len(os.sched_getaffinity(0))


def _rung(rung: Rung, device: str) -> dict[str, Any]:
    """Why it is not available, or the memory of its workers, by where they compute.

    Without a bound on memory, to see what they need; on the CPU also with the grader's own limits.
    Workers see a GPU on the lowest rung only.
    """
    if reason := rungs.why_not(rung):
        return {"why_not": reason}
    lives = {"cpu": Limits(memory=0), "cpu, as when grading": Limits()}
    if device == "cuda" and rung is Rung.PROCESS:
        lives["cuda"] = ON_CUDA
    try:
        return workers.on(rung, lives)
    except SandboxError as error:
        return {"zygote": {"error": str(error)}}


def _problems(rung: Rung, lives: dict[str, Any]) -> Iterator[str]:
    for life, steps in lives.items():
        if isinstance(steps, dict) and "error" in steps:
            yield f"a worker on {rung}, {life}: {steps['error']}"


def _machine() -> dict[str, Any]:
    lines = Path("/proc/meminfo").read_text().splitlines()
    sizes = {
        name: int(rest.split()[0]) // 1024 for name, _, rest in (x.partition(":") for x in lines)
    }
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "cores": cores(),
        "memory_mib": {name: sizes.get(name) for name in ("MemTotal", "MemAvailable", "SwapTotal")},
        "root": os.geteuid() == 0,
        "devices": gpu.nodes(),
        "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
    }


def _gpu() -> list[dict[str, str]] | str:
    """What the driver says of each GPU, or why it says nothing."""
    query = f"--query-gpu={','.join(GPU_FIELDS)}"
    try:
        said = subprocess.run(
            ["nvidia-smi", query, "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"nvidia-smi: {error}"
    if said.returncode != 0:
        return f"nvidia-smi: {(said.stdout + said.stderr).strip()}"
    rows = [line.split(", ") for line in said.stdout.splitlines()]
    return [dict(zip(GPU_FIELDS, row, strict=False)) for row in rows]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _said(*arguments: str) -> str:
    """What a new interpreter prints. Raises SubprocessError; its last words are in the log."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=TIMEOUT_SECONDS,
    ).stdout
