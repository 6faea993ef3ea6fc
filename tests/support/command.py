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


def run(
    *arguments: str | Path, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "grader.py"), *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def valid(document: object) -> dict[str, object]:
    Draft202012Validator(SCHEMA).validate(document)
    assert isinstance(document, dict)
    return document
