"""Copies of the course to be handed out: fewer exercises and mistakes, everything else as it is."""

import shutil
import tomllib
from pathlib import Path

from grading.course import syllabus
from grading.course.syllabus import ROOT, Course

FOLDERS = ("grading", "checks", "reference", "exercises", "data", "labs", ".github")
FILES = ("grader.py", "pyproject.toml", "constraints.txt", "README.md", ".gitignore")


def copy_course(root: Path, identity: str, mistakes: int | None = None) -> Course:
    """A course of this exercise alone, with the first few of its known mistakes, or all."""
    for name in FOLDERS:
        if (ROOT / name).exists():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, root / name, ignore=ignored)
    for name in FILES:
        shutil.copyfile(ROOT / name, root / name)
    (root / "docs").mkdir()
    for name in ("notebooks.md", "report.schema.json"):
        shutil.copyfile(ROOT / "docs" / name, root / "docs" / name)
    plan = tomllib.loads((ROOT / "course.toml").read_text(encoding="utf-8"))
    entry = plan["exercises"][identity]
    (root / "course.toml").write_text(
        f'title = "{plan["title"]}"\n[exercises.{identity}]\n'
        f'title = "{entry["title"]}"\nfile = "{entry["file"]}"\n',
        encoding="utf-8",
    )
    copied = syllabus.load(root)
    if mistakes is not None:
        path = copied.exercise(identity).misconceptions
        begin, *entries = path.read_text(encoding="utf-8").split("[[misconception]]")
        path.write_text("[[misconception]]".join([begin, *entries[:mistakes]]), encoding="utf-8")
    return copied
