"""Grades in Gradescope's container: from /autograder/submission to /autograder/results.

    python -m grading.gradescope.autograder /autograder [EXERCISE]...

A submission that cannot be read scores 0, with the reason. If the grader itself fails, it writes no
results: Gradescope then tells student and instructor that the autograder failed, without a score.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grading.batch.intake.collect import handed_in
from grading.batch.intake.collected import Collected
from grading.checking.suites import max_score
from grading.course import syllabus
from grading.course.edition import choose_seed
from grading.course.syllabus import Exercise
from grading.errors import ExitCode, GraderError, UsageError
from grading.files import write_text
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.renderers import gradescope
from grading.sandbox.processes import Zygote
from grading.sandbox.rungs import choose


def main(root: Path, identities: Sequence[str]) -> int:
    """Grade what was handed in; return 0 if there are results, 3 if the grader failed."""
    target = root / "results" / "results.json"
    target.unlink(missing_ok=True)  # an earlier run's file is no result of this one
    try:
        plan = syllabus.load(syllabus.ROOT)
        exercises = [plan.exercise(identity) for identity in identities or plan.exercises]
        document = grade(root / "submission", exercises)
    except (UsageError, GraderError) as error:
        print(f"grader: failed, which is not the student's fault: {error}", file=sys.stderr)
        return ExitCode.GRADER_FAILED
    write_text(target, json.dumps(document, indent=1, allow_nan=False) + "\n")
    return 0


def grade(folder: Path, exercises: Sequence[Exercise]) -> dict[str, Any]:
    """The document for one submission. Raises GraderError if there is nothing to report."""
    rung = choose("auto", for_strangers=True)
    handed = {collected.exercise: collected for collected in handed_in(folder, exercises)}
    seed = choose_seed(exercises, None)
    with Grader(rung, Zygote(rung)) as grader:
        documents = [_one(grader, exercise, handed, seed) for exercise in exercises]
    return gradescope.together(documents)


def _one(
    grader: Grader, exercise: Exercise, handed: dict[str, Collected], seed: int
) -> dict[str, Any]:
    collected = handed.get(exercise.id) or handed.get("")
    if collected is None or collected.work is None:
        missing = f"{exercise.file} was not handed in"
        problem = missing if collected is None else collected.problem
        return gradescope.unread(exercise.title, max_score(exercise), problem)
    report = grader.grade(exercise, collected.work.read(), Plan(seed))
    if not report.gradable:
        raise GraderError("; ".join(report.faults) or f"{exercise.id} could not be graded")
    return gradescope.results(report)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
