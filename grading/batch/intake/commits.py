"""When the work in a clone was committed, and whether the folder still is what was committed.

A clone's own .git is never git's repository, because its configuration can run programs. git reads
through a bare repository of ours, which borrows the objects of the clone and knows nothing else
of it. The time of a commit is what its author's clock said.
"""

import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grading.batch.paths import is_file, is_folder
from grading.errors import UsageError
from grading.git import NoGitError, git
from grading.submission import notebook
from grading.submission.file import read_bytes

MAX_BYTES = 1024 * 1024
MAX_OBJECTS = 100_000
_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"ref: (refs/heads/[A-Za-z0-9._/-]+)\s*")


@dataclass(frozen=True)
class Commit:
    """The last commit that changed a file, and whether the file in the folder still is the same."""

    moment: datetime
    same: bool


def last_change(clone: Path, path: Path) -> Commit | None:
    """The last commit on HEAD that changed `path`; None if that cannot be found out.

    Raises NoGitError if nothing can be found out here.
    """
    theirs, objects = clone / ".git", clone / ".git" / "objects"
    head = _head(theirs)
    if head is None or not is_folder(theirs) or not is_folder(objects):
        return None
    place = path.relative_to(clone).as_posix()
    try:
        with tempfile.TemporaryDirectory(prefix="unrolled-git-") as folder:
            ours = Path(folder)
            _git(ours, "init", "--bare", "--quiet", ".")
            _require_plain(objects)
            # Under a name of ours: git would read lines, quotes and escapes in the clone's own.
            (ours / "theirs").symlink_to(objects.absolute())
            (ours / "objects" / "info" / "alternates").write_text(f"{ours / 'theirs'}\n")
            form = ("--format=%at %ct", "-1", head, "--", f":(literal){place}")
            times = _git(ours, "log", *form).split()
            blob = _git(ours, "rev-parse", "--verify", f"{head}:{place}").decode().strip()
            size = int(_git(ours, "cat-file", "-s", blob))
            # A small pack may hold a blob that fills the memory.
            if size > notebook.MAX_BYTES:
                return None
            stored = _git(ours, "cat-file", "blob", blob)
    except NoGitError:
        raise
    except (UsageError, OSError, ValueError):
        return None
    if len(times) != 2:
        return None
    moment = _moment(max(int(time) for time in times))
    return None if moment is None else Commit(moment, _lines(stored) == _lines(_here(path)))


def _lines(data: bytes | None) -> bytes | None:
    """The same text with the ends of lines that git stores: on Windows it checks out others."""
    return None if data is None else data.replace(b"\r\n", b"\n")


def _head(theirs: Path) -> str | None:
    """The commit that HEAD names, read as text: loose, packed or detached."""
    text = _text(theirs / "HEAD")
    if match := _REF.fullmatch(text):
        if ".." in match[1]:
            return None
        loose = _text(theirs / match[1]).strip()
        packed = re.search(rf"^(\w+) {re.escape(match[1])}$", _text(theirs / "packed-refs"), re.M)
        text = loose or (packed[1] if packed else "")
    return text.strip() if _HASH.fullmatch(text.strip()) else None


def _text(path: Path) -> str:
    try:
        return read_bytes(path, MAX_BYTES).decode("utf-8", "replace")
    except UsageError:
        return ""


def _require_plain(objects: Path) -> None:
    """Raise UsageError if a clone's objects lie elsewhere, or are what git would wait for.

    Alternates and links name any folder there is; git opens a pipe and waits.
    """
    if os.path.lexists(objects / "info" / "alternates"):
        raise UsageError("the clone borrows objects")
    left = MAX_OBJECTS
    for current, folders, names in os.walk(objects, onerror=_refuse):
        left -= len(names)
        paths = [Path(current, name) for name in (*folders, *names)]
        if left < 0 or not all(is_file(path) or is_folder(path) for path in paths):
            raise UsageError("the clone has objects that are no plain files, or too many of them")


def _refuse(error: OSError) -> None:
    raise error


def _git(ours: Path, *arguments: str) -> bytes:
    done = git(ours, *arguments)
    if done.returncode != 0:
        raise UsageError(f"git {arguments[0]} failed")
    return done.stdout


def _here(path: Path) -> bytes | None:
    try:
        return read_bytes(path, notebook.MAX_BYTES)
    except UsageError:
        return None


def _moment(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
