"""Find the submissions in what an instructor has: nothing is dropped, whatever cannot be read.

Each entry of the folder is one submission: a file (a module or a notebook), a folder (searched to a
depth of 6), or a zip archive. The bulk downloads of Canvas, Moodle and Gradescope are recognized by
their naming:

    Canvas       doejane_LATE_1234_56789_ex1_vanilla_rnn-2.py   (also .zip; -2 is the attempt)
    Moodle       Jane Doe_123456_assignsubmission_file_/ex1_vanilla_rnn.py
    Gradescope   submission_123456/, with submission_metadata.yml beside it
    otherwise    the name of the file or folder; NAME_attempt2 is the second attempt of NAME

A file belongs to the exercise whose file name it has, as a module or as a notebook, or whose id
stands in its name.
"""

import io
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath

from grading import submission as submissions
from grading.course import Exercise
from grading.errors import UsageError
from grading.notebook import SUFFIX, is_notebook
from grading.submission import Submission
from grading.text import one_line

MAX_DEPTH = 6
MAX_FILES = 5000
MAX_ARCHIVE_BYTES = 64 * 1024 * 1024
METADATA = "submission_metadata.yml"
SUFFIXES = (".py", SUFFIX)

_CANVAS = re.compile(
    r"(?P<who>[^\W_]+)(?P<late>_LATE)?_(?P<user>\d+)_\d+_(?P<file>.+?)(-(?P<attempt>\d+))?"
    r"(?P<suffix>\.\w+)"
)
_MOODLE = re.compile(r"(?P<who>.+?)_(?P<id>\d+)_assignsubmission_file_?(?P<file>.*)")
_GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")
_ATTEMPT = re.compile(r"(?P<who>.+?)[-_ ]attempt[-_ ]?(?P<attempt>\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Origin:
    """Who handed something in, as far as its name tells.

    `label` is unique in a class; `tokens` are names and numbers to be looked up in a roster.
    """

    label: str
    tokens: tuple[str, ...]
    attempt: int = 1
    received: float | None = None


@dataclass(frozen=True)
class Collected:
    """One attempt of one submission at one exercise; `problem` says why there is no `work`."""

    origin: Origin
    exercise: str
    work: Submission | None
    received: float
    problem: str = ""


@dataclass(frozen=True)
class _File:
    """A candidate: its name, its place, when it was written, and how to read it."""

    name: str
    depth: int
    modified: float
    path: Path | None = None
    data: bytes | None = None


def collect(folder: Path, exercises: Sequence[Exercise]) -> list[Collected]:
    """Every submission in `folder` to any of `exercises`. Raises UsageError if it is no folder."""
    if not folder.is_dir():
        raise UsageError(f"{one_line(str(folder))} is not a folder of submissions")
    metadata = _gradescope_metadata(folder / METADATA)
    found: list[Collected] = []
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        if entry.name.startswith((".", "__MACOSX")) or entry.name == METADATA:
            continue
        found += _entry(Path(entry.path), _origin(entry.name, metadata), exercises)
    return _numbered(found)


def handed_in(path: Path, exercises: Sequence[Exercise]) -> list[Collected]:
    """What one file, folder or archive holds; a single problem, of no exercise, if nothing."""
    return _entry(path, _origin(path.name, {}), exercises)


def _entry(path: Path, origin: Origin, exercises: Sequence[Exercise]) -> list[Collected]:
    """What one entry of the folder holds; a single problem if it holds nothing."""
    written = path.lstat().st_mtime
    received = written if origin.received is None else origin.received
    try:
        files = list(_bounded(path))
    except UsageError as error:
        return [Collected(origin, "", None, received, str(error))]
    found = []
    for exercise in exercises:
        candidates = [file for file in files if _belongs(file.name, exercise, exercises)]
        if not candidates and len(exercises) == 1 and _lone_module(path, files):
            candidates = files
        if candidates:
            found.append(_read(origin, exercise, _best(candidates, exercise)))
    if found:
        return found
    wanted = " or ".join(exercise.file for exercise in exercises)
    return [Collected(origin, "", None, received, f"holds no {wanted} (or .ipynb)")]


def _lone_module(path: Path, files: Sequence[_File]) -> bool:
    """Whether this is a file by itself: then it can only be the exercise asked for."""
    return path.is_file() and len(files) == 1 and files[0].name.endswith(SUFFIXES)


def _belongs(name: str, exercise: Exercise, exercises: Sequence[Exercise]) -> bool:
    if name in submissions.both_names(exercise.file):
        return True
    if not name.endswith(SUFFIXES):
        return False
    if any(name in submissions.both_names(other.file) for other in exercises):
        return False
    return re.search(rf"(^|[^a-z0-9]){re.escape(exercise.id)}([^0-9]|$)", name.lower()) is not None


def _best(candidates: Sequence[_File], exercise: Exercise) -> list[_File]:
    """One module, one notebook, or one of each: with the exercise's name rather than another."""
    named = [file for file in candidates if file.name in submissions.both_names(exercise.file)]
    pair = []
    for kind in (False, True):
        of_kind = [file for file in named or candidates if is_notebook(file.name) is kind]
        if of_kind:
            pair.append(min(of_kind, key=lambda file: file.depth))
    return pair


def _read(origin: Origin, exercise: Exercise, files: Sequence[_File]) -> Collected:
    taken = files[0]
    work, problem = None, ""
    readers = [partial(_work, exercise, file) for file in files]
    try:
        work = submissions.chosen(readers, exercise.stubs)
        taken = next(file for file in files if is_notebook(file.name) == is_notebook(work.name))
    except UsageError as error:
        problem = str(error)
    received = taken.modified if origin.received is None else origin.received
    return Collected(origin, exercise.id, work, received, problem)


def _work(exercise: Exercise, file: _File) -> Submission:
    if file.data is None:
        assert file.path is not None
        return submissions.read(file.path, exercise.file)
    module, notebook = submissions.both_names(exercise.file)
    return submissions.from_bytes(file.data, notebook if is_notebook(file.name) else module)


def _bounded(path: Path) -> Iterator[_File]:
    """The files of an entry. Raises UsageError where archives would fill the memory."""
    left = MAX_ARCHIVE_BYTES
    for file in _files(path):
        left -= len(file.data or b"")
        if left < 0:
            raise UsageError(f"{one_line(path.name)} unpacks to more than 64 MB")
        yield file


def _files(path: Path) -> Iterator[_File]:
    """Every plain file in an entry. Raises UsageError for links and for what cannot be read."""
    if path.is_symlink():
        raise UsageError(f"{one_line(path.name)} is a symbolic link")
    if path.is_dir():
        yield from _in_folder(path)
    elif path.suffix.lower() == ".zip":
        yield from _in_archive(path)
    elif path.is_file():
        yield _File(_plain_name(path.name), 0, path.stat().st_mtime, path=path)
    else:
        raise UsageError(f"{one_line(path.name)} is neither a file nor a folder")


def _in_folder(folder: Path) -> Iterator[_File]:
    count = 0
    for place, folders, names in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        keep = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        folders[:] = sorted(keep) if depth < MAX_DEPTH else []
        for name in sorted(names):
            count += 1
            if count > MAX_FILES:
                raise UsageError(f"{one_line(folder.name)} holds more than {MAX_FILES} files")
            path = Path(place, name)
            if name.endswith(SUFFIXES):
                yield _File(name, depth, path.lstat().st_mtime, path=path)
            elif name.lower().endswith(".zip") and path.is_file() and not path.is_symlink():
                yield from _in_archive(path)


def _in_archive(path: Path) -> Iterator[_File]:
    """The modules and notebooks of an archive. Nothing is written: names and bytes are read."""
    try:
        if path.stat().st_size > MAX_ARCHIVE_BYTES:
            raise UsageError(f"{one_line(path.name)} is larger than 64 MB")
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_FILES:
                raise UsageError(f"{one_line(path.name)} holds more than {MAX_FILES} files")
            for entry in entries:
                place = PurePosixPath(entry.filename)
                if not place.name.endswith(SUFFIXES) or _is_hidden(place):
                    continue
                with archive.open(entry) as file:
                    # Read no more than counts, whatever size the archive declares.
                    data = file.read(submissions.max_bytes(place.name) + 1)
                written = datetime(*entry.date_time).timestamp()
                yield _File(place.name, len(place.parts) - 1, written, data=data)
    except (OSError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        raise UsageError(f"{one_line(path.name)} cannot be read as an archive: {error}") from error


def _is_hidden(place: PurePosixPath) -> bool:
    """Whether a program put it there for itself, as Jupyter does with .ipynb_checkpoints."""
    own = [part for part in place.parts if part != ".."]
    return any(part.startswith((".", "__MACOSX")) for part in own)


def _plain_name(name: str) -> str:
    """The name that a student gave a file, without what Canvas or Moodle put around it."""
    if match := _CANVAS.fullmatch(name):
        return match["file"] + match["suffix"]
    if (match := _MOODLE.fullmatch(name)) and match["file"]:
        return match["file"]
    return name


def _origin(name: str, metadata: Mapping[str, Origin]) -> Origin:
    """Who an entry of the folder belongs to."""
    stem = name.removesuffix(".py").removesuffix(SUFFIX).removesuffix(".zip")
    if match := _CANVAS.fullmatch(name):
        attempt = int(match["attempt"] or 0) + 1
        label = f"{match['who']}_{match['user']}"
        return Origin(one_line(label), (match["who"], match["user"]), attempt)
    if match := _MOODLE.fullmatch(name):
        return Origin(one_line(f"{match['who']}_{match['id']}"), (match["who"], match["id"]))
    if (match := _GRADESCOPE.fullmatch(name)) and name in metadata:
        return metadata[name]
    if match := _ATTEMPT.fullmatch(stem):
        return Origin(one_line(match["who"]), (match["who"],), int(match["attempt"]))
    return Origin(one_line(stem), (stem,))


def _gradescope_metadata(path: Path) -> dict[str, Origin]:
    """By folder name. The file is a fixed subset of YAML: two levels of `:key: value`."""
    if path.is_symlink() or not path.is_file():
        return {}
    found: dict[str, Origin] = {}
    blocks = re.split(r"^(submission_\d+):\s*$", path.read_text("utf-8", "replace"), flags=re.M)
    for name, block in zip(blocks[1::2], blocks[2::2], strict=True):
        values = dict(re.findall(r"^\s+(?:- )?:(name|sid|email): ['\"]?(.*?)['\"]?$", block, re.M))
        created = re.search(r"^\s+:created_at: ['\"]?(.+?)['\"]?$", block, re.M)
        tokens = tuple(value for value in values.values() if value)
        label = one_line(values.get("name") or name)
        found[name] = Origin(f"{label}_{name}", tokens, received=_moment(created and created[1]))
    return found


def _moment(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat((text or "").replace(" UTC", "+00:00")).timestamp()
    except ValueError:
        return None


def _numbered(found: Sequence[Collected]) -> list[Collected]:
    """The same, with no two alike: a second entry of one label and attempt is a problem."""
    seen: set[tuple[str, str, int]] = set()
    result = []
    for one in found:
        key = (one.origin.label, one.exercise, one.origin.attempt)
        if key in seen:
            problem = f"{one.origin.label} handed in attempt {one.origin.attempt} twice"
            one = Collected(one.origin, "", None, one.received, problem)
        seen.add(key)
        result.append(one)
    return result
