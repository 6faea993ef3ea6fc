"""How long a watch takes from a save to the result.

    python benchmarks/watch.py [--saves N] [--json PATH]

It runs `python grader.py watch ex1` as a student would, and saves the file N times by renaming a
new one over it, as many editors do: right programs, each with a different comment, then known
mistakes, which the grader also diagnoses. It measures the wall-clock time from the rename to the
line with the score of all checks that train nothing. It waits for checks that train, and does not
count them; but the last series saves during training, which the watch has to stop first.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grading.course import (
    misconceptions,
    syllabus,
)

EXERCISE = "ex1"
SCORE = " of 100 points"
ALL_DONE = "Everything is right"


class Watched:
    """The watch command with its own file. Use as a context manager."""

    def __init__(self, folder: Path, text: str) -> None:
        self.file = folder / "work.py"
        self.file.write_text(text, encoding="utf-8")
        command = [sys.executable, "grader.py", "watch", EXERCISE, "--submission", str(self.file)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self._lines = self._process.stdout

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def save(self, text: str) -> float:
        """Save the file; return the seconds until the score of the quick checks appears."""
        new = self.file.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        began = time.perf_counter()
        new.rename(self.file)
        self.wait_for(f"{self.file.name} at")
        self.wait_for(SCORE)
        return time.perf_counter() - began

    def wait_for(self, words: str) -> None:
        for line in self._lines:
            if words in line:
                return
        raise RuntimeError(f"the watch ended before it said {words!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--saves", type=int, default=30)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    exercise = syllabus.load(syllabus.ROOT).exercise(EXERCISE)
    reference = exercise.reference.read_text(encoding="utf-8")
    known = [one for one in misconceptions.load(exercise.misconceptions) if not one.same_as]
    chosen = known[:: max(1, len(known) // options.saves)][: options.saves]
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as folder:
        figures = {
            "right programs": list(right(Path(folder), reference, options.saves)),
            "known mistakes": list(
                wrong(Path(folder), reference, [m.made_in(reference) for m in chosen])
            ),
            "while it is training": list(interrupting(Path(folder), reference, options.saves)),
        }
    for name, seconds in figures.items():
        ninth = statistics.quantiles(seconds, n=10)[-1]
        print(
            f"{name:22} {len(seconds)} saves: median {statistics.median(seconds):.2f} s,"
            f" 90 % within {ninth:.2f} s, longest {max(seconds):.2f} s"
        )
    print(f"load after: {os.getloadavg()[0]:.1f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def right(folder: Path, reference: str, saves: int) -> Iterator[float]:
    with Watched(folder, reference) as watched:
        watched.wait_for(ALL_DONE)
        for number in range(saves):
            yield watched.save(f"{reference}# {number}\n")
            watched.wait_for(ALL_DONE)


def wrong(folder: Path, reference: str, mistakes: Sequence[str]) -> Iterator[float]:
    with Watched(folder, reference) as watched:
        watched.wait_for(ALL_DONE)
        for mistake in mistakes:
            yield watched.save(mistake)
            time.sleep(3)  # for the training, if the mistake leaves anything to train


def interrupting(folder: Path, reference: str, saves: int) -> Iterator[float]:
    with Watched(folder, reference) as watched:
        watched.wait_for(SCORE)
        for number in range(saves):
            time.sleep(0.3)
            yield watched.save(f"{reference}# {number}\n")


if __name__ == "__main__":
    main()
