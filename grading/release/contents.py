"""The files of a student edition, by path."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from grading.checking.suites import checks, max_score
from grading.course import stubs
from grading.course.edition import MANIFEST
from grading.course.syllabus import Course, Exercise
from grading.errors import GraderError
from grading.release.public_part import PublicPart
from grading.release.record import only_public

FORMAT = "unrolled/edition/1"
FOLDERS = ("grading", "labs", "data", ".github/actions")
FILES = ("grader.py", "course.toml", "pyproject.toml", "constraints.txt", "LICENSE", ".gitignore")
# These grade pull requests; the others test the course itself.
WORKFLOWS = (".github/workflows/grade.yml", ".github/workflows/pull-request.yml")
DOCS = ("student.md", "notebooks.md", "report.schema.json")
TEMPLATES = Path(__file__).parent / "templates"

_LINK = re.compile(r"\[([^\]]+)\]\(([^)#:\s]+)(#[^)]*)?\)")
_FOR_INSTRUCTORS = re.compile(r"^## For instructors\b.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)


def contents(
    course: Course, checks: PublicPart, recorded: Mapping[str, bytes], seeds: Sequence[int]
) -> dict[str, bytes]:
    """Every file of the edition. Raises GraderError if one cannot be read."""
    exercises = list(course.exercises.values())
    root = exercises[0].root
    files = {**dict(copied(root, (*FILES, *WORKFLOWS), FOLDERS)), **dict(_docs(root))}
    files |= {_name(path, root): text.encode() for path, text in stubs.made(course).items()}
    files |= {_name(path, root): text.encode() for path, text in checks.files.items()}
    files |= recorded
    files["checks/pytest.ini"] = _read(root / "checks" / "pytest.ini")
    for exercise in exercises:
        if kept := _public_thresholds(exercise):
            files[_name(exercise.thresholds, root)] = _json(kept)
    files["README.md"] = _readme(course, files, seeds).encode()
    files = {name: _without_dead_links(name, data, files) for name, data in files.items()}
    asked = {
        exercise.id: files[name].decode()
        for exercise in exercises
        if (name := _name(exercise.questions, root)) in files
    }
    about = {"format": FORMAT, "course": course.title, "files": sums(files), "questions": asked}
    files[MANIFEST] = _json(about)
    return dict(sorted(files.items()))


def sums(files: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each file, by path."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}


def copied(root: Path, names: Sequence[str], folders: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """These files and folders unchanged, without what programs left there."""
    for name in names:
        if (root / name).exists():
            yield name, _read(root / name)
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and not _is_left_over(path, root):
                yield _name(path, root), _read(path)


def _docs(root: Path) -> Iterator[tuple[str, bytes]]:
    """Documentation for students."""
    for name in DOCS:
        if (root / "docs" / name).exists():
            data = _read(root / "docs" / name)
            yield f"docs/{name}", _FOR_INSTRUCTORS.sub("", data.decode()).strip().encode() + b"\n"


def _is_left_over(path: Path, root: Path) -> bool:
    """Whether a program left the file there: a cache, or something hidden inside a folder."""
    inner = path.relative_to(root).parts[1:]
    return any(part.startswith(".") and part != ".gitattributes" for part in inner) or any(
        part == "__pycache__" or part.endswith(".egg-info") for part in inner
    )


def _public_thresholds(exercise: Exercise) -> dict[str, Any]:
    """The bounds of public checks, without the measurements behind those of hidden checks."""
    if not exercise.thresholds.exists():
        return {}
    public = checks(only_public(exercise))
    content = json.loads(_read(exercise.thresholds))
    return {name: value for name, value in content.items() if name in public}


def _readme(course: Course, files: Mapping[str, bytes], seeds: Sequence[int]) -> str:
    text = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    exercises = list(course.exercises.values())
    points = {exercise.id: max_score(only_public(exercise)) for exercise in exercises}
    rendered: str = environment.from_string(text).render(
        course=course,
        exercises=exercises,
        first=exercises[0],
        points=points,
        seeds=", ".join(map(str, seeds)),
        files=files,
        folders={name.split("/")[0] for name in files if "/" in name},
    )
    return rendered


def _without_dead_links(name: str, data: bytes, files: Mapping[str, bytes]) -> bytes:
    """Markdown in which links to files outside the edition are reduced to their words."""
    if not name.endswith(".md") or name.startswith("grading/"):
        return data
    folder = Path(name).parent

    def kept(match: re.Match[str]) -> str:
        target = os.path.normpath(folder / match[2])
        leads = target in files or any(other.startswith(f"{target}/") for other in files)
        return match[0] if leads else match[1]

    return _LINK.sub(kept, data.decode()).encode()


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise GraderError(f"{path.name} cannot be read: {error.strerror}") from error
