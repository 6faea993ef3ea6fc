"""What this machine offers: isolation, software, speed."""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from grading.errors import GraderError
from grading.judging import fitness
from grading.judging.fitness import Measured
from grading.sandbox import gpu, rungs, view
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.processes import SandboxError, zygote_on
from grading.sandbox.rungs import Rung

PACKAGES = ("torch", "numpy", "pytest", "pytest-timeout", "click", "rich", "matplotlib")


class Finding(NamedTuple):
    """One line of the doctor's table: what was examined, its status, and the details."""

    what: str
    status: str
    detail: str


def examine() -> list[Finding]:
    """Every finding about this machine."""
    return [*_isolation(), *_worker(), *_software(), _accelerator()]


def _isolation() -> list[Finding]:
    best = rungs.best()
    findings = []
    for rung in Rung:
        reason = rungs.why_not(rung)
        status = "unavailable" if reason else "in use" if rung is best else "available"
        findings.append(Finding(f"isolation: {rung}", status, reason or rung.walls))
    return findings


def _worker() -> list[Finding]:
    """Start a real worker behind the strongest walls, time it, and test what a submission needs."""
    rung = rungs.best()
    try:
        zygote = zygote_on(rung)
        with Sandbox(zygote) as sandbox:
            if zygote is not None:
                zygote.wait_until_ready()
            began = time.perf_counter()
            sandbox.start(Limits()).kill()
            milliseconds = 1000 * (time.perf_counter() - began)
            needs = [_need(measured) for measured in fitness.examine(sandbox, "cpu", Limits())]
    except (SandboxError, GraderError, view.MissingPackage) as error:
        return [Finding("worker", "broken", str(error))]
    detail = f"confined, started and ended in {milliseconds:.0f} ms"
    return [Finding("worker", "works", detail), *needs]


def _need(measured: Measured) -> Finding:
    what = f"worker: {measured.need.what}"
    if measured.problem:
        return Finding(what, "broken", measured.problem)
    if measured.need.least:
        return Finding(what, "enough", f"{measured.found} ({measured.need.least} needed)")
    return Finding(what, "works", "")


def _software() -> list[Finding]:
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    findings = [
        Finding("system", "found", f"{system}, {os.cpu_count()} processors"),
        Finding("python", "found", platform.python_version()),
    ]
    for package in PACKAGES:
        try:
            findings.append(Finding(package, "found", version(package)))
        except PackageNotFoundError:
            findings.append(Finding(package, "missing", "pip install -c constraints.txt -e ."))
    return findings


def _accelerator() -> Finding:
    nodes = gpu.nodes()
    if not nodes:
        return Finding("cuda", "none", "no NVIDIA device files: everything runs on the CPU")
    return Finding("cuda", "found", ", ".join(nodes))
