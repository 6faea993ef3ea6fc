"""Machines that are not this one, for tests: `python -m tests.support.machines KIND COMMAND...`.

large-torch   PyTorch maps 2.5 GB more, as its CUDA build does
little        a worker may map 48 MB more than it has when it is ready
COMMAND       what grader.py is called with
"""

import runpy
import sys
from collections.abc import Callable
from typing import Any

from grading.course.syllabus import ROOT
from grading.sandbox import limits, processes

# Address space that is never touched, like that of the CUDA libraries where there is no GPU.
_MAP = (
    "import mmap; zygote.unused = mmap.mmap(-1, 5 * 2**29, prot=0,"
    " flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)"
)
LITTLE = 48 * 2**20


def large_torch(boot: str) -> str:
    """The first lines of a zygote, with a PyTorch that maps 2.5 GB more."""
    before, mark, after = boot.partition("getattr(zygote")
    assert mark, "the zygote is started in another way now"
    return f"{before}{_MAP}; {mark}{after}"


def _install_large_torch() -> None:
    processes.BOOT = large_torch(processes.BOOT)


def _leave_little_memory() -> None:
    # The default of a field of a named tuple, for every worker from here on.
    new: Any = limits.Limits.__new__
    new.__defaults__ = (LITTLE, *new.__defaults__[1:])


KINDS: dict[str, Callable[[], None]] = {
    "large-torch": _install_large_torch,
    "little": _leave_little_memory,
}

if __name__ == "__main__":
    KINDS[sys.argv[1]]()
    sys.argv[:] = ["grader.py", *sys.argv[2:]]
    runpy.run_path(str(ROOT / "grader.py"), run_name="__main__")
