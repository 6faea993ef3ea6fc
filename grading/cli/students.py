"""Commands for students: help with an exercise."""

import os
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grading import hints
from grading.cli.grade import answers_of, grader_on, hints_shown, is_own
from grading.cli.options import WATCH_OPTIONS
from grading.course import edition, questions, syllabus
from grading.errors import ExitCode, UsageError
from grading.report import exit_code
from grading.submission import file as submissions

if TYPE_CHECKING:
    from grading.report import Report


@click.command()
@click.option("--plain", is_flag=True, help="No colors, ASCII only.")
def doctor(plain: bool) -> None:
    """Say what this machine offers: isolation, software, speed."""
    from grading.doctor import examine
    from grading.renderers.table import print_table

    findings = examine()
    print_table(("what", "status", "detail"), findings, plain)
    broken = any(finding.status == "broken" for finding in findings)
    sys.exit(ExitCode.GRADER_FAILED if broken else 0)


@click.command()
@click.argument("identity", metavar="EXERCISE")
@click.option("--submission", type=click.Path(path_type=Path), help="A folder with answers.")
def answers(identity: str, submission: Path | None) -> None:
    """Show canonical answers, where the course allows it, to the questions you have answered."""
    plan = syllabus.load(syllabus.ROOT)
    exercise = plan.exercise(identity)
    if not plan.show_answers:
        raise UsageError("this course does not show canonical answers (course.toml: show_answers)")
    canonical = {question.name: question for question in questions.read(exercise.answers)}
    given = answers_of(exercise, submission)
    for question in given:
        if question.answer and question.name in canonical:
            click.echo(f"{question.text}\n\n{canonical[question.name].answer}\n")
    for doubt in given.doubts:
        click.echo(f"Look at {exercise.questions.name}: {doubt}.")
    if given.unanswered:
        click.echo(f"Unanswered questions: {len(given.unanswered)}. Their answers stay hidden.")


@click.command()
@click.argument("identity", metavar="EXERCISE")
def hint(identity: str) -> None:
    """Give the next hint for what failed last."""
    for line in hint_lines(identity):
        click.echo(line)


def hint_lines(identity: str, own: bool = True) -> list[str]:
    """The next hint for what failed last. Raises UsageError."""
    plan = syllabus.load(syllabus.ROOT)
    exercise = plan.exercise(identity)
    if not own:
        raise UsageError("hints are given for the work in exercises/ only")
    next_hint = hints.next_hint(plan, exercise)
    if next_hint is None:
        return [f"Nothing in {identity} failed last time: no hint is needed."]
    failure = next_hint.failure
    lines = [f"{failure.title} ({failure.check}): {failure.status.replace('_', ' ')}"]
    if failure.message:
        lines.append(f"What came out: {failure.message.splitlines()[0]}")
    charged = f", {plan.hint_price:g} points" if next_hint.is_new and plan.hint_price else ""
    return [*lines, f"Hint {next_hint.tier} of {next_hint.tiers}{charged}: {next_hint.text}"]


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="hand-in.zip")
def pack(out: Path) -> None:
    """Pack your work into one file to hand in."""
    from grading import pack as packing

    plan = syllabus.load(syllabus.ROOT)
    packed = packing.pack(plan, syllabus.ROOT / "exercises")
    try:
        out.write_bytes(packing.as_zip(packed))
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    for line in packing.summary(packed, out):
        click.echo(line)


@click.command("watch", params=WATCH_OPTIONS)
@click.argument("identity", metavar="EXERCISE")
def watch_saves(
    identity: str,
    submission: Path | None,
    seed: int | None,
    isolation: str,
    device: str,
    plain: bool,
) -> None:
    """Grade again at each save, and say what flipped."""
    exercise = syllabus.load(syllabus.ROOT).exercise(identity)
    path, own = submission or exercise.stub, is_own(submission, exercise)
    submissions.read(path, exercise.file)

    def draw() -> int:
        return edition.choose_seed([exercise], seed)

    def complete(report: "Report") -> "Report":
        return report.completed(hints=hints_shown(report, exercise)) if own else report

    with grader_on(isolation, device) as grader:
        from grading.watch.loop import watch

        hint_of = partial(hint_lines, identity, own)
        report = watch(grader, exercise, path, draw, complete, hint_of, plain)
    sys.exit(ExitCode.NOT_FULL_MARKS if report is None else exit_code([report]))


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("name", metavar="EXERCISE|LAB")
@click.argument("options", metavar="[LAB OPTIONS]...", nargs=-1, type=click.UNPROCESSED)
def lab(name: str, options: tuple[str, ...]) -> None:
    """Train, plot and look inside: run the labs of an exercise, or one lab, on your own code.

    What a lab can be told: python grader.py lab ex1 --help
    """
    labs = syllabus.load(syllabus.ROOT).labs(name)
    folder = syllabus.ROOT / "labs"
    for script in labs:
        path = folder / f"{script}.py"
        if not path.exists():
            raise UsageError(f"course.toml names the lab {script}, but there is no {path}")
    if find_spec("matplotlib") is None:
        raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")
    program = [sys.executable, str(folder), *labs, "--", *options]
    # A lab runs a student's code, which this process never does: the lab replaces it.
    os.execv(sys.executable, program)
