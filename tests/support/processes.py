"""The processes that a test starts, and whether they end."""

import contextlib
import time
from pathlib import Path

from tests.support.patience import PATIENCE


def running(mark: str) -> set[int]:
    """The processes of this machine with this word in their command lines."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return found


def all_gone(mark: str) -> bool:
    """Whether they all end, at once on an idle machine."""
    deadline = time.monotonic() + PATIENCE
    while running(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not running(mark)
