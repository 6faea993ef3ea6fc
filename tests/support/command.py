"""The command line, as users call it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

from grading.course.syllabus import ROOT
from tests.support.patience import PATIENCE

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
QUICK = ("--check", "net_reads_every_input")


def called(
    *command: str | Path, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def run(
    *arguments: str | Path, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`python grader.py` with these arguments."""
    return called(sys.executable, ROOT / "grader.py", *arguments, cwd=cwd, **environment)


def valid(document: object) -> dict[str, object]:
    Draft202012Validator(SCHEMA).validate(document)
    assert isinstance(document, dict)
    return document
