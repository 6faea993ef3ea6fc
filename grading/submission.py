"""A submission: one file of source text, read safely and never parsed."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from grading.errors import UsageError
from grading.text import one_line

MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Submission:
    """The source text of one module, where it came from, and the hash of its bytes."""

    name: str
    source: str
    sha256: str

    @property
    def lines(self) -> list[str]:
        return self.source.splitlines()


def read(path: Path, filename: str) -> Submission:
    """The submission at `path`: a file, or a folder that holds `filename`.

    Raises UsageError for whatever is not a plain text file of at most 1 MB.
    """
    shown = one_line(str(path))
    kind = _kind(path, shown)
    if stat.S_ISDIR(kind):
        data = _read_file(path / filename, f"{shown}/{filename}")
        return from_bytes(data, filename)
    data = _read_file(path, shown)
    return from_bytes(data, one_line(path.name))


def from_bytes(data: bytes, name: str) -> Submission:
    """The submission in these bytes. Raises UsageError unless they are UTF-8 text."""
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name} is larger than 1 MB: submit the exercise's source file alone")
    if b"\0" in data:
        raise UsageError(f"{name} holds NUL bytes: save it as plain text (UTF-8)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{name} is not UTF-8 text (line {line}): save it as UTF-8") from error
    source = text.replace("\r\n", "\n").replace("\r", "\n")
    return Submission(name, source, hashlib.sha256(data).hexdigest())


def _kind(path: Path, shown: str) -> int:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        raise UsageError(f"{shown} does not exist: give a file or a folder") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{shown} cannot be read: {_reason(error)}") from error
    if stat.S_ISLNK(mode):
        raise UsageError(f"{shown} is a symbolic link: give the file or folder itself")
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise UsageError(f"{shown} is neither a file nor a folder")
    return mode


def _read_file(path: Path, shown: str) -> bytes:
    _kind_of_file(path, shown)
    try:
        # O_NOFOLLOW and O_NONBLOCK: what was a file a moment ago may be a link or a pipe now.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {_reason(error)}") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{shown} is not a plain file")
        return file.read(MAX_BYTES + 1)


def _kind_of_file(path: Path, shown: str) -> None:
    if stat.S_ISDIR(_kind(path, shown)):
        raise UsageError(f"{shown} is a folder: the exercise is one file")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "not a valid path"
