"""Prints a calibration: distributions, bounds, and the error rates they imply."""

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from grading.course.thresholds import Calibration
from grading.renderers.table import print_table

if TYPE_CHECKING:
    from grading.audit.calibrate import Value


def print_value(value: "Value") -> None:
    """Print one measurement on standard error."""
    click.echo(f"{value.check} {value.variant} {value.number}: {value.value:.4g}", err=True)


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
