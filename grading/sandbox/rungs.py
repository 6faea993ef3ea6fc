"""The rungs of isolation: which ones this machine offers, and why not the others."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from enum import StrEnum
from functools import cache
from typing import Any

from grading.errors import UsageError
from grading.sandbox import view

# Generous, for a machine under load: the trial itself takes 50 ms.
TRIAL_SECONDS = 120
_TRIAL = (
    "import sys, json; c = json.loads(sys.argv[1]); sys.path[:] = c['path']; "
    "from grading.sandbox.worker.confine import try_walls; try_walls(c['walls'])"
)


class Rung(StrEnum):
    """The ways in which student code is isolated, strongest first."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    PROCESS = "process"

    @property
    def walls(self) -> str:
        return _WALLS[self]

    @property
    def fit_for_strangers(self) -> bool:
        """Whether hostile code may run on this rung."""
        return self is not Rung.PROCESS


_WALLS = {
    Rung.NAMESPACES: "namespaces, Landlock, seccomp, resource limits",
    Rung.LANDLOCK: "Landlock, seccomp, resource limits",
    Rung.PROCESS: "resource limits only: stops accidents, not attacks",
}


def best() -> Rung:
    """The strongest rung that this machine offers."""
    return next(rung for rung in Rung if not why_not(rung))


def choose(wish: str, for_strangers: bool = False) -> Rung:
    """The rung named `wish`, or the strongest for "auto". Raises UsageError if it is not offered.

    For strangers' code, "auto" never means the weakest rung.
    """
    if wish == "auto":
        rung = best()
        if for_strangers and not rung.fit_for_strangers:
            raise UsageError(
                "this machine offers no isolation for strangers' code:"
                " run `python grader.py doctor` to see why"
            )
        return rung
    rung = Rung(wish)
    if reason := why_not(rung):
        raise UsageError(f"--isolation {wish} is not available here: {reason}")
    return rung


def for_own_programs(device: str) -> Rung:
    """The strongest rung on which an author's programs can compute on `device`."""
    return Rung.PROCESS if device == "cuda" else best()


def why_not(rung: Rung) -> str:
    """Why this machine does not offer `rung`; empty if it does."""
    if rung is Rung.PROCESS:
        return ""
    reason = _why_no_landlock()
    if not reason and rung is Rung.NAMESPACES:
        reason = _why_no_namespaces()
    return reason or why_not_confined(rung)


def why_not_stronger(rung: Rung) -> dict[str, str]:
    """Why this machine does not offer the stronger rungs, by name; without those that it does."""
    stronger = list(Rung)[: list(Rung).index(rung)]
    return {other.value: reason for other in stronger if (reason := why_not(other))}


def walls(rung: Rung, scratch: str) -> dict[str, Any]:
    """The fields of `confine.Walls` on a rung, for a worker that may write to `scratch`."""
    confined = rung is not Rung.PROCESS
    return {
        "namespaces": rung is Rung.NAMESPACES,
        "filters": confined,
        "readable": view.readable_paths() if confined else [],
        "devices": view.devices() if confined else [],
        "scratch": scratch,
    }


def _why_no_landlock() -> str:
    """Why Landlock cannot keep a worker from the course; empty if it can."""
    if not sys.platform.startswith("linux"):
        return f"{sys.platform} has neither namespaces nor Landlock: use Linux, Docker or WSL2"
    # Imported on Linux only: these modules name calls that other systems do not have.
    from grading.sandbox.worker import landlock, seccomp

    if not seccomp.supported():
        return "the seccomp filter is written for x86-64 and arm64 only"
    if not seccomp.probe():
        return "this kernel has no seccomp filters"
    if not landlock.abi():
        return "this kernel has no Landlock: it takes Linux 5.13 or newer, with Landlock on"
    if view.exposes_course(view.readable_paths()):
        return "the course lies inside a folder that the interpreter needs: move it elsewhere"
    return ""


def _why_no_namespaces() -> str:
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed (Debian, Ubuntu: apt-get install bubblewrap)"
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "setpriv is not installed (it comes with util-linux)"
    return ""


@cache
def why_not_confined(rung: Rung) -> str:
    """Confine a process like a worker, and return why that failed; empty if it did not."""
    with tempfile.TemporaryDirectory(prefix="unrolled-") as scratch:
        inside = view.SCRATCH if rung is Rung.NAMESPACES else scratch
        configuration = {"path": view.import_path(), "walls": walls(rung, inside)}
        command = [view.interpreter(), "-I", "-S", "-c", _TRIAL, json.dumps(configuration)]
        if rung is Rung.NAMESPACES:
            command = view.wrapped(command, {})
        try:
            result = subprocess.run(
                command,
                capture_output=True,
                text=True,
                errors="replace",
                env={},
                timeout=TRIAL_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"a worker cannot be confined here: it takes longer than {TRIAL_SECONDS} s"
    if result.returncode == 0:
        return ""
    lines = result.stderr.strip().splitlines() or [f"exit code {result.returncode}"]
    return f"a worker cannot be confined here: {lines[-1]}"
