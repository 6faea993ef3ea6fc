"""The rungs of isolation: which ones this machine offers, and why not the others."""

import os
import shutil
import subprocess
import sys
from enum import StrEnum

from grading.sandbox import view


class Rung(StrEnum):
    """How student code is kept apart, strongest first."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    PROCESS = "process"

    @property
    def walls(self) -> str:
        return _WALLS[self]

    @property
    def fit_for_strangers(self) -> bool:
        """Whether code that means harm may run here."""
        return self is not Rung.PROCESS


_WALLS = {
    Rung.NAMESPACES: "namespaces, Landlock, seccomp, resource limits",
    Rung.LANDLOCK: "Landlock, seccomp, resource limits",
    Rung.PROCESS: "resource limits only: stops accidents, not attacks",
}


def best() -> Rung:
    """The strongest rung to be had here."""
    return next(rung for rung in Rung if not why_not(rung))


def why_not(rung: Rung) -> str:
    """Why `rung` cannot be had here; empty if it can."""
    if rung is Rung.PROCESS:
        return ""
    reason = _why_no_landlock() or _exposed()
    if reason or rung is Rung.LANDLOCK:
        return reason
    return _why_no_namespaces()


def _why_no_landlock() -> str:
    if not sys.platform.startswith("linux"):
        return f"{sys.platform} has neither namespaces nor Landlock: use Linux, Docker or WSL2"
    # Loaded here alone: the modules name calls that other systems do not have.
    from grading.sandbox import landlock, seccomp

    if not seccomp.supported():
        return "the seccomp filter is written for x86-64 and arm64 only"
    if not seccomp.probe():
        return "this kernel has no seccomp filters"
    if not landlock.abi():
        return "this kernel has no Landlock (Linux 5.13 or newer, and switched on)"
    return ""


def _why_no_namespaces() -> str:
    program = view.bubblewrap()
    if program is None:
        return "bubblewrap is not installed (Debian, Ubuntu: apt-get install bubblewrap)"
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "setpriv is not installed (it comes with util-linux)"
    trial = view.wrapped([view.interpreter(), "-I", "-S", "-c", ""], {})
    result = subprocess.run(trial, capture_output=True, text=True, timeout=30)
    if result.returncode != 0:
        return "bubblewrap does not work here: " + (result.stderr.strip() or "no reason given")
    return ""


def _exposed() -> str:
    if view.exposes_course(view.readable_paths()):
        return "the course lies inside a folder that the interpreter needs: move it elsewhere"
    return ""
