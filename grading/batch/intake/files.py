"""The files in an entry of a class: a file, a folder or a zip archive, which is never unpacked.

Files are not kept in memory, as a class may be large: each is read again when it is graded.
"""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from grading import pack
from grading.batch.paths import is_file, is_folder, is_junk
from grading.errors import UsageError
from grading.submission import file as submissions
from grading.submission.notebook import SUFFIX
from grading.text import one_line

MAX_DEPTH = 6
MAX_FILES = 5000
MAX_LISTED = 3
MAX_ARCHIVE_BYTES = 64 * 1024 * 1024
WORK = (".py", SUFFIX)
READ = (*WORK, ".md")
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
# Everything that the library for archives is known to raise for a damaged one.
_DAMAGED = (
    *(OSError, ValueError, RuntimeError, NotImplementedError, EOFError, OverflowError),
    *(IndexError, struct.error, zipfile.BadZipFile, zlib.error, LZMAError, MemoryError),
)


@dataclass(frozen=True)
class File:
    """A file: its own name, how deep it lies, and how to read it.

    `place` is its path within the entry, or within the `archive` in the entry that holds it. In an
    archive, a file has `data` if the grader reads files of its kind, and otherwise a name only.
    `is_folder` marks a folder that was not searched: it lies too deep, is a link or cannot be read.
    """

    name: str
    depth: int
    place: str
    path: Path | None = None
    data: bytes | None = None
    is_folder: bool = False
    archive: str = ""

    @property
    def suffix(self) -> str:
        return "" if self.is_folder else PurePosixPath(self.name).suffix.lower()

    @property
    def whole_place(self) -> str:
        """The path within the entry, through an archive if need be."""
        return f"{self.archive}/{self.place}" if self.archive else self.place

    @property
    def folder(self) -> PurePosixPath:
        """The folder or archive that the file lies in."""
        return PurePosixPath(self.whole_place).parent

    def content(self, limit: int) -> bytes:
        """The file's bytes, at most one more than the limit. Raises UsageError."""
        if self.data is not None:
            return self.data
        if self.path is None:
            raise UsageError(f"{one_line(self.name)} is no module, notebook or answers")
        return submissions.read_bytes(self.path, limit)


def files_in(path: Path, name: str) -> list[File]:
    """Every file of an entry; `name` is its author's name for it.

    Raises UsageError for links, unreadable files, and archives that would fill the memory.
    """
    left, files = MAX_ARCHIVE_BYTES, []
    for file in _files(path, name):
        left -= len(file.data or b"")
        if left < 0:
            raise UsageError(f"{one_line(name)} unpacks to more than 64 MB")
        files.append(file)
    return files


def _files(path: Path, name: str) -> Iterator[File]:
    if os.path.islink(path):
        raise UsageError(f"{one_line(name)} is a symbolic link")
    if is_folder(path):
        yield from _in_folder(path)
    elif not is_file(path):
        raise UsageError(f"{one_line(name)} is neither a file nor a folder")
    elif name.lower().endswith(".zip"):
        yield from _in_archive(path, name)
    else:
        yield File(name, 0, name, path=path)


def _in_folder(folder: Path) -> Iterator[File]:
    count = 0
    unreadable: list[OSError] = []
    for current, folders, names in os.walk(folder, onerror=unreadable.append):
        inner = Path(current).relative_to(folder)
        depth = len(inner.parts)
        found = sorted(name for name in folders if not is_junk(name))
        left = {name for name in found if depth == MAX_DEPTH or os.path.islink(Path(current, name))}
        folders[:] = [name for name in found if name not in left]
        for name in sorted(left):
            yield File(f"{name}/", depth, f"{(inner / name).as_posix()}/", is_folder=True)
        for name in sorted(names):
            count += 1
            if count > MAX_FILES:
                raise UsageError(f"{one_line(folder.name)} holds more than {MAX_FILES} files")
            if is_junk(name):
                continue
            path = Path(current, name)
            if name.lower().endswith(".zip") and is_file(path):
                yield from _beside_others(path, inner / name)
            else:
                yield File(name, depth, (inner / name).as_posix(), path=path)
    for error in unreadable:
        inner = Path(error.filename).relative_to(folder)
        if not inner.parts:
            raise UsageError(f"{one_line(folder.name)} cannot be read: {error.strerror}")
        place = f"{inner.as_posix()}/"
        yield File(f"{inner.name}/", len(inner.parts) - 1, place, is_folder=True)


def _beside_others(path: Path, place: Path) -> Iterator[File]:
    """The files of an archive in a folder; a damaged one does not spoil what lies beside it."""
    try:
        for file in _in_archive(path, place.name):
            yield replace(file, archive=place.as_posix())
    except UsageError:
        yield File(place.name, len(place.parts) - 1, place.as_posix(), path=path)


def _in_archive(path: Path, name: str) -> Iterator[File]:
    """The modules, notebooks and answers in an archive, read without unpacking it to disk."""
    shown = one_line(name)
    try:
        if path.stat().st_size > MAX_ARCHIVE_BYTES:
            raise UsageError(f"{shown} is larger than 64 MB")
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_FILES:
                raise UsageError(f"{shown} holds more than {MAX_FILES} files")
            for entry in entries:
                if not entry.filename:
                    continue
                # Some programs for Windows write its own mark between folders.
                place = PurePosixPath(entry.filename.replace("\\", "/"))
                if entry.is_dir() or _is_hidden(place):
                    continue
                data = None
                if place.suffix.lower() in READ or place.name == pack.LIST:
                    with archive.open(entry) as file:
                        # Stop just past the limit, whatever size the archive declares.
                        data = file.read(submissions.max_bytes(place.name.lower()) + 1)
                yield File(place.name, len(place.parts) - 1, str(place), data=data)
    except _DAMAGED as error:
        said = one_line(str(error), 100) or type(error).__name__
        raise UsageError(f"{shown} cannot be read as an archive: {said}") from error


def _is_hidden(place: PurePosixPath) -> bool:
    """Whether a program made the file for itself, as Jupyter does with .ipynb_checkpoints."""
    return any(is_junk(part) for part in place.parts if part != "..")


def listing(files: Sequence[File]) -> str:
    """The first three places, and how many more there are."""
    places = [one_line(file.whole_place, 80) for file in files]
    more = [f"{len(places) - MAX_LISTED} more"] if len(places) > MAX_LISTED else []
    return ", ".join([*places[:MAX_LISTED], *more])


def verb(several: Sequence[object], of_one: str, of_several: str) -> str:
    """The verb's form for so many subjects."""
    return of_one if len(several) == 1 else of_several
