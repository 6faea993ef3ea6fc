"""Files that are read whole, or about to be written, and how many may be open."""

import os
import resource
from pathlib import Path

from grading.errors import GraderError, UsageError


def read_text(path: Path) -> str:
    """What a file of the course says. Raises GraderError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise GraderError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise GraderError(f"{path} is not UTF-8") from error


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


def require_open_files(graders: int) -> None:
    """Raises UsageError if so many graders need more open files than the system allows.

    Measured: one takes 24, and a pool 21 and 2 or 3 for each of its graders.
    """
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 26 + 3 * graders
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        said = f"{needed} files must be open at once, and only {allowed} may be"
        raise UsageError(f"{said}: run ulimit -n {needed} first")
