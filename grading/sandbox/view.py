"""What a zygote may see of the file system: the interpreter, its libraries, and this package."""

import importlib.util
import os
import shutil
import sys
import sysconfig
from functools import cache
from pathlib import Path

from grading.sandbox.worker.confine import DEVICES, SHARED_MEMORY, UNPRIVILEGED_ID

SCRATCH = "/box"
PACKAGE = Path(__file__).resolve().parent
ENGINE = PACKAGE.parent
ROOT = ENGINE.parent

_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
# For the zygote only; workers may read none of it. Here the C library finds out whether it may ask
# for huge pages (processes.py), and PyTorch what the processor can do, before it computes in half
# precision (warm_up.py).
_HARDWARE = ("/sys/kernel/mm/transparent_hugepage", "/proc/cpuinfo", "/sys/devices/system/cpu")


class MissingPackage(RuntimeError):
    """A package that the workers need is not installed."""


def import_path() -> list[str]:
    """The folders that workers import from: standard library, torch, numpy, and this package."""
    standard = [sysconfig.get_path("stdlib"), sysconfig.get_config_var("DESTSHARED")]
    installed = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    for package in ("torch", "numpy"):
        spec = importlib.util.find_spec(package)  # finds a top-level package without importing it
        if spec is None or spec.origin is None:
            raise MissingPackage(
                f"{package} is not installed: pip install -c constraints.txt -e . in this folder"
            )
        installed.append(str(Path(spec.origin).parent.parent))
    folders = [path for path in standard + installed if path and os.path.isdir(path)]
    return [*dict.fromkeys(folders), str(ROOT)]


def interpreter() -> str:
    """The real path of this interpreter, with a virtual environment's links resolved."""
    return os.path.realpath(sys.executable)


@cache
def readable_paths() -> list[str]:
    """Every path a worker may read; a path below another one is left out."""
    wanted = [
        *import_path()[:-1],
        os.path.join(sys.base_prefix, "lib"),
        *_SYSTEM_LIBRARIES,
        str(PACKAGE),
        str(ENGINE / "__init__.py"),
    ]
    paths = sorted({os.path.realpath(path) for path in wanted if os.path.exists(path)})
    kept: list[str] = []
    for path in paths:
        if not kept or not Path(path).is_relative_to(kept[-1]):
            kept.append(path)
    return kept


def exposes_course(paths: list[str]) -> bool:
    """Whether one of these paths holds the course, and with it the reference and the checks."""
    return any(ROOT.is_relative_to(path) for path in paths)


def devices() -> list[str]:
    """The device files a worker may open."""
    return [path for path in DEVICES if os.path.exists(path)]


def wrapped(command: list[str], environment: dict[str, str]) -> list[str]:
    """`command` inside bubblewrap: in a read-only root that holds only what it needs.

    Root first becomes an unprivileged user, since root inside the box would be root outside it.
    An outer bubblewrap shows paths that this user could not reach (an interpreter in /root, say).
    """
    program = shutil.which("bwrap")
    assert program is not None, "only called where rungs.py found bubblewrap"
    variables = [part for name, value in environment.items() for part in ("--setenv", name, value)]
    inner = [
        program,
        *("--unshare-all", "--die-with-parent", "--new-session", "--clearenv"),
        # The zygote needs this to make each worker's namespaces; the worker then drops it.
        *("--cap-add", "CAP_SYS_ADMIN"),
        *variables,
        *_mounts(),
        *("--dir", SCRATCH, "--dir", SHARED_MEMORY, *_temporary_folder(), "--chdir", "/"),
        "--",
    ]
    if os.geteuid() != 0:
        return inner + command
    switch = shutil.which("setpriv")
    assert switch is not None, "only called where rungs.py found setpriv"
    outer = [
        program,
        *("--die-with-parent", "--dir", "/tmp", "--bind", "/proc", "/proc"),
        *_mounts(),
        *[part for tool in (program, switch) for part in ("--ro-bind", tool, tool)],
        "--",
        switch,
        *(f"--reuid={UNPRIVILEGED_ID}", f"--regid={UNPRIVILEGED_ID}", "--clear-groups"),
        *("--pdeathsig", "KILL", "--"),
    ]
    return outer + inner + command


def _temporary_folder() -> list[str]:
    """Make /tmp the scratch folder, unless the interpreter or a library lies below it."""
    below = [path for path in (*readable_paths(), interpreter()) if path.startswith("/tmp/")]
    return [] if below else ["--symlink", SCRATCH, "/tmp"]


def _mounts() -> list[str]:
    """Mount libraries read-only, and device files one by one.

    bubblewrap's own /dev would cost a second user namespace, from which the zygote could not get
    back into its own process namespace.
    """
    readable = [*readable_paths(), interpreter(), *filter(os.path.exists, _HARDWARE)]
    parents = {str(parent) for path in [*readable, *devices()] for parent in Path(path).parents}
    arguments = []
    # Made here, since parent folders that bubblewrap makes by itself are closed to other users.
    for folder in sorted(parents - {"/"}):
        arguments += ["--perms", "0755", "--dir", folder]
    for path in readable:
        arguments += ["--ro-bind", path, path]
    for link in ("/lib", "/lib64"):
        if os.path.islink(link):
            arguments += ["--symlink", os.readlink(link), link]
    for device in devices():
        arguments += ["--dev-bind", device, device]
    return arguments
