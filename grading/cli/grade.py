"""`python grader.py ex1` and `all`: grade the work in exercises/, or another submission."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grading import hints
from grading.cli.options import GRADING_OPTIONS
from grading.course import answer_sheet, edition, questions, syllabus
from grading.files import require_open_files
from grading.renderers import json_file
from grading.report import exit_code
from grading.submission import file as submissions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grading.course.syllabus import Exercise
    from grading.judging.grader import Grader
    from grading.report import HintShown, QuestionResult, Report


def exercise_command(exercise: "Exercise") -> click.Command:
    """The command that grades `exercise`, such as `python grader.py ex1`."""

    def grade_one(**options: Any) -> None:
        sys.exit(grade([exercise], single=True, **options))

    return click.Command(
        exercise.id,
        callback=grade_one,
        params=GRADING_OPTIONS,
        help=f"Grade {exercise.id}: {exercise.title}.",
        short_help=f"Grade {exercise.title}.",
    )


@click.command("all", params=[option for option in GRADING_OPTIONS if option.name != "check"])
def grade_all(**options: Any) -> None:
    """Grade every exercise."""
    exercises = list(syllabus.load(syllabus.ROOT).exercises.values())
    sys.exit(grade(exercises, single=False, check=None, **options))


def grade(
    exercises: "list[Exercise]",
    *,
    single: bool,
    submission: Path | None,
    json_target: str | None,
    seed: int | None,
    device: str,
    plain: bool,
    check: str | None,
    isolation: str,
    rubric: Path | None,
) -> int:
    """Grade one submission on these exercises; return the exit code."""
    if json_target is not None:
        json_file.require_writable(json_target)
    works = [
        submissions.read(submission or exercise.stub, exercise.file, exercise.stubs)
        for exercise in exercises
    ]
    seed = edition.choose_seed(exercises, seed)
    with grader_on(isolation, device) as grader:
        from grading.judging.plan import Plan
        from grading.renderers.terminal import TerminalRenderer

        renderer = TerminalRenderer(plain, json_target == json_file.STANDARD_OUTPUT)
        reports: list[Report] = []
        for exercise, work in zip(exercises, works, strict=True):
            renderer.heading(f"{exercise.id} {exercise.title}", work.described)
            with renderer:
                plan = Plan(seed, only=check)
                report = grader.grade(exercise, work, plan, renderer.started, renderer.checked)
                others = None if is_own(submission, exercise) else submission
                keeps_hints = others is None and check is None
                report = report.completed(
                    question_results(exercise, others, rubric),
                    hints_shown(report, exercise) if keeps_hints else (),
                )
            renderer.summary(report, grader.printed, edition.hidden_points(exercise))
            reports.append(report)
    if json_target is not None:
        documents = [report.to_json() for report in reports]
        json_file.write(documents[0] if single else documents, json_target)
    for report in reports:
        for fault in report.faults:
            click.echo(f"grader: {fault}", err=True)
    return exit_code(reports)


def is_own(submission: Path | None, exercise: "Exercise") -> bool:
    """Whether this is the work in this copy of the course: the stub or its notebook."""
    if submission is None:
        return True
    files = (exercise.stub, exercise.notebook)
    return submission.resolve() in (*files, *(file.parent for file in files))


def question_results(
    exercise: "Exercise", submission: Path | None, rubric: Path | None
) -> "list[QuestionResult]":
    """Which questions of an exercise are answered, and the marks given by hand."""
    answers = answers_of(exercise, submission)
    declared = answer_sheet.form_of(exercise).questions
    name = submission.name if submission is not None else exercise.id
    marks = {} if rubric is None else questions.read_rubric(rubric).get((name, exercise.id), {})
    return questions.results(declared, answers.questions, marks, answers.perhaps)


def hints_shown(report: "Report", exercise: "Exercise") -> "list[HintShown]":
    """Keep what failed for the next hint; return the hints shown so far."""
    try:
        hints.remember(exercise, report)
    except OSError as error:
        click.echo(f"grader: nothing was saved for `hint`: {error}", err=True)
    return hints.shown(exercise)


def answers_of(exercise: "Exercise", submission: Path | None) -> answer_sheet.Sheet:
    """The student's answers: a folder may hold them as questions/ID.md, a file has none."""
    path = exercise.questions
    if submission is not None:
        path = submission / "questions" / path.name
    return answer_sheet.read(path, answer_sheet.form_of(exercise))


@contextmanager
def grader_on(isolation: str, device: str) -> "Iterator[Grader]":
    """A grader on this rung of isolation. Its zygote starts before anything slow is imported."""
    from grading.sandbox import rungs
    from grading.sandbox.processes import zygote_on

    require_open_files(graders=1)
    rung = rungs.choose(isolation)
    zygote = zygote_on(rung)
    from grading.judging.grader import Grader

    with Grader(rung, zygote, device) as grader:
        yield grader
