"""Files that are about to be written."""

import os
from pathlib import Path

from grading.errors import UsageError


def require_writable(path: Path, remedy: str = "give another place") -> None:
    """Raises UsageError, before any work is done, unless a file can be written at `path`.

    Folders that are missing on the way can be made. `remedy` says what to do.
    """
    there = next(one for one in (path, *path.absolute().parents) if one.exists())
    if not os.access(there, os.W_OK):
        raise UsageError(f"{path} cannot be written: {remedy}")


def require_own_copy(path: Path) -> None:
    """The same for a file of the course itself."""
    require_writable(path, "work in a copy of the course that you may change")
