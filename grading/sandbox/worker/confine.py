"""How a freshly forked worker confines itself before it reads a byte of source."""

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

from grading.sandbox.limits import Limits
from grading.sandbox.worker import kernel, landlock, seccomp
from grading.sandbox.worker.resources import limit_resources, threads_are_limited

DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
SHARED_MEMORY = "/dev/shm"
# User ids that nobody has: outside the ranges that distributions hand out to people and services,
# and below 65534, which is taken. Two live workers share one only if their process numbers differ
# by a multiple of OWN_IDS, which hardly ever happens.
UNPRIVILEGED_ID = 60600
OWN_IDS = 4900
_NO_OWN_USER = (
    "this root may not become another user (it lacks CAP_SETUID), and threads of root cannot be"
    " limited: grade as an ordinary user"
)


class Walls(NamedTuple):
    """The walls around a worker, which its rung of isolation decides.

    The worker may read only what lies in `readable`, may read and write `devices`, and has
    `scratch` as its one writable folder.
    """

    namespaces: bool
    filters: bool
    readable: Sequence[str]
    devices: Sequence[str]
    scratch: str


def confine(walls: Walls, limits: Limits) -> None:
    """Put up the walls. If this raises OSError, they do not stand: exit, and read nothing."""
    if walls.namespaces:
        _own_namespaces(walls.scratch, limits)
    os.chdir(walls.scratch)
    for name in ("HOME", "TMPDIR", "MPLCONFIGDIR", "TORCHINDUCTOR_CACHE_DIR"):
        os.environ[name] = walls.scratch
    limit_resources(limits, own_user=_became_own_user(walls))
    if walls.filters:
        _filter(walls)


def fork(walls: Walls) -> int:
    """Call os.fork(); with namespaces, the child gets a process namespace of its own."""
    if walls.namespaces:
        own = os.pidfd_open(os.getpid())
        # Back to this process's own namespace first: one can leave only the namespace one is in.
        kernel.setns(own, kernel.CLONE_NEWPID)
        os.close(own)
        kernel.unshare(kernel.CLONE_NEWPID)
    return os.fork()


def new_session() -> None:
    """Leave the zygote's session, but die when the zygote dies."""
    os.setsid()
    if hasattr(signal, "pidfd_send_signal"):  # Linux
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def try_walls(fields: dict[str, Any]) -> NoReturn:
    """End this program with 0 if a process can confine itself by the `Walls` with these fields.

    Otherwise, end with another code, and print the reason on standard error.
    """
    walls = Walls(**fields)
    pid = fork(walls)
    if pid == 0:
        try:
            new_session()
            confine(walls, Limits())
        except BaseException as error:
            sys.stderr.write(str(getattr(error, "strerror", None) or error))
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    os._exit(os.waitstatus_to_exitcode(status))


def _own_namespaces(scratch: str, limits: Limits) -> None:
    kernel.unshare(
        kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWNET
    )
    kernel.mount_tmpfs(scratch, limits.scratch)
    kernel.mount_tmpfs(SHARED_MEMORY, limits.scratch)


def _became_own_user(walls: Walls) -> bool:
    """Make the worker a user of its own, because the kernel limits threads per user.

    Returns whether that was done. With namespaces, the worker gets a user namespace, in which
    nothing else counts. Root takes a user id that nobody has, since no limit holds for root; files
    are still opened as the effective user. Root in a container may be subject to limits, and may
    not be allowed to change its id. Raises OSError if no limit holds and the id cannot change.
    """
    if walls.namespaces:
        kernel.unshare(kernel.CLONE_NEWUSER)
        return True
    if not walls.filters or os.getuid() != 0:
        return False
    try:
        os.setresuid(UNPRIVILEGED_ID + os.getpid() % OWN_IDS, 0, 0)
    except OSError as error:
        if threads_are_limited():
            return False
        raise OSError(error.errno, _NO_OWN_USER) from error
    return True


def _filter(walls: Walls) -> None:
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    shared = [SHARED_MEMORY] if walls.namespaces else []
    landlock.restrict(walls.readable, walls.devices, [walls.scratch, *shared])
    kernel.drop_capabilities()
    seccomp.install(os.getpid(), measured=not walls.namespaces)
