"""Prints what an audit found, for the author of a course."""

from collections.abc import Sequence

from grading.audit.audit import MUTATION_SCORE, Audit, Kind
from grading.course.syllabus import Exercise
from grading.renderers.table import print_table


def print_audit(result: Audit, exercises: Sequence[Exercise], plain: bool) -> None:
    """Print the counts, the table of tolerances, and every finding."""
    rows = []
    for exercise in exercises:
        for kind in Kind:
            if count := result.count(exercise.id, kind):
                bad = {
                    f.name for f in result.findings if (f.exercise, f.kind) == (exercise.id, kind)
                }
                rows.append((f"{exercise.id}: {kind}s", f"{count}", f"{len(bad)}"))
    print_table(("what", "graded", "not as it should be"), rows, plain)
    margins = [
        (
            f"{margin.exercise}: {margin.check}",
            f"{margin.right:.1e}",
            "none seen" if margin.wrong is None else f"{margin.wrong:.1e}",
        )
        for _, margin in sorted(result.margins.items())
    ]
    if margins:
        columns = ("compared with the reference, 1 = tolerance", "right", "nearest wrong")
        print_table(columns, margins, plain)
    for line in summary(result):
        print(line)
    for finding in result.findings:
        print(f"{finding.exercise}, {finding.kind} {finding.name}: {finding.problem}")


def summary(result: Audit) -> list[str]:
    """How many known mistakes were named, and the mutation score."""
    lines = []
    mistakes = sum(n for what, n in result.counts.items() if what.endswith(Kind.MISCONCEPTION))
    if mistakes:
        lines.append(f"known mistakes named: {result.named} of {mistakes}")
    mutants = sum(n for what, n in result.counts.items() if what.endswith(Kind.MUTANT))
    if mutants:
        alive = len(result.survivors)
        equivalent = len(result.equivalent)
        score = 1 - alive / (mutants - equivalent)
        lines.append(
            f"mutation score: {score:.1%} of {mutants} mutants, {equivalent} of them"
            f" equivalent and left out, {alive} not noticed (at least {MUTATION_SCORE:.0%} wanted)"
        )
    return lines
