"""Find the submissions in an instructor's folder; list even those that cannot be read.

Each entry of the folder is one submission: a file (a module or a notebook), a folder (searched to a
depth of 6), or a zip archive. Bulk downloads from Canvas, Moodle and Gradescope, and folders of
cloned repositories, are recognized by their names:

    Canvas       doejane_LATE_1234_56789_ex1_vanilla_rnn-2.py   (also .zip; -2 is the attempt)
    Moodle       Jane Doe_123456_assignsubmission_file_/ex1_vanilla_rnn.py
    Gradescope   submission_123456/, with submission_metadata.yml beside it
    clones       rnns-jdoe/.git; all the clones' names begin with rnns-
    otherwise    the name of the file or folder; NAME_attempt2 is the second attempt of NAME

A file belongs to the exercise whose file name it has, as a module or as a notebook, or whose id
is in its name. Answers to an exercise's questions are in a file ID.md.

Files are not kept in memory, as a class may be large: each is read again when it is graded.
"""

import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import takewhile
from pathlib import Path, PurePosixPath

from grading.course import questions
from grading.course.questions import Question
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.submission import file as submissions
from grading.submission.file import Submission
from grading.submission.notebook import SUFFIX, is_notebook
from grading.text import one_line

MAX_DEPTH = 6
MAX_FILES = 5000
MAX_ARCHIVE_BYTES = 64 * 1024 * 1024
METADATA = "submission_metadata.yml"
SUFFIXES = (".py", SUFFIX)
READ = (*SUFFIXES, ".md")

_CANVAS = re.compile(
    r"(?P<who>[^\W_]+)(?P<late>_LATE)?_(?P<user>\d+)_\d+_(?P<file>.+?)(-(?P<attempt>\d+))?"
    r"(?P<suffix>\.\w+)"
)
_MOODLE = re.compile(r"(?P<who>.+?)_(?P<id>\d+)_assignsubmission_file_?(?P<file>.*)")
_ATTEMPT = re.compile(r"(?P<who>.+?)[-_ ]attempt[-_ ]?(?P<attempt>\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Origin:
    """Who handed something in, as far as its name tells.

    `label` is unique in a class; `tokens` are names and numbers to look up in a roster. If the
    platform tells, `received` is in seconds since 1970, and `late` says whether that was after
    the platform's own deadline.
    """

    label: str
    tokens: tuple[str, ...]
    attempt: int = 1
    received: float | None = None
    late: bool | None = None


@dataclass(frozen=True)
class Work:
    """A file to grade: its name, the identity of its content, and how to read it."""

    name: str
    identity: str
    note: str
    _read: Callable[[], Submission]

    def read(self) -> Submission:
        """The content. Raises UsageError if the file is gone or has changed."""
        work = self._read()
        if work.identity != self.identity:
            raise UsageError(f"{self.name} changed while the class was being graded: grade again")
        return work


@dataclass(frozen=True)
class Collected:
    """One attempt of one submission at one exercise; `problem` says why there is no `work`.

    `answers` reads the answers to the exercise's questions, if any were handed in.
    """

    origin: Origin
    exercise: str
    work: Work | None
    received: float
    problem: str = ""
    answers: Callable[[], list[Question]] | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        """What no two may share."""
        return self.origin.label, self.exercise, self.origin.attempt


@dataclass(frozen=True)
class _File:
    """A candidate: its name, its place, when it was written, and how to read it."""

    name: str
    depth: int
    modified: float
    path: Path | None = None
    data: bytes | None = None

    def content(self, limit: int) -> bytes:
        """The file's bytes, at most one more than the limit. Raises UsageError."""
        if self.data is not None:
            return self.data
        assert self.path is not None
        return submissions.read_bytes(self.path, limit)


def collect(folder: Path, exercises: Sequence[Exercise]) -> list[Collected]:
    """The submissions in `folder` to these exercises. Raises UsageError if it is not a folder."""
    if not folder.is_dir():
        advice = ": unpack the download first" if folder.suffix.lower() == ".zip" else ""
        raise UsageError(f"{one_line(str(folder))} is not a folder of submissions{advice}")
    folder = _unwrapped(folder)
    metadata = _gradescope_metadata(folder / METADATA)
    entries = _entries(folder)
    common = _common_beginning([path.name for path in entries if _is_clone(path)])
    collected: list[Collected] = []
    for path in entries:
        beginning = common if _is_clone(path) else ""
        for origin in metadata.get(path.name) or [_origin(path.name, beginning)]:
            collected += handed_in(path, exercises, origin)
    return _numbered(_with_answers(collected))


def _entries(folder: Path) -> list[Path]:
    """The sorted entries of a folder, without those that programs keep there for themselves."""
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith((".", "__MACOSX")) and path.name != METADATA
    )


def _unwrapped(folder: Path) -> Path:
    """The folder of a Gradescope download if it is the only entry, or else the given folder."""
    entries = _entries(folder)
    if len(entries) == 1 and not (folder / METADATA).exists() and (entries[0] / METADATA).is_file():
        return entries[0]
    return folder


def handed_in(
    path: Path, exercises: Sequence[Exercise], origin: Origin | None = None
) -> list[Collected]:
    """The submissions in a file, folder or archive; if none, one problem without an exercise.

    The name of the entry tells its `origin` if nothing else does.
    """
    origin = origin or _origin(path.name)
    collected = []
    try:
        files = list(_bounded(path))
        problem = f"holds no {' or '.join(exercise.file for exercise in exercises)} (or .ipynb)"
    except UsageError as error:
        files, problem = [], str(error)
    for exercise in exercises:
        candidates = _candidates(path, files, exercise, exercises)
        answers = _answers_file(files, exercise)
        if candidates or answers:
            collected.append(_collected(path, origin, exercise, exercises, candidates, answers))
    if not collected:
        received = _received(origin, path.lstat().st_mtime)
        collected.append(Collected(origin, "", None, received, problem))
    return collected


def _collected(
    path: Path,
    origin: Origin,
    exercise: Exercise,
    exercises: Sequence[Exercise],
    candidates: Sequence[_File],
    answers: _File | None,
) -> Collected:
    work, problem, modified = None, "", path.lstat().st_mtime
    if not candidates:
        problem = f"holds no {exercise.file} (or .ipynb), only answers"
    else:
        try:
            read, taken = _chosen(candidates, exercise)
            again = partial(_again, path, exercise, exercises)
            work = Work(read.name, read.identity, read.note, again)
        except UsageError as error:
            problem, taken = str(error), candidates[0]
        modified = taken.modified
    reader = None if answers is None else partial(_answers, path, exercise)
    return Collected(origin, exercise.id, work, _received(origin, modified), problem, reader)


def _received(origin: Origin, modified: float) -> float:
    return modified if origin.received is None else origin.received


def _again(path: Path, exercise: Exercise, exercises: Sequence[Exercise]) -> Submission:
    """Read again the file chosen from an entry for an exercise. Raises UsageError."""
    candidates = _candidates(path, list(_bounded(path)), exercise, exercises)
    if not candidates:
        raise UsageError(f"{one_line(path.name)} no longer holds {exercise.file}")
    return _chosen(candidates, exercise)[0]


def _candidates(
    path: Path, files: Sequence[_File], exercise: Exercise, exercises: Sequence[Exercise]
) -> list[_File]:
    """One module, one notebook, or one of each, preferring files with the exercise's name."""
    works = [file for file in files if file.name.endswith(SUFFIXES)]
    mine = [file for file in works if _belongs(file.name, exercise, exercises)]
    # If the entry is a single file, it can only be the exercise asked for.
    if not mine and len(exercises) == 1 and path.is_file() and len(works) == 1:
        mine = works
    named = [file for file in mine if file.name in submissions.both_names(exercise.file)]
    pair = []
    for kind in (False, True):
        of_kind = [file for file in named or mine if is_notebook(file.name) is kind]
        if of_kind:
            pair.append(min(of_kind, key=lambda file: file.depth))
    return pair


def _answers_file(files: Sequence[_File], exercise: Exercise) -> _File | None:
    mine = [file for file in files if file.name == exercise.questions.name]
    return min(mine, key=lambda file: file.depth, default=None)


def _answers(path: Path, exercise: Exercise) -> list[Question]:
    """An entry's answers to the questions of an exercise. Raises UsageError."""
    file = _answers_file(list(_bounded(path)), exercise)
    if file is None:
        return []
    return questions.from_bytes(file.content(questions.MAX_BYTES), file.name)


def _belongs(name: str, exercise: Exercise, exercises: Sequence[Exercise]) -> bool:
    if name in submissions.both_names(exercise.file):
        return True
    if any(name in submissions.both_names(other.file) for other in exercises):
        return False
    return re.search(rf"(^|[^a-z0-9]){re.escape(exercise.id)}([^0-9]|$)", name.lower()) is not None


def _chosen(files: Sequence[_File], exercise: Exercise) -> tuple[Submission, _File]:
    """The submission that counts, and its file. Raises UsageError if none can be read."""
    readers = [partial(_submission, exercise, file) for file in files]
    work = submissions.chosen(readers, exercise.stubs)
    taken = next(file for file in files if is_notebook(file.name) == is_notebook(work.name))
    return work, taken


def _submission(exercise: Exercise, file: _File) -> Submission:
    if file.data is None:
        assert file.path is not None
        return submissions.read(file.path, exercise.file)
    module, notebook = submissions.both_names(exercise.file)
    return submissions.from_bytes(file.data, notebook if is_notebook(file.name) else module)


def _bounded(path: Path) -> Iterator[_File]:
    """The files of an entry. Raises UsageError if archives would fill the memory."""
    left = MAX_ARCHIVE_BYTES
    for file in _files(path):
        left -= len(file.data or b"")
        if left < 0:
            raise UsageError(f"{one_line(path.name)} unpacks to more than 64 MB")
        yield file


def _files(path: Path) -> Iterator[_File]:
    """Every plain file in an entry. Raises UsageError for links and unreadable files."""
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
            if name.endswith(READ):
                yield _File(name, depth, path.lstat().st_mtime, path=path)
            elif name.lower().endswith(".zip") and path.is_file() and not path.is_symlink():
                yield from _in_archive(path)


def _in_archive(path: Path) -> Iterator[_File]:
    """The modules, notebooks and answers in an archive, read without unpacking it to disk."""
    try:
        if path.stat().st_size > MAX_ARCHIVE_BYTES:
            raise UsageError(f"{one_line(path.name)} is larger than 64 MB")
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_FILES:
                raise UsageError(f"{one_line(path.name)} holds more than {MAX_FILES} files")
            for entry in entries:
                place = PurePosixPath(entry.filename)
                if not place.name.endswith(READ) or _is_hidden(place):
                    continue
                with archive.open(entry) as file:
                    # Stop just past the limit, whatever size the archive declares.
                    data = file.read(submissions.max_bytes(place.name) + 1)
                written = datetime(*entry.date_time).timestamp()
                yield _File(place.name, len(place.parts) - 1, written, data=data)
    except (OSError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        raise UsageError(f"{one_line(path.name)} cannot be read as an archive: {error}") from error


def _is_hidden(place: PurePosixPath) -> bool:
    """Whether a program made the file for itself, as Jupyter does with .ipynb_checkpoints."""
    own = [part for part in place.parts if part != ".."]
    return any(part.startswith((".", "__MACOSX")) for part in own)


def _plain_name(name: str) -> str:
    """The name that a student gave a file, without what Canvas or Moodle added to it."""
    if match := _CANVAS.fullmatch(name):
        return match["file"] + match["suffix"]
    if (match := _MOODLE.fullmatch(name)) and match["file"]:
        return match["file"]
    return name


def _origin(name: str, beginning: str = "") -> Origin:
    """Who an entry of the folder belongs to; the name of a clone's owner follows `beginning`."""
    stem = name
    for suffix in (*READ, ".zip"):
        stem = stem.removesuffix(suffix)
    if match := _CANVAS.fullmatch(name):
        attempt = int(match["attempt"] or 0) + 1
        label = one_line(f"{match['who']}_{match['user']}")
        return Origin(label, (match["who"], match["user"]), attempt, late=bool(match["late"]))
    if match := _MOODLE.fullmatch(name):
        return Origin(one_line(f"{match['who']}_{match['id']}"), (match["who"], match["id"]))
    if match := _ATTEMPT.fullmatch(stem):
        return Origin(one_line(match["who"]), (match["who"],), int(match["attempt"]))
    owner = stem.removeprefix(beginning)
    return Origin(one_line(stem), (stem, owner) if owner != stem else (stem,))


def _is_clone(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and (path / ".git").exists()


def _common_beginning(names: Sequence[str]) -> str:
    """The name of the assignment, hyphen included, from the names of two or more clones."""
    if len(names) < 2:
        return ""
    # The last part of a name always belongs to the owner.
    parts = zip(*(name.split("-")[:-1] for name in names), strict=False)
    common = [part[0] for part in takewhile(lambda part: len(set(part)) == 1, parts)]
    return "-".join([*common, ""]) if common else ""


def _gradescope_metadata(path: Path) -> dict[str, list[Origin]]:
    """The origins by folder name: one for each submitter, as a group may hand in together.

    The file is a fixed subset of YAML. Only the list of submitters and the time are read: what a
    student's program printed comes further down.
    """
    if path.is_symlink() or not path.is_file():
        return {}
    origins: dict[str, list[Origin]] = {}
    blocks = re.split(r"^(submission_\d+):\s*$", path.read_text("utf-8", "replace"), flags=re.M)
    for name, block in zip(blocks[1::2], blocks[2::2], strict=True):
        submitters = re.search(r"^  :submitters:\n((?:  - .*\n|    .*\n)*)", block, re.M)
        created = re.search(r"^  :created_at: ['\"]?(.+?)['\"]?$", block, re.M)
        received = _moment(created and created[1])
        people = re.split(r"^  - ", submitters[1] if submitters else "", flags=re.M)[1:]
        origins[name] = [_submitter(name, person, received) for person in people]
    return origins


def _submitter(name: str, person: str, received: float | None) -> Origin:
    fields = re.findall(r"^\s*:(name|sid|email): (['\"]?)(.*?)\2$", person, re.M)
    values = {key: value.replace("''", "'") for key, _, value in fields}
    tokens = tuple(value for value in values.values() if value)
    label = one_line(values.get("name") or name)
    return Origin(f"{label}_{name}", tokens, received=received)


def _moment(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat((text or "").replace(" UTC", "+00:00")).timestamp()
    except ValueError:
        return None


def _with_answers(collected: Sequence[Collected]) -> list[Collected]:
    """Move answers that came as a separate entry to the work of the same attempt."""
    works = {attempt.key for attempt in collected if attempt.work is not None}
    alone = {
        attempt.key: attempt.answers
        for attempt in collected
        if attempt.work is None and attempt.answers is not None
    }
    result = []
    for attempt in collected:
        if attempt.work is not None:
            answers = attempt.answers or alone.get(attempt.key)
            result.append(replace(attempt, answers=answers))
        elif attempt.answers is None or attempt.key not in works:
            result.append(attempt)
    return result


def _numbered(collected: Sequence[Collected]) -> list[Collected]:
    """The same list, with a problem in place of each repeated label, exercise and attempt."""
    seen: set[tuple[str, str, int]] = set()
    result = []
    for attempt in collected:
        if (key := attempt.key) in seen:
            problem = f"{attempt.origin.label} handed in attempt {attempt.origin.attempt} twice"
            attempt = Collected(attempt.origin, "", None, attempt.received, problem)
        seen.add(key)
        result.append(attempt)
    return result
