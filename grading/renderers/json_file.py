"""A report as one JSON document; docs/report.schema.json is its schema."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from grading.errors import UsageError
from grading.files import write_text

STANDARD_OUTPUT = "-"


def require_writable(target: str) -> None:
    """Raises UsageError, before any work is done, if `target` cannot be written to."""
    if target == STANDARD_OUTPUT:
        return
    path = Path(target)
    if path.is_dir():
        raise UsageError(f"--json {target}: that is a folder, give a file name or -")
    if path.exists() and not path.is_file() and os.access(path, os.W_OK):
        return
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"--json {target}: the folder {path.parent} cannot be written to")


def write(document: dict[str, Any] | list[dict[str, Any]], target: str) -> None:
    """Write `document` to `target`, whole or not at all; `-` is standard output."""
    text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    if target == STANDARD_OUTPUT:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    write_text(Path(target), text)
