"""Makes the autograder for Gradescope: a zip of the course, setup.sh and run_autograder."""

import io
import shlex
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from grading.course.stubs import made
from grading.course.syllabus import Course
from grading.errors import UsageError
from grading.files import require_writable
from grading.release.contents import FILES, copied

TEMPLATES = Path(__file__).with_name("templates")
# Everything that grading needs; the rest of the course is left out.
FOLDERS = ("grading", "checks", "reference", "exercises", "data")
# Unix permissions in a zip: rwxr-xr-x for the two programs, rw-r--r-- for the rest.
_PROGRAM, _FILE = 0o100755 << 16, 0o100644 << 16
_DATE = (1980, 1, 1, 0, 0, 0)


def release(course: Course, out: Path, identities: Sequence[str]) -> str:
    """Write the zip for some exercises or all; return a line about it. Raises UsageError."""
    if out.suffix != ".zip" or out.is_dir():
        raise UsageError(f"--gradescope {out}: give the name of a zip file")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out} cannot be created: there is no folder {out.absolute().parent}")
    require_writable(out.absolute().parent)
    graded = [course.exercise(identity).id for identity in identities or course.exercises]
    data = archive(dict(_contents(course, graded)))
    scratch = out.with_name(f".{out.name}.new")
    scratch.write_bytes(data)
    scratch.replace(out)
    return f"written: {out}, {len(data) / 2**20:.1f} MB, grades {', '.join(graded)}"


def _contents(course: Course, identities: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    root = next(iter(course.exercises.values())).root
    # Stubs as they were made: the grader compares with them to see whether a file is untouched.
    untouched = {path.relative_to(root).as_posix(): text for path, text in made(course).items()}
    for name, data in copied(root, (*FILES, "README.md"), FOLDERS):
        yield f"course/{name}", untouched[name].encode() if name in untouched else data
    for name in ("setup.sh", "run_autograder"):
        text = (TEMPLATES / name).read_text(encoding="utf-8")
        yield name, text.replace("EXERCISES", shlex.join(identities)).encode()


def archive(files: dict[str, bytes]) -> bytes:
    """A zip of `files`: the same bytes for the same files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as target:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix: permissions count
            info.external_attr = _FILE if "/" in name else _PROGRAM
            target.writestr(info, content)
    return data.getvalue()
