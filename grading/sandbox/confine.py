"""What a freshly forked worker does to itself before it reads a byte of source."""

import os
import resource
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from grading.sandbox import kernel, landlock, seccomp
from grading.sandbox.limits import Limits

DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
SHARED_MEMORY = "/dev/shm"
# Nobody's user ids, outside the ranges that distributions hand out to people and services: 100 of
# them from here on.
UNPRIVILEGED_ID = 60600


@dataclass(frozen=True)
class Walls:
    """Which walls stand around a worker, decided by the rung of isolation.

    `readable` are the only files it may read, `devices` it may read and write, and `scratch` is
    its one writable folder.
    """

    namespaces: bool
    filters: bool
    readable: Sequence[str]
    devices: Sequence[str]
    scratch: str


def confine(walls: Walls, limits: Limits) -> None:
    """Put the walls up. Any OSError means that they do not stand: exit, read nothing."""
    if walls.namespaces:
        _own_namespaces(walls.scratch, limits)
    os.chdir(walls.scratch)
    tempfile.tempdir = walls.scratch
    for name in ("HOME", "TMPDIR", "MPLCONFIGDIR", "TORCHINDUCTOR_CACHE_DIR"):
        os.environ[name] = walls.scratch
    _limit_resources(limits)
    if walls.filters and os.getuid() == 0:
        # The limit on threads is on those of a real user, and there is none on root's. Files are
        # opened as the effective one.
        os.setresuid(UNPRIVILEGED_ID + os.getpid() % 100, 0, 0)
    if walls.filters:
        _filter(walls)


def new_session() -> None:
    """Leave the zygote's session, and die with it."""
    os.setsid()
    if hasattr(signal, "pidfd_send_signal"):  # Linux
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def _own_namespaces(scratch: str, limits: Limits) -> None:
    kernel.unshare(
        kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWNET
    )
    kernel.mount_tmpfs(scratch, limits.scratch)
    kernel.mount_tmpfs(SHARED_MEMORY, limits.scratch)


def _limit_resources(limits: Limits) -> None:
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.threads,
        resource.RLIMIT_CPU: limits.cpu_seconds,
    }
    if limits.memory:
        bounds[resource.RLIMIT_AS] = limits.memory
    for kind, bound in bounds.items():
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            bound = min(bound, hard)
        resource.setrlimit(kind, (bound, bound))


def _filter(walls: Walls) -> None:
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    shared = [SHARED_MEMORY] if walls.namespaces else []
    landlock.restrict(walls.readable, walls.devices, [walls.scratch, *shared])
    kernel.drop_capabilities()
    seccomp.install(os.getpid(), measured=not walls.namespaces)
