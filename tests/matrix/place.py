"""Where a cell is installed, and programs that run there."""

import os
import platform
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.matrix.cells import Cell
from tests.matrix.records import ROOT

# Reads what is installed without importing it: importing PyTorch's CUDA build takes seconds.
_VERSIONS = """
import json, platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
found = {"python": platform.python_version()}
for name in ("torch", "numpy"):
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
if "torch" in found:
    build = {}
    exec(Path(find_spec("torch").origin).with_name("version.py").read_text(), build)
    found["torch"], found["build"] = build["__version__"], "CUDA" if build["cuda"] else "CPU"
print(json.dumps(found))
"""


class PlaceError(Exception):
    """The cell cannot be run like that; one line says what to do."""


@dataclass(frozen=True)
class Done:
    """How a program ended. `code` is negative where a signal ended it."""

    code: int
    output: str
    errors: str

    @property
    def last_words(self) -> str:
        return (self.errors.strip() or self.output.strip()).rpartition("\n")[2][:300]


@dataclass(frozen=True)
class Place:
    """A virtual environment, and a folder for what steps leave."""

    venv: Path
    folder: Path

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    def course(self, *arguments: str | Path, seconds: int) -> Done:
        """`python grader.py ...` of the course that this file belongs to."""
        return run([self.python, "grader.py", *arguments], seconds)


def run(command: list[str | Path], seconds: int) -> Done:
    """The program, in the course's folder; after so many seconds it is ended, with its children."""
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        errors += f"\nended after {seconds} s"
    except KeyboardInterrupt:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return Done(process.returncode, output, errors)


def versions(python: Path) -> Done:
    """The versions of Python, torch and numpy, as JSON."""
    return run([python, "-c", _VERSIONS], 60)


def find_python(cell: Cell, given: str | None) -> str:
    """An interpreter of the cell's version: the one that is given, this one, or one on the path.

    Raises PlaceError.
    """
    minor = ".".join(cell.python.split(".")[:2])
    candidates = [given] if given else [sys.executable, f"python{minor}", "/usr/bin/python3"]
    for candidate in candidates:
        if (program := shutil.which(candidate)) and fits(cell, python_version(program)):
            return program
    raise PlaceError(f"no Python {cell.python} is {' or '.join(candidates)}: use --python PATH")


def python_version(program: str) -> str:
    if program == sys.executable:
        return platform.python_version()
    return run([program, "-c", "import platform; print(platform.python_version())"], 60).output


def fits(cell: Cell, version: str) -> bool:
    """Whether this is the cell's Python: 3.12.1 for 3.12, but 3.11.2 for 3.11.2 alone."""
    wanted = cell.python.split(".")
    return version.strip().split(".")[: len(wanted)] == wanted
