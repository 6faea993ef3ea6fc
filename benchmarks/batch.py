"""A class of any size: is every mark right, and what does a submission cost?

    python benchmarks/batch.py [--size N ...] [--exercise ID] [--hostile SHARE] [--kills N]

Each class consists of right variants, known mistakes, stubs and the requested share of hostile
files, all made distinct by a comment. Equal programs must get equal marks, right ones full marks,
hostile ones none. It prints for each size wall and CPU seconds per submission, the peak memory of
all processes together (`meter.py`), and the cost of the last tenth against the first. With --kills
it kills the batch N times at random moments and starts it again: no result may be lost or graded
twice.
"""

import argparse
import csv
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import meter

from grading.course import (
    misconceptions,
    syllabus,
)
from grading.course.syllabus import Exercise

HOSTILE = (
    "import os\nos._exit(0)\n",
    "import sys\nsys.exit(0)\n",
    "import ctypes\nctypes.string_at(0)\n",
    "hog = bytearray(20 * 1024**3)\n",
    "import os\nos.kill(os.getppid(), 9)\nos.kill(-1, 9)\nraise SystemExit\n",
    "open('/etc/passwd', 'w')\n",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, nargs="+", default=[20, 200])
    parser.add_argument("--exercise", default="ex4")
    parser.add_argument("--hostile", type=float, default=0.05)
    parser.add_argument("--kills", type=int, default=0)
    options = parser.parse_args()
    exercise = syllabus.load(syllabus.ROOT).exercise(options.exercise)
    for size in options.size:
        with tempfile.TemporaryDirectory() as folder:
            work, out = Path(folder, "class"), Path(folder, "grades")
            bases = make_class(exercise, work, size, options.hostile)
            if options.kills:
                killed(exercise, work, out, options.kills)
            measured(exercise, work, out, bases, size)


def make_class(exercise: Exercise, folder: Path, size: int, hostile: float) -> dict[str, str]:
    """Write the class; return the base program of each submission."""
    chance = random.Random(size)
    reference = exercise.reference.read_text(encoding="utf-8")
    known = [one for one in misconceptions.load(exercise.misconceptions) if not one.unnamed]
    honest = {"right": reference, "stub": exercise.stub.read_text(encoding="utf-8")}
    honest |= {one.name: one.made_in(reference) for one in known[:: len(known) // 12]}
    attacks = {f"hostile {n}": attack + reference for n, attack in enumerate(HOSTILE)}
    bases: dict[str, str] = {}
    for number in range(size):
        pool = attacks if chance.random() < hostile else honest
        base = chance.choice(["right", *honest]) if pool is honest else chance.choice([*attacks])
        path = folder / f"student{number:05}" / exercise.file
        path.parent.mkdir(parents=True)
        path.write_text(f"{pool[base]}\n# student {number}\n", encoding="utf-8")
        bases[path.parent.name] = base
    return bases


def command(exercise: Exercise, work: Path, out: Path) -> list[str]:
    options = ["--exercise", exercise.id, "--seed", "1", "--plain"]
    return [sys.executable, "grader.py", "batch", str(work), "--out", str(out), *options]


def killed(exercise: Exercise, work: Path, out: Path, kills: int) -> None:
    """Kill the batch at random moments; print how many results were kept and lost."""
    chance = random.Random(kills)
    before: set[tuple[str, float]] = set()
    lost = 0
    for _ in range(kills):
        process = subprocess.Popen(
            command(exercise, work, out),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.2, 6.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        kept = stored(out)
        lost += len(before - kept)  # or graded again, at another time
        before = kept
    print(f"killed {kills} times: {len(before)} results kept, {lost} lost or graded twice")


def stored(out: Path) -> set[tuple[str, float]]:
    """The results in the store: the key of each, and when it was graded."""
    path = out / "grades.sqlite"
    if not path.exists():
        return set()
    with sqlite3.connect(path, timeout=30) as database:
        tables = database.execute("select name from sqlite_master where name = 'results'")
        if tables.fetchone() is None:
            return set()
        return set(database.execute("select key, graded_at from results"))


def measured(exercise: Exercise, work: Path, out: Path, bases: dict[str, str], size: int) -> None:
    known = len(stored(out))
    log = work.parent / "log.txt"
    code, cost = meter.run(command(exercise, work, out), ROOT, os.environ, log)
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        marks = {row["submission"]: row["raw_score"] for row in csv.DictReader(file)}
    by_base: dict[str, set[str]] = {}
    for submission, base in bases.items():
        by_base.setdefault(base, set()).add(marks[submission])
    wrong = [base for base, scores in by_base.items() if len(scores) != 1]
    wrong += ["right"] if by_base["right"] != {"100.0"} and by_base["right"] != {"100"} else []
    wrong += [base for base in by_base if base.startswith("hostile") and by_base[base] != {"0.0"}]
    now = max(size - known, 1)
    print(
        f"{size} submissions, exit code {code}, {known} known before: {cost.wall:.1f} s wall,"
        f" {cost.wall / now:.3f} s and {cost.cpu / now:.3f} CPU s for each,"
        f" {cost.memory / 2**20:.0f} MiB, wrong marks: {wrong or 0}"
    )
    with sqlite3.connect(out / "grades.sqlite") as database:
        times = [row[0] for row in database.execute("select graded_at from results order by 1")]
    tenth = len(times) // 10
    if tenth > 1 and not known:
        first = (times[tenth] - times[0]) / tenth
        last = (times[-1] - times[-tenth - 1]) / tenth
        print(f"  first tenth {first:.3f} s each, last tenth {last:.3f} s each: {last / first:.2f}")


if __name__ == "__main__":
    main()
