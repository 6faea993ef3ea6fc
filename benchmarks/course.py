"""What grading the whole course costs, check by check, and what diagnosis adds.

    python benchmarks/course.py [--wrong N]

First it grades every reference once: CPU seconds of grader and workers, the peak memory of a
worker, and each check's wall seconds. Then it runs the training check of exercise 3 on the
reference (a fused core) and on a variant that loops over steps and gates by hand. Last, it grades N
known mistakes of each exercise with and without diagnosis: as a class on one seed, where the
grader remembers the mistakes' answers, and each on its own seed, where it remembers none. No figure
includes importing torch, which a single `python grader.py EXERCISE` does as well.
"""

import argparse
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grading.course import (
    misconceptions,
    syllabus,
)
from grading.course.syllabus import Exercise
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.report import Report
from grading.sandbox import rungs
from grading.sandbox.processes import Zygote
from grading.submission.file import from_bytes

HAND_WRITTEN = ROOT / "tests" / "bank" / "ex3" / "right" / "gates_by_hand.py"
TRAINING = "model_learns_shakespeare"


@dataclass
class Cost:
    """CPU seconds of grader and workers, and the peak memory of a worker in bytes."""

    cpu_seconds: float
    peak_memory: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wrong", type=int, default=12, help="known mistakes per exercise")
    options = parser.parse_args()
    plan = syllabus.load(syllabus.ROOT)
    total = sum(whole_exercise(exercise).cpu_seconds for exercise in plan.exercises.values())
    print(f"all references: {total:.1f} CPU s\n")
    ex3 = plan.exercise("ex3")
    for name, path in (("fused", ex3.reference), ("by hand", HAND_WRITTEN)):
        source = path.read_text(encoding="utf-8")
        _, cost = graded(ex3, [source], only=TRAINING)
        _, without = graded(ex3, [source], only="generate_returns_tokens_and_activations")
        spent = cost.cpu_seconds - without.cpu_seconds
        print(f"{TRAINING}, {name}: about {spent:.1f} CPU s")
    print()
    for exercise in plan.exercises.values():
        diagnosis(exercise, options.wrong)


def whole_exercise(exercise: Exercise) -> Cost:
    [report], cost = graded(exercise, [exercise.reference.read_text(encoding="utf-8")])
    seconds = sum(check.seconds for check in report.checks)
    memory = cost.peak_memory / 2**20
    print(f"{exercise.id}: {cost.cpu_seconds:.2f} CPU s, peak memory of a worker {memory:.0f} MiB")
    for check in sorted(report.checks, key=lambda one: -one.seconds):
        print(f"  {check.seconds / seconds:6.1%} {check.seconds:7.3f} s  {check.id}")
    return cost


def diagnosis(exercise: Exercise, count: int) -> None:
    """Grade evenly chosen known mistakes with and without diagnosis."""
    known = [one for one in misconceptions.load(exercise.misconceptions) if not one.same_as]
    chosen = known[:: max(1, len(known) // count)][:count]
    reference = exercise.reference.read_text(encoding="utf-8")
    sources = [one.made_in(reference) for one in chosen]
    reports, alone = graded(exercise, sources)
    _, together = graded(exercise, sources, one_seed=True)
    _, without = graded(exercise, sources, diagnosed=False)
    named = sum(any(check.misconception for check in report.checks) for report in reports)
    added = (alone.cpu_seconds - without.cpu_seconds) / len(sources)
    print(
        f"{exercise.id}: {len(sources)} mistakes, {named} named; {without.cpu_seconds:.1f} CPU s"
        f" without diagnosis; with it {together.cpu_seconds / without.cpu_seconds:.2f} times that"
        f" for a class, {alone.cpu_seconds / without.cpu_seconds:.2f} on a seed each,"
        f" {added:.2f} s more for each"
    )


def graded(
    exercise: Exercise,
    sources: Sequence[str],
    only: str | None = None,
    diagnosed: bool = True,
    one_seed: bool = False,
) -> tuple[list[Report], Cost]:
    """The reports on these programs, with one seed each or one for all, and their total cost."""
    with Grader(rungs.best(), Zygote(rungs.best())) as grader:
        before = own_seconds()
        reports = [
            grader.grade(
                exercise,
                from_bytes(source.encode(), exercise.file),
                Plan(0 if one_seed else seed, only=only, diagnosis=diagnosed),
            )
            for seed, source in enumerate(sources)
        ]
        grader.answers[exercise.id].close()
        spent = own_seconds() - before + grader.sandbox.usage.cpu_seconds
        return reports, Cost(spent, grader.sandbox.usage.peak_memory)


def own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
