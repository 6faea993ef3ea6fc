"""Put a finished edition into the requested folder: whole, or not at all."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from grading.course.edition import MANIFEST
from grading.errors import UsageError
from grading.files import require_writable
from grading.release.contents import FORMAT, sums

# These belong to the person who works in an edition, and move into the next one.
CARRIED = (".git", ".venv", ".unrolled")


def require_replaceable(out: Path) -> None:
    """Raise UsageError unless `out` is missing, empty or an edition that nobody has changed."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UsageError(f"{out} is not a folder: give a new name")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out} cannot be created: there is no folder {out.absolute().parent}")
    require_writable(out.absolute().parent)
    if not out.exists() or not any(out.iterdir()):
        return
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        known = dict(manifest["files"]) if manifest["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError):
        known = None
    if known is None:
        raise UsageError(f"{out} is neither empty nor a student edition: give another folder")
    present = sums({name: (out / name).read_bytes() for name in _names(out)})
    present.pop(MANIFEST)
    changed = sorted(name for name in present if known.get(name) != present[name])
    if changed:
        raise UsageError(
            f"{out} holds work that would be lost, {changed[0]} for one: give another folder"
        )


def _names(out: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(out):
        inner = Path(folder).relative_to(out)
        skipped = CARRIED if inner == Path() else ()
        folders[:] = [
            name
            for name in folders
            if name not in (*skipped, "__pycache__") and not name.endswith(".egg-info")
        ]
        yield from ((inner / name).as_posix() for name in names if name not in skipped)


@contextmanager
def staged(out: Path, files: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder beside `out` with these files; in the end it takes the place of `out`."""
    beside = out.absolute().parent
    with tempfile.TemporaryDirectory(dir=beside, prefix=f".{out.name}.") as scratch:
        folder = Path(scratch, out.name)
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        yield folder
        _take_place(folder, out)


def _take_place(folder: Path, out: Path) -> None:
    if not out.exists():
        folder.rename(out)
        return
    old = folder.with_name(f"{out.name}.old")
    carried = [name for name in CARRIED if os.path.lexists(out / name)]
    out.rename(old)
    try:
        _move(carried, old, folder)
        folder.rename(out)
    except OSError:
        # The scratch folder, with everything that is still in it, is about to be deleted.
        _move(carried, folder, old)
        old.rename(out)
        raise


def _move(names: Sequence[str], source: Path, target: Path) -> None:
    for name in names:
        if os.path.lexists(source / name):
            (source / name).rename(target / name)
