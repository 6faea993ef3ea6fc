"""Every lab in its shortest setting, on the reference; with --device where it has that option."""

import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grading.course.syllabus import ROOT
from grading.errors import UsageError
from tests.gpu.record import Job

# In this order: what shakespeare has trained is what generate, neurons and dynamics read.
RUN = "shakespeare/lstm-reference.pt"
SHORTEST: dict[str, tuple[str, ...]] = {
    "shakespeare": (
        *("--iterations", "24", "--hidden-units", "8", "--batch-size", "4", "--drop-at", "18"),
        *("--unroll-length", "8", "--reporting-interval", "16", "--device", "{device}"),
    ),
    "generate": ("--checkpoint", f"{{out}}/{RUN}", "--length", "40", "--device", "{device}"),
    "neurons": ("--checkpoint", f"{{out}}/{RUN}", "--untrained", "1"),
    "dynamics": ("--checkpoint", f"{{out}}/{RUN}", "--untrained", "1", "--length", "200"),
    "gradients": ("--draws", "3", "--long-sequence-length", "40"),
    "sine": ("--iterations", "40", "--reporting-interval", "20"),
}


def run(job: Job) -> None:
    if find_spec("matplotlib") is None:
        raise UsageError("the labs need matplotlib")
    labs: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, options in SHORTEST.items():
            labs[name] = _lab(name, options, job.device, Path(folder))
            job.keep(labs=labs)
            if code := labs[name]["exit_code"]:
                job.problem(f"{name} ends with {code}: {labs[name]['errors']}")


def _lab(name: str, options: tuple[str, ...], device: str, folder: Path) -> dict[str, Any]:
    given = [option.format(device=device, out=folder) for option in options]
    out = folder / name
    command = [sys.executable, f"labs/{name}.py", "--reference", "--seed", "1", "--out", str(out)]
    began = time.monotonic()
    ended = subprocess.run([*command, *given], cwd=ROOT, capture_output=True, text=True)
    return {
        "exit_code": ended.returncode,
        "seconds": round(time.monotonic() - began, 2),
        "device": device if "--device" in given else "cpu",
        "printed": ended.stdout[-3000:],
        "errors": ended.stderr[-2000:].strip(),
    }
