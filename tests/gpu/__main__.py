"""`python -m tests.gpu OUT [PART...]`: run parts until the time is up, and sum them up.

Each part has a process of its own, so that none takes the next ones with it, and is given what is
left of the time. OUT holds PART.json and PART.log of each, and summary.json. Ends with 0 if every
part that ran did well, 1 if one did not, 2 if the call makes no sense, 130 if interrupted.
"""

import argparse
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from grading.course.syllabus import ROOT
from grading.renderers import json_file
from tests.gpu import PARTS
from tests.gpu.record import Record, Status

# For a part that is told to end: until then it has taken down what it started.
GRACE_SECONDS = 5.0


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    end = time.monotonic() + options.limit - options.gone
    parts = [part for part in PARTS if part in (options.parts or PARTS)]
    for part in parts:
        Record(part, options.device).save(options.out)
        (options.out / f"{part}.log").unlink(missing_ok=True)
    records = []
    code = 0
    try:
        for record in run_parts(parts, options.device, options.out, end):
            records.append(record)
            print(_line(record), flush=True)
    except KeyboardInterrupt:
        code = 130
    _sum_up(parts, options)
    return code or int(any(record.bad for record in records))


def run_parts(parts: Sequence[str], device: str, out: Path, end: float) -> Iterator[Record]:
    """What has become of each part, as it ends."""
    for part in parts:
        left = end - time.monotonic()
        if left > 0:
            run_one(part, device, out, left)
        yield Record.load(out, part)


def run_one(part: str, device: str, out: Path, seconds: float) -> None:
    command = [sys.executable, "-m", "tests.gpu.part", part, device, str(out)]
    began = time.monotonic()
    status, error = Status.CUT_OFF, ""
    # What a part that is cut off leaves behind goes with its temporary folder.
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        (out / f"{part}.log").open("wb") as log,
    ):
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
        )
        try:
            code = process.wait(seconds)
            status, error = (
                Status.FAILED,
                f"its process ended with exit code {code}: see {part}.log",
            )
        except subprocess.TimeoutExpired:
            pass
        finally:
            _end(process)
            settle(out, part, status, error, time.monotonic() - began)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a part and all that it has started, gently first; one that the kernel holds is left."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
            return


def settle(out: Path, part: str, status: Status, error: str, seconds: float) -> None:
    """Say how a part ended that could not say so itself, and how long each took."""
    record = Record.load(out, part)
    record.seconds = round(seconds, 1)
    if record.status in (Status.RUNNING, Status.NOT_REACHED):
        record.status, record.error = status, error
    record.save(out)


def _sum_up(parts: Sequence[str], options: argparse.Namespace) -> None:
    records = [Record.load(options.out, part) for part in parts]
    summary = {
        "device": options.device,
        "limit": options.limit,
        "parts": {
            record.part: {
                "status": record.status,
                "seconds": record.seconds,
                "error": record.error,
                "problems": len(record.problems),
            }
            for record in records
        },
    }
    json_file.write(summary, str(options.out / "summary.json"))


def _line(record: Record) -> str:
    """environment  ok              31.4 s"""
    words = f"{record.part:12} {record.status:12} {record.seconds:6.1f} s"
    said = [record.error] if record.error else record.problems
    more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
    return f"{words}  {said[0].splitlines()[0]}{more}" if said else words


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _options() -> argparse.Namespace:
    parser = _Parser(prog="tests/gpu.sh", description="Gather figures from a GPU.")
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder for the results")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda")
    parser.add_argument("--limit", type=float, default=360.0, help="seconds for all parts")
    parser.add_argument("--gone", type=float, default=0.0, help="seconds of them gone already")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}: choose from {', '.join(PARTS)}")
    if not 0 <= options.limit < math.inf:
        parser.error(f"argument --limit: {options.limit} is not a number of seconds")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"{options.out} cannot be made: {error.strerror}")
    return options


if __name__ == "__main__":
    sys.exit(main())
