"""A submission: one source file or one notebook, read safely, without parsing its Python."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grading.errors import UsageError
from grading.submission import kinds, notebook
from grading.submission.line_map import PLAIN_FILE, LineMap
from grading.submission.notebook import is_notebook
from grading.text import one_line

MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Submission:
    """The source text of one module, where it came from, and the hash of the file's bytes.

    `line_map` says where its lines stand in a notebook, `note` why this file was taken rather than
    another, and which cells of it were not.
    """

    name: str
    source: str
    sha256: str
    line_map: LineMap = PLAIN_FILE
    note: str = ""

    @property
    def described(self) -> str:
        """Its name and, if there was a choice, why this file was taken."""
        return f"{self.name} ({self.note})" if self.note else self.name

    def with_note(self, note: str) -> "Submission":
        """The same with one more note."""
        return replace(self, note="; ".join(filter(None, (note, self.note))))

    @property
    def identity(self) -> str:
        """Equal for submissions that are graded alike.

        The same bytes make another module when they are read as a notebook.
        """
        if not self.line_map.cells:
            return self.sha256
        return f"{self.sha256} {hashlib.sha256(self.source.encode()).hexdigest()}"


def read(path: Path, filename: str, stubs: Sequence[Path] = ()) -> Submission:
    """The submission at `path`: a file, or a folder with `filename` or its notebook in it.

    If the folder holds both, `chosen` decides. Raises UsageError for anything but a plain text file
    of at most 1 MB or a notebook of at most 16 MB.
    """
    shown = one_line(str(path))
    if not stat.S_ISDIR(_kind(path, shown)):
        return _read(path, shown, one_line(path.name))
    names = [name for name in both_names(filename) if os.path.lexists(path / name)]
    readers = [partial(_read, path / name, f"{shown}/{name}", name) for name in names or [filename]]
    return chosen(readers, stubs)


def places_of(path: Path, filename: str) -> tuple[Path, Sequence[str]]:
    """The folder that `read` looks at, and the names that it reads there."""
    return (path, both_names(filename)) if path.is_dir() else (path.parent, (path.name,))


def both_names(filename: str) -> tuple[str, str]:
    """An exercise's file name, as a module and as a notebook."""
    return filename, Path(filename).with_suffix(notebook.SUFFIX).name


def chosen(readers: Sequence[Callable[[], Submission]], stubs: Iterable[Path]) -> Submission:
    """Choose the submission that counts, from a module and a notebook or only one of them.

    It is the first that can be read and that somebody has worked on, so that a stub left lying
    beside the work hides nothing; failing that, it is the first that can be read. If none can be
    read, raises the UsageError of the first.
    """
    candidates: list[Submission] = []
    problems: list[UsageError] = []
    for reader in readers:
        try:
            candidates.append(reader())
        except UsageError as error:
            problems.append(error)
    if not candidates:
        raise problems[0]
    if len(readers) == 1:
        return candidates[0]
    if problems:
        return candidates[0].with_note("the other file cannot be read")
    untouched = _sources(stubs)
    module, other = candidates
    if module.source in untouched and other.source not in untouched:
        return other.with_note(f"{module.name} beside it is untouched")
    return module.with_note(f"{other.name} beside it does not count")


def _sources(stubs: Iterable[Path]) -> set[str]:
    sources = set()
    for path in stubs:
        with suppress(UsageError):
            sources.add(_read(path, path.name, path.name).source)
    return sources


def max_bytes(name: str) -> int:
    """How large a file of this name may be, in bytes."""
    return notebook.MAX_BYTES if is_notebook(name) else MAX_BYTES


def from_bytes(data: bytes, name: str) -> Submission:
    """The submission in these bytes. Raises UsageError unless they are UTF-8 text or a notebook."""
    if len(data) > max_bytes(name):
        advice = (
            "16 MB: clear its outputs and save it again"
            if is_notebook(name)
            else "1 MB: submit the exercise's source file alone"
        )
        raise UsageError(f"{name} is larger than {advice}")
    if mistake := kinds.mistaken(data, name, is_notebook(name)):
        raise UsageError(f"{name} {mistake}")
    digest = hashlib.sha256(data).hexdigest()
    if is_notebook(name):
        source, line_map, note = notebook.module_of(data, name)
        return Submission(name, source, digest, line_map, note)
    if b"\0" in data:
        raise UsageError(f"{name} holds NUL bytes: save it as plain text (UTF-8)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{name} is not UTF-8 text (line {line}): save it as UTF-8") from error
    source = text.replace("\r\n", "\n").replace("\r", "\n")
    return Submission(name, source, digest)


def read_bytes(path: Path, limit: int) -> bytes:
    """The bytes of a plain file, at most one beyond the limit. Raises UsageError."""
    return _read_file(path, one_line(path.name), limit)


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


def _read(path: Path, shown: str, name: str) -> Submission:
    return from_bytes(_read_file(path, shown, max_bytes(name)), name)


def _read_file(path: Path, shown: str, limit: int) -> bytes:
    kind_of_file(path, shown)
    try:
        # O_NOFOLLOW and O_NONBLOCK: what was a file a moment ago may be a link or a pipe now.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {_reason(error)}") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{shown} is not a plain file")
        return file.read(limit + 1)


def kind_of_file(path: Path, shown: str) -> None:
    if stat.S_ISDIR(_kind(path, shown)):
        raise UsageError(f"{shown} is a folder: the exercise is one file")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "not a valid path"
