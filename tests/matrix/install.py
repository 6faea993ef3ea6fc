"""The first step: the course and its packages in a virtual environment."""

import json
import re
import shutil
import tomllib
from pathlib import Path

from tests.matrix.cells import Build, Cell, Versions
from tests.matrix.place import Done, Place, run, versions
from tests.matrix.records import ROOT, Verdict
from tests.matrix.verdicts import last_line

SECONDS = 1800
_REQUIREMENT = re.compile(r"([\w.-]+)>=([\w.]+)")


def install(cell: Cell, place: Place, python: str, reuse: bool, uv: bool) -> Verdict:
    """As the README says, into a new environment, or into one that is there already."""
    reused = reuse and place.python.exists()
    if not reused:
        shutil.rmtree(place.venv, ignore_errors=True)
        created = run([python, "-m", "venv", place.venv], SECONDS)
        if created.code != 0:
            return Verdict("no environment", [created.last_words])
    done = run([*installer(cell, place, uv), *constraints(cell, place.folder), *COURSE], SECONDS)
    (place.folder / "install.log").write_text(done.output + done.errors, encoding="utf-8")
    if done.code != 0:
        return Verdict("not installed", [done.last_words])
    return judge(cell, versions(place.python), "reused" if reused else "new")


COURSE = ("-e", ".[dev]")


def installer(cell: Cell, place: Place, uv: bool) -> list[str | Path]:
    """pip, which takes PyTorch's build from where it is told to look; or uv, which knows where."""
    if not uv:
        return [place.python, "-m", "pip", "install", "--no-cache-dir"]
    backend = ["--torch-backend", "cpu"] if cell.build is Build.CPU else []
    return ["uv", "pip", "install", "--python", place.python, *backend]


def constraints(cell: Cell, folder: Path) -> list[str]:
    """The options that choose versions."""
    if cell.versions is Versions.NEWEST:
        return []
    if cell.versions is Versions.PINNED:
        return ["-c", "constraints.txt"]
    file = folder / "lowest.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lowest(ROOT / "pyproject.toml")) + "\n", encoding="utf-8")
    return ["-c", str(file)]


def lowest(pyproject: Path) -> list[str]:
    """Everything that is declared, in the lowest version that is declared to work."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    declared = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        declared += [one for one in extra if not one.startswith(project["name"])]
    pins = []
    for requirement in declared:
        match = _REQUIREMENT.fullmatch(requirement)
        if match is None:
            raise ValueError(f"{requirement} in pyproject.toml does not say a lowest version")
        pins.append(f"{match[1]}=={match[2]}")
    return pins


def judge(cell: Cell, found: Done, environment: str) -> Verdict:
    """Whether the packages are there, and PyTorch's build is the one the cell is about."""
    if found.code != 0:
        return Verdict("not installed", [found.last_words])
    installed = json.loads(last_line(found.output))
    if installed.get("build") != cell.build:
        build = installed.get("build", "no")
        problem = f"{build} build of torch was installed, and the cell is about {cell.build}"
        return Verdict(f"{build} build", [problem])
    return Verdict(f"{environment} environment")
