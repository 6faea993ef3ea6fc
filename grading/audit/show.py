"""Prints what an audit found, and what a calibration measured, for the author of a course."""

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from grading.audit.audit import MUTATION_SCORE, Audit, Kind
from grading.course.syllabus import Exercise
from grading.course.thresholds import Calibration
from grading.renderers.table import print_table


def print_audit(result: Audit, exercises: Sequence[Exercise], plain: bool) -> None:
    """Print the counts, the table of tolerances, and every finding."""
    rows = []
    for exercise in exercises:
        for kind in Kind:
            about = (exercise.id, kind)
            if count := result.counts[about]:
                findings = [item for item in result.findings if (item.exercise, item.kind) == about]
                bad = {finding.name for finding in findings}
                rows.append((f"{exercise.id}: {kind}s", f"{count}", f"{len(bad)}"))
    print_table(("what", "graded", "not as it should be"), rows, plain)
    margins = [
        (
            f"{exercise}: {check}",
            f"{margin.right:.1e}",
            "none seen" if margin.wrong is None else f"{margin.wrong:.1e}",
        )
        for (exercise, check), margin in sorted(result.margins.items())
    ]
    if margins:
        columns = ("compared with the reference, 1 = tolerance", "right", "nearest wrong")
        print_table(columns, margins, plain)
    for line in _summary(result):
        print(line)
    for finding in result.findings:
        print(f"{finding.exercise}, {finding.kind} {finding.name}: {finding.problem}")


def _summary(result: Audit) -> Iterator[str]:
    """How many known mistakes were named, and the mutation score."""
    graded: Counter[Kind] = Counter()
    for (_, kind), count in result.counts.items():
        graded[kind] += count
    if mistakes := graded[Kind.MISCONCEPTION]:
        yield f"known mistakes named: {result.named} of {mistakes}"
    if mutants := graded[Kind.MUTANT]:
        equivalent = len(result.equivalent)
        counting = mutants - equivalent
        score = f"{1 - result.survivors / counting:.1%}" if counting else "none"
        yield (
            f"mutation score: {score} of {mutants} mutants, {equivalent} of them equivalent and"
            f" left out, {result.survivors} not noticed (at least {MUTATION_SCORE:.0%} wanted)"
        )


def print_value(check: str, variant: str, number: int, value: float) -> None:
    """Print one measurement on standard error."""
    click.echo(f"{check} {variant} {number}: {value:.4g}", err=True)


def print_calibration(check: str, calibration: Calibration, plain: bool) -> None:
    bounds = calibration.bounds
    click.echo(f"{check}: {calibration.quantity}")
    click.echo(f"right if {bounds.above:g} < value <= {bounds.below:g} in one of {bounds.tries}")
    rows = [_row("reference", calibration.right, f"fails: < {calibration.false_fail:.1e}")]
    for name, values in calibration.wrong.items():
        rows.append(_row(name, values, f"passes: {calibration.false_pass(name):.1e}"))
    print_table(("variant", "n", "min", "median", "max", "implied rate"), rows, plain)


def _row(name: str, values: Sequence[float], rate: str) -> tuple[str, ...]:
    if not values:
        return (name, "0", "-", "-", "-", "not measured")
    spread = (min(values), statistics.median(values), max(values))
    return (name, str(len(values)), *(f"{value:.4g}" for value in spread), rate)
