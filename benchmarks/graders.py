"""Grade the same class with this grader and with others: what it costs, and which are fooled.

    python benchmarks/graders.py [--peers NAME,...] [--json PATH] [--size N] [--rounds N]
                                 [--cache FOLDER]

Each grader gets the same twelve checks of exercise 1 (`twelve.py`) in its own format (`peers.py`),
and the same 20 right submissions in many styles. The benchmark measures grading the 20: CPU
seconds, wall seconds and the peak memory of all processes together (`meter.py`), all on one core:
seconds on two threads of one core cannot be compared with seconds on one. Then each grades three
submissions alone: a wrong one, the same one with a torch.allclose that always agrees, and one that
looks around for the reference (`cheats.py`).

The others are installed by name from the package index, each into its own virtual environment in
the cache folder (1.3 GB each, made once); they are not dependencies of this project.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import cheats
import meter
import twelve
from meter import Cost
from peers import GRADERS, Grader, Unrolled

ONE_CORE = [max(os.sched_getaffinity(0))]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "unrolled-graders"
# All graders compute with the same versions.
SHARED = ("torch", "numpy")
CHEATS = {"wrong": cheats.wrong, "patched": cheats.says_yes, "reader": lambda: cheats.LOOKS_AROUND}


@dataclass
class Figures:
    """One grader: its median cost for the class, the number of full marks, each cheat's score."""

    cost: Cost
    right: int
    cheats: dict[str, int]


def main() -> None:
    options = parsed()
    right = twelve.right(options.size)
    chosen = [one for one in GRADERS if one is Unrolled or one.name in options.peers]
    pythons = {one: python_of(one, options.cache) for one in chosen}
    costs: dict[type[Grader], list[Cost]] = {one: [] for one in chosen}
    rights: dict[type[Grader], int] = {}
    for _ in range(options.rounds):
        for one in chosen:
            cost, scores = graded(one, pythons[one], right)
            costs[one].append(cost)
            rights[one] = sum(score == len(twelve.CHECKS) for score in scores.values())
            say(f"{one.name}: {cost.cpu:.1f} CPU s, {cost.wall:.1f} s")
    found: dict[str, Figures] = {}
    for one in chosen:
        fooled = {
            name: graded(one, pythons[one], {name: source()})[1][name]
            for name, source in CHEATS.items()
        }
        found[one.name] = Figures(median(costs[one]), rights[one], fooled)
    print_table(found, options.size)
    if options.json:
        document = {name: asdict(figures) for name, figures in found.items()}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def parsed() -> argparse.Namespace:
    names = [one.name for one in GRADERS if one is not Unrolled]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--peers",
        type=lambda text: [name for name in text.split(",") if name],
        default=names,
        metavar="NAME,...",
        help=f"of {', '.join(names)}; all by default",
    )
    parser.add_argument("--json", type=Path, metavar="PATH")
    parser.add_argument("--size", type=int, default=20, help="how many right submissions")
    parser.add_argument("--rounds", type=int, default=1, help="medians of so many")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where others are installed")
    options = parser.parse_args()
    if unknown := set(options.peers) - set(names):
        parser.error(f"no grader is called {', '.join(unknown)}: choose from {', '.join(names)}")
    return options


def python_of(grader: type[Grader], cache: Path) -> Path:
    """A grader's interpreter; its packages are installed first if they are missing."""
    if grader is Unrolled:
        return Path(sys.executable)
    folder = cache / grader.installed
    python, stamp = folder / "bin" / "python", folder / "installed.txt"
    wanted = [*grader.packages, *SHARED]
    if stamp.exists() and stamp.read_text(encoding="utf-8").split() == wanted:
        return python
    say(f"installing {', '.join(grader.packages)} into {folder}")
    venv.create(folder, with_pip=True, clear=True)
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write("\n".join(pin for pin in pins if pin.split("==")[0] in SHARED))
        constraints.flush()
        command = [python, "-m", "pip", "install", "-q", "-c", constraints.name, *wanted]
        subprocess.run(command, check=True)
    stamp.write_text("\n".join(wanted), encoding="utf-8")
    return python


def graded(
    kind: type[Grader], python: Path, submissions: Mapping[str, str]
) -> tuple[Cost, dict[str, int]]:
    """Grade a class from scratch; return the cost and the score of each submission."""
    with tempfile.TemporaryDirectory(prefix="graders-") as scratch:
        # So deep that a cheat that looks around sees none of the user's files.
        folder = Path(scratch, "one", "two", "three")
        folder.mkdir(parents=True)
        grader = kind(folder, python)
        log = folder / "log.txt"
        costs = [
            meter.run(command.words, command.folder, command.environment, log, cores=ONE_CORE)[1]
            for command in grader.prepare(submissions)
        ]
        return reduce(add, costs), grader.scores(submissions)


def median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.wall for cost in costs),
        max(cost.memory for cost in costs),
    )


def print_table(found: Mapping[str, Figures], size: int) -> None:
    print(f"\n{size} right submissions, {len(twelve.CHECKS)} checks; cheats alone, of 12:")
    print(
        f"{'grader':24} {'CPU s':>7} {'times':>6} {'wall s':>7} {'MiB':>6} {'right':>6}"
        f" {'wrong':>6} {'patched':>8} {'reader':>7}"
    )
    ours = found[Unrolled.name].cost.cpu
    for name, one in found.items():
        cost, scores = one.cost, one.cheats
        print(
            f"{name:24} {cost.cpu:7.1f} {cost.cpu / ours:6.1f} {cost.wall:7.1f}"
            f" {cost.memory / 2**20:6.0f} {one.right:6} {scores['wrong']:6}"
            f" {scores['patched']:8} {scores['reader']:7}"
        )


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
