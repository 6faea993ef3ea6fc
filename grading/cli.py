"""The command line of the course: parse, call, render.

Exit codes: 0 full marks, 1 graded but not full marks, 2 usage or unreadable submission, 3 the
grader itself failed (never the student's fault, never a score), 130 interrupted.

What is slow to import is imported inside the commands, after the zygote has been started: it
imports torch meanwhile.
"""

import os
import signal
import sys
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grading import hints
from grading.course import edition, questions, syllabus
from grading.errors import ExitCode, GraderError, UsageError
from grading.files import require_open_files, require_writable
from grading.renderers import json_file
from grading.report import MAX_SEED, exit_code
from grading.submission import file as submissions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

    from grading.course.syllabus import Exercise
    from grading.judging.grader import Grader
    from grading.report import HintShown, QuestionResult, Report

RUNGS = ("auto", "namespaces", "landlock", "process")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
KINDS = ("stub", "reference", "right variant", "misconception", "mutant")


class CourseCommands(click.Group):
    """The fixed commands, and one for each exercise of course.toml."""

    def list_commands(self, context: click.Context) -> list[str]:
        plan = syllabus.load()
        names = super().list_commands(context)
        return [*plan.exercises, *(name for name in names if not edition.lacks(plan, name))]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        command = super().get_command(context, name)
        plan = syllabus.load()
        if edition.lacks(plan, name):
            raise UsageError(f"{name} needs the full course, and this is a student edition of it")
        exercises = plan.exercises
        if command is None and name in exercises:
            return exercise_command(exercises[name])
        return command


GRADING_OPTIONS: list[click.Parameter] = [
    click.Option(
        ["--submission"],
        type=click.Path(path_type=Path),
        help="A file or notebook, or a folder that holds the exercise's. Default: exercises/.",
    ),
    click.Option(["--json", "json_target"], metavar="PATH", help="Write the report; - is stdout."),
    click.Option(
        ["--seed"],
        type=click.IntRange(0, MAX_SEED - 1),
        help="Draw the same inputs again. Default: a new seed each time.",
    ),
    click.Option(
        ["--device"],
        type=click.Choice(["auto", "cpu", "cuda"]),
        default="auto",
        help="Where the submission computes; auto is CUDA where there is one.",
    ),
    click.Option(
        ["--rubric"],
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A CSV file with points given by hand for the questions.",
    ),
    click.Option(["--plain"], is_flag=True, help="No colors, no spinner, ASCII only."),
    click.Option(["--check"], metavar="NAME", help="Only this check, and those it needs."),
    click.Option(
        ["--isolation"],
        type=click.Choice(RUNGS),
        default="auto",
        help="How student code is kept apart; auto is the strongest to be had.",
    ),
]
WATCH_OPTIONS = [
    option for option in GRADING_OPTIONS if option.name not in ("json_target", "rubric", "check")
]


def exercise_command(exercise: "Exercise") -> click.Command:
    """`python grader.py ex1`."""

    def grade_one(**options: Any) -> None:
        sys.exit(grade([exercise], single=True, **options))

    return click.Command(
        exercise.id,
        callback=grade_one,
        params=GRADING_OPTIONS,
        help=f"Grade {exercise.id}: {exercise.title}.",
        short_help=f"Grade {exercise.title}.",
    )


@click.group(cls=CourseCommands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Unrolled: an RNN course that grades itself."""


@main.command("all", params=[option for option in GRADING_OPTIONS if option.name not in ("check",)])
def grade_all(**options: Any) -> None:
    """Grade every exercise."""
    sys.exit(grade(list(syllabus.load().exercises.values()), single=False, check=None, **options))


@main.command()
@click.option("--plain", is_flag=True, help="No colors, ASCII only.")
def doctor(plain: bool) -> None:
    """Say what this machine offers: isolation, software, speed."""
    from grading.doctor import examine
    from grading.renderers.table import print_table

    findings = examine()
    print_table(("what", "status", "detail"), findings, plain)
    sys.exit(
        ExitCode.GRADER_FAILED if any(finding.status == "broken" for finding in findings) else 0
    )


@main.command()
@click.argument("identity", metavar="EXERCISE")
@click.option("--submission", type=click.Path(path_type=Path), help="A folder with answers.")
def answers(identity: str, submission: Path | None) -> None:
    """Show canonical answers, where the course allows it, to the questions you have answered."""
    plan = syllabus.load()
    exercise = plan.exercise(identity)
    if not plan.show_answers:
        raise UsageError("this course does not show canonical answers (course.toml: show_answers)")
    canonical = {question.name: question for question in questions.read(exercise.answers)}
    given = answers_of(exercise, submission)
    for question in given:
        if question.answer and question.name in canonical:
            click.echo(f"{question.text}\n\n{canonical[question.name].answer}\n")
    left = sum(1 for question in given if not question.answer)
    if left:
        click.echo(f"{left} questions are still unanswered: their answers stay closed.")


@main.command()
@click.argument("identity", metavar="EXERCISE")
def hint(identity: str) -> None:
    """Give the next hint for what failed last."""
    for line in hint_lines(identity):
        click.echo(line)


@main.command("watch", params=WATCH_OPTIONS)
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
    exercise = syllabus.load().exercise(identity)
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


@main.command(context_settings={"allow_interspersed_args": False})
@click.argument("name", metavar="EXERCISE|LAB")
@click.argument("options", metavar="[LAB OPTIONS]...", nargs=-1, type=click.UNPROCESSED)
def lab(name: str, options: tuple[str, ...]) -> None:
    """Train, plot and look inside: run the labs of an exercise, or one lab, on your own code.

    What a lab can be told: python grader.py lab ex1 --help
    """
    labs = syllabus.load().labs(name)
    folder = syllabus.ROOT / "labs"
    for one in labs:
        if not (folder / f"{one}.py").exists():
            raise UsageError(f"course.toml names the lab {one}, but there is no {folder / one}.py")
    if find_spec("matplotlib") is None:
        raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")
    program = [sys.executable, str(folder), *labs, "--", *options]
    # A lab runs a student's code: it takes the place of this process, which never does.
    os.execv(sys.executable, program)


@main.command()
@click.argument("identity", metavar="EXERCISE")
@click.option("--seeds", type=click.IntRange(1), default=30, help="Measurements per variant.")
@click.option("--variant", "variants", multiple=True, help="Only the reference, or this mistake.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@click.option("--plain", is_flag=True, help="No colors, ASCII only.")
def calibrate(
    identity: str, seeds: int, variants: tuple[str, ...], device: str, plain: bool
) -> None:
    """Measure the reference and known mistakes where a check trains something (for authors)."""
    exercise = syllabus.load().exercise(identity)
    with grader_on("auto", device) as grader:
        from grading.audit.calibrate import calibrate as measure
        from grading.audit.show_calibration import print_calibration, print_value

        found = measure(grader, exercise, seeds, print_value, variants)
    for check, calibration in found.items():
        print_calibration(check, calibration, plain)


@main.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a stub is out of date.")
def stubs(check: bool) -> None:
    """Make the stubs in exercises/ from the solutions in reference/ (for authors)."""
    from grading.course.stubs import write_stubs

    changed = write_stubs(syllabus.load(), write=not check)
    for path in changed:
        click.echo(f"{'out of date' if check else 'written'}: {path}")
    sys.exit(1 if check and changed else 0)


@main.command("pull-request")
@click.argument("objects", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML.")
def pull_request(objects: Path, junit: Path | None) -> None:
    """Grade a pull request: OBJECTS is a repository with the branches base and head (for CI)."""
    from grading.pull_request.command import grade_pull_request

    sys.exit(grade_pull_request(syllabus.load(), objects, junit))


@main.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--gradescope", is_flag=True, help="OUT is a zip: the autograder for Gradescope.")
@click.option("--exercise", "identities", multiple=True, metavar="ID", help="Gradescope: only it.")
@click.option("--with-install", is_flag=True, help="Prove the README's install command as well.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1)
@click.option("--plain", is_flag=True, help="No colors, no bar, ASCII only.")
def release(out: Path, gradescope: bool, identities: tuple[str, ...], **options: Any) -> None:
    """Hand the course out: a student edition without its answers, proved (for instructors)."""
    from grading.gradescope import bundle as platform
    from grading.release import command

    if gradescope:
        click.echo(platform.release(syllabus.load(), out, identities))
    else:
        command.release(syllabus.load(), out, **options)


@main.command()
@click.argument("submissions_folder", metavar="SUBMISSIONS", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--exercise", "identities", multiple=True, metavar="ID", help="Default: all.")
@click.option("--jobs", type=click.IntRange(1), default=CORES)
@click.option("--cluster", metavar="ADDRESS", help="Grade on a dask.distributed cluster.")
@click.option(
    "--roster",
    "roster_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file of people: name, and any of id, email, login, section.",
)
@click.option(
    "--rubric",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file with points given by hand for the questions.",
)
@click.option("--seed", type=click.IntRange(0, MAX_SEED - 1), help="Default: one for the class.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu")
@click.option("--isolation", type=click.Choice(RUNGS), default="auto")
@click.option("--regrade", is_flag=True, help="Grade everything again, and say what changed.")
@click.option("--plain", is_flag=True, help="No colors, no bar, ASCII only.")
def batch(submissions_folder: Path, out: Path, **options: Any) -> None:
    """Grade a class: a folder of files, folders, archives, or a platform's bulk download."""
    from grading.batch import command

    sys.exit(command.batch(syllabus.load(), submissions_folder, out, command.Options(**options)))


@main.command()
@click.argument("identities", metavar="[EXERCISE]...", nargs=-1)
@click.option("--seeds", type=click.IntRange(1), default=1, help="Seeds per right program.")
@click.option("--seed", type=click.IntRange(0, MAX_SEED - 1), default=0, help="Draw other seeds.")
@click.option("--jobs", type=click.IntRange(1), default=CORES)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="cpu",
    help="Where the programs compute; auto is CUDA where there is one. Default: cpu.",
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
    from grading.fleet.fleet import on_this_machine
    from grading.renderers.progress import Bar
    from grading.sandbox.rungs import best

    if save is not None:
        require_writable(save)
    plan = syllabus.load()
    exercises = [plan.exercise(identity) for identity in identities or plan.exercises]
    wanted = [audits.Kind(kind) for kind in kinds or KINDS]
    with on_this_machine(best(), device, jobs) as pool, Bar(plain, "auditing") as bar:
        found = audits.audit(plan, exercises, pool, seeds, wanted, thorough, bar.show, seed)
    print_audit(found, exercises, plain)
    if save is not None:
        audits.save_margins(found, save)
    sys.exit(1 if found.findings else 0)


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
    """Grade one submission on these exercises; the exit code."""
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
    """Whether this is the work done in this copy of the course: the stub, or its notebook."""
    if submission is None:
        return True
    files = (exercise.stub, exercise.notebook)
    return submission.resolve() in (*files, *(file.parent for file in files))


def question_results(
    exercise: "Exercise", submission: Path | None, rubric: Path | None
) -> "list[QuestionResult]":
    """Which questions of an exercise are answered, and a person's marks for them."""
    answers = answers_of(exercise, submission)
    declared = questions.read(exercise.answers) or questions.read(exercise.questions)
    name = submission.name if submission is not None else exercise.id
    marks = {} if rubric is None else questions.read_rubric(rubric).get((name, exercise.id), {})
    return questions.results(declared, answers, marks)


def hints_shown(report: "Report", exercise: "Exercise") -> "list[HintShown]":
    """The hints shown so far; what failed is kept for the next one."""
    try:
        hints.remember(exercise, report)
    except OSError as error:
        click.echo(f"grader: nothing is kept for `hint`: {error}", err=True)
    return hints.shown(exercise)


def hint_lines(identity: str, own: bool = True) -> list[str]:
    """The next hint for what failed last. Raises UsageError."""
    plan = syllabus.load()
    exercise = plan.exercise(identity)
    if not own:
        raise UsageError("hints are given for the work in exercises/ only")
    found = hints.next_hint(plan, exercise)
    if found is None:
        return [f"Nothing of {identity} failed last time: no hint is needed."]
    failure = found.failure
    lines = [f"{failure.title} ({failure.check}): {failure.status.replace('_', ' ')}"]
    if failure.message:
        lines.append(f"What came out: {failure.message.splitlines()[0]}")
    charged = f", {plan.hint_price:g} points" if found.is_new and plan.hint_price else ""
    return [*lines, f"Hint {found.tier} of {found.tiers}{charged}: {found.text}"]


def answers_of(exercise: "Exercise", submission: Path | None) -> "list[questions.Question]":
    """The student's answers: a folder may hold them as questions/ID.md, a file has none."""
    if submission is None:
        return questions.read(exercise.questions)
    return questions.read(submission / "questions" / exercise.questions.name)


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


def run() -> None:
    """The program. Every way in which it can end is one of the exit codes above."""
    # So that a grader that is told to end takes its workers and temporary files with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except UsageError as error:
        click.echo(f"grader: {error}", err=True)
        sys.exit(ExitCode.USAGE)
    except (KeyboardInterrupt, click.Abort):
        click.echo("grader: interrupted", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:
        if is_missing_package(error):
            raise
        click.echo(f"grader: failed, which is not your code's fault: {explain(error)}", err=True)
        sys.exit(ExitCode.GRADER_FAILED)


def is_missing_package(error: Exception) -> bool:
    """Whether this is the import of a package that is not installed, and no part of the course."""
    if not isinstance(error, ModuleNotFoundError) or error.name is None:
        return False
    return not (syllabus.ROOT / error.name.partition(".")[0]).exists()


def explain(error: Exception) -> str:
    return str(error) if isinstance(error, GraderError) else f"{type(error).__name__}: {error}"


def program() -> "NoReturn":
    """What grader.py hands over to.

    Raises ModuleNotFoundError for a package that is not installed: grader.py says what to do.
    """
    code: object = ExitCode.FULL_MARKS
    try:
        run()
    except SystemExit as end:
        code = end.code
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # what was printed did not arrive, and will not at Python's own end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.GRADER_FAILED
    sys.exit(code)  # type: ignore[arg-type]
