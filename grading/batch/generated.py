"""The files of a batch: each is written whole, replaced by the next run, and never if edited.

The store knows the hash of every file that a run has written. A file with another content was
edited by a person: it is kept under another name, and said. What an earlier run has written and
this one has not is no result of this run, and goes.
"""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from grading.batch.store import Store
from grading.files import UNFINISHED, sha256_of, write, writing_bytes

# A store of version 1 does not know what was written. People edit tables, but not pages.
_NEVER_EDITED = (
    *("feedback/*.html", "gradescope/*.json", "results.jsonl", "junit.xml", "class.html"),
)
# So many files are told to the store at once, as each telling waits for the disk.
_AT_ONCE = 200


class Generated:
    """Writes the files of one run below `folder`.

    `kept` has a line for each edited file that was moved out of the way, also by a run before this
    one that ended before it could say so. `spared` are files that
    may be overwritten although they were edited: what was written into them has been taken.
    """

    def __init__(self, folder: Path, store: Store, spared: frozenset[str] = frozenset()) -> None:
        self.kept = store.moved()
        self.folder = folder
        self._store, self._spared = store, spared
        self._known = store.written() or self._adopted()
        self._remove_unfinished()
        self._done: dict[str, str] = {}
        self._waiting: list[tuple[str, bytes]] = []
        for name in self._known:
            self._move_away(name)

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file, at the latest in `flush`. Raises OSError."""
        data = content.encode("utf-8") if isinstance(content, str) else content
        self._waiting.append((name, data))
        if len(self._waiting) >= _AT_ONCE:
            self.flush()

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[str]]:
        """A text file that takes its place once it is complete. Raises OSError."""
        with (
            self.writing_bytes(name) as raw,
            io.TextIOWrapper(raw, encoding="utf-8", newline="") as file,
        ):
            yield file

    @contextmanager
    def writing_bytes(self, name: str) -> Iterator[IO[bytes]]:
        """Like `writing`, for a file that is no text. Raises OSError."""
        self._require_ours(name)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing_bytes(path) as file:
            yield file
            if not file.closed:  # as a text file above it does
                file.flush()
            self._tell({name: sha256_of(Path(file.name))})

    def close(self) -> None:
        """Write what waits, and remove what earlier runs have left. Raises OSError."""
        self.flush()
        for name in self._known.keys() - self._done.keys():
            (self.folder / name).unlink(missing_ok=True)
        self._store.keep_written(self._done)

    def flush(self) -> None:
        """Write what waits. Raises OSError."""
        waiting, self._waiting = self._waiting, []
        for name, _ in waiting:
            self._require_ours(name)
        # The store knows first: a run that is killed here has edited nothing.
        self._tell({name: hashlib.sha256(data).hexdigest() for name, data in waiting})
        for name, data in waiting:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, data)

    def _tell(self, files: dict[str, str]) -> None:
        self._store.add_written(files.items())
        self._done |= files

    def _require_ours(self, name: str) -> None:
        """Move a file away that no run has written."""
        if name not in self._known and name not in self._done:
            self._move_away(name)

    def _move_away(self, name: str) -> None:
        """Keep a file under another name, if it is there and is not as a run has written it."""
        path = self.folder / name
        if name in self._spared or not path.is_file():
            return
        if sha256_of(path) in self._known.get(name, ()):
            return
        number = 1
        while (beside := path.with_name(f"{path.name}.edited-{number}")).exists():
            number += 1
        edited = "was edited" if self._known.get(name) else "may have been edited"
        line = f"{name} {edited}: kept as {beside.relative_to(self.folder)}"
        self._store.add_moved(line)
        path.rename(beside)
        self.kept.append(line)

    def _remove_unfinished(self) -> None:
        """Remove what a run that was killed was about to write."""
        for place in {(self.folder / name).parent for name in self._known}:
            for path in place.glob(".*"):
                made = UNFINISHED.fullmatch(path.name)
                name = made and (place / made["name"]).relative_to(self.folder).as_posix()
                if name in self._known and not path.is_symlink():
                    path.unlink(missing_ok=True)

    def _adopted(self) -> dict[str, set[str]]:
        """What an older version has written, and nobody edits: as it is now."""
        found = (file for pattern in _NEVER_EDITED for file in self.folder.glob(pattern))
        files = [file for file in found if file.is_file()]
        return {
            file.relative_to(self.folder).as_posix(): {sha256_of(file)} for file in sorted(files)
        }
