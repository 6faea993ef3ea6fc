"""Commands for authors: prove a course."""

import sys
from pathlib import Path

import click

from grading.cli.grade import grader_on
from grading.cli.options import CORES
from grading.course import syllabus
from grading.files import require_writable
from grading.report import MAX_SEED

KINDS = ("stub", "reference", "right variant", "misconception", "mutant")


@click.command()
@click.argument("identity", metavar="EXERCISE")
@click.option("--seeds", type=click.IntRange(1), default=30, help="Measurements per variant.")
@click.option("--variant", "variants", multiple=True, help="Only the reference, or this mistake.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@click.option("--plain", is_flag=True, help="No colors, ASCII only.")
def calibrate(
    identity: str, seeds: int, variants: tuple[str, ...], device: str, plain: bool
) -> None:
    """Measure the reference and known mistakes where a check trains something (for authors)."""
    exercise = syllabus.load(syllabus.ROOT).exercise(identity)
    from grading.sandbox.rungs import for_own_programs

    with grader_on(for_own_programs(device), device) as grader:
        from grading.audit.calibrate import calibrate as measure
        from grading.audit.show import print_calibration, print_value

        calibrations = measure(grader, exercise, seeds, print_value, variants)
    for check, calibration in calibrations.items():
        print_calibration(check, calibration, plain)


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a stub is out of date.")
def stubs(check: bool) -> None:
    """Make the stubs in exercises/ from the solutions in reference/ (for authors)."""
    from grading.course.stubs import write_stubs

    changed = write_stubs(syllabus.load(syllabus.ROOT), write=not check)
    for path in changed:
        click.echo(f"{'out of date' if check else 'written'}: {path}")
    sys.exit(1 if check and changed else 0)


@click.command()
@click.argument("identities", metavar="[EXERCISE]...", nargs=-1)
@click.option("--seeds", type=click.IntRange(1), default=1, help="Seeds per right program.")
@click.option("--seed", type=click.IntRange(0, MAX_SEED - 1), default=0, help="Draw other seeds.")
@click.option("--jobs", type=click.IntRange(1), default=CORES)
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda"]),
    default="cpu",
    help="Where the programs compute; cuda takes the lowest rung of isolation. Default: cpu.",
)
@click.option("--only", "kinds", multiple=True, type=click.Choice(KINDS), help="Only these.")
@click.option(
    "--save", type=click.Path(dir_okay=False, path_type=Path), help="Keep the tolerances as JSON."
)
@click.option("--thorough", is_flag=True, help="Train wrong programs too: minutes more.")
@click.option("--plain", is_flag=True, help="No colors, ASCII only.")
def audit(
    identities: tuple[str, ...],
    seeds: int,
    seed: int,
    jobs: int,
    device: str,
    kinds: tuple[str, ...],
    save: Path | None,
    thorough: bool,
    plain: bool,
) -> None:
    """Put the checks themselves to the test: right, wrong and mutated programs (for authors)."""
    from grading.audit import audit as audits
    from grading.audit.show import print_audit
    from grading.fleet.pool import open_fleet
    from grading.renderers.progress import Bar
    from grading.sandbox.rungs import for_own_programs

    if save is not None:
        require_writable(save)
    plan = syllabus.load(syllabus.ROOT)
    exercises = [plan.exercise(identity) for identity in identities or plan.exercises]
    wanted = [audits.Kind(kind) for kind in kinds or KINDS]
    with open_fleet(for_own_programs(device), device, jobs) as pool, Bar(plain, "auditing") as bar:
        result = audits.audit(exercises, pool, seeds, wanted, thorough, bar.show, seed)
    print_audit(result, exercises, plain)
    if save is not None:
        audits.save_margins(result, save)
    sys.exit(1 if result.findings else 0)
