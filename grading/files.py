"""Reads files whole or refuses them in one line, and writes them whole or not at all."""

import hashlib
import io
import os
import re
import resource
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from grading.errors import GraderError, UsageError

# What reading a malformed file can raise: OverflowError for a number that is too large,
# RecursionError for deeply nested lists.
MALFORMED = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError),
    *(OverflowError, RecursionError, zipfile.BadZipFile, zlib.error),
)


# What a killed process leaves of a file that it was about to write.
UNFINISHED = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{16}", re.DOTALL)


def sha256_of(path: Path) -> str:
    """The hash of a file's content. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """Turn the errors that a malformed file of the course raises in the block into GraderError."""
    try:
        yield
    except MALFORMED as error:
        reason = str(error) if isinstance(error, ValueError) else repr(error)
        raise GraderError(f"{path.name} cannot be used: {reason}") from error


def read_text(path: Path) -> str:
    """The text of one of the course's files. Raises GraderError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise GraderError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise GraderError(f"{path} is not UTF-8") from error


@contextmanager
def writing(path: Path) -> Iterator[IO[str]]:
    """A text file that takes its place at `path` once it is complete. Raises OSError.

    The umask decides its mode. A pipe or a device is written to, and not replaced.
    """
    with (
        writing_bytes(path) as raw,
        io.TextIOWrapper(raw, encoding="utf-8", newline="") as file,
    ):
        yield file


@contextmanager
def writing_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Like `writing`, for a file that is no text. Raises OSError."""
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # see UNFINISHED
    try:
        with beside.open("xb") as file:
            yield file
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises OSError."""
    with writing(path) as file:
        file.write(text)


def write(path: Path, content: str | bytes) -> None:
    """Write text or bytes whole or not at all. Raises OSError."""
    with writing_bytes(path) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)


def require_writable(path: Path, remedy: str = "give another place") -> None:
    """Raises UsageError, before any work is done, unless a file can be written at `path`.

    Missing folders above `path` are no obstacle if they can be made. `remedy` says what to do.
    """
    there = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not os.access(there, os.W_OK):
        raise UsageError(f"{path} cannot be written: {remedy}")


def require_own_copy(path: Path) -> None:
    """Like `require_writable`, for a file of the course itself."""
    require_writable(path, "work in a copy of the course that you may change")


def require_open_files(graders: int) -> None:
    """Raises UsageError if this many graders need more open files than the system allows.

    Measured: one grader takes 24, and a pool takes 21 plus 2 or 3 for each of its graders.
    """
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 26 + 3 * graders
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        said = f"grading needs {needed} open files, and the limit is {allowed}"
        raise UsageError(f"{said}: run ulimit -n {needed} first")
