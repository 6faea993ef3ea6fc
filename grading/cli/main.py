"""The program: its commands, and every way it can end.

Exit codes: 0 full marks, 1 graded but not full marks, 2 usage or unreadable submission, 3 the
grader itself failed (never the student's fault, never a score), 130 interrupted.
"""

import io
import os
import signal
import subprocess
import sys
import threading
import tomllib
from typing import TYPE_CHECKING

import click

from grading.cli import authors, grade, instructors, students
from grading.course import edition, syllabus
from grading.errors import ExitCode, GraderError, UsageError
from grading.files import read_text

if TYPE_CHECKING:
    from typing import NoReturn

COMMANDS = (
    grade.grade_all,
    *(students.doctor, students.answers, students.hint, students.watch_saves, students.lab),
    students.pack,
    *(instructors.pull_request, instructors.release, instructors.batch),
    *(authors.calibrate, authors.stubs, authors.audit),
)


class CourseCommands(click.Group):
    """The fixed commands, and one for each exercise of course.toml."""

    def list_commands(self, context: click.Context) -> list[str]:
        plan = syllabus.load(syllabus.ROOT)
        names = super().list_commands(context)
        return [*plan.exercises, *(name for name in names if not edition.lacks(plan, name))]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        command = super().get_command(context, name)
        plan = syllabus.load(syllabus.ROOT)
        if edition.lacks(plan, name):
            raise UsageError(f"{name} needs the full course, and this is a student edition of it")
        if command is None and name in plan.exercises:
            return grade.exercise_command(plan.exercises[name])
        return command


def show_version(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        project = tomllib.loads(read_text(syllabus.ROOT / "pyproject.toml"))["project"]
        where = commit() or "no commit: not a checkout"
        click.echo(f"{project['name']} {project['version']} ({where})")
        context.exit()


def commit() -> str:
    """The commit of the course that is running; empty outside a checkout."""
    command = ["git", "-C", str(syllabus.ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        said = subprocess.run(command, capture_output=True, text=True)
    except OSError:  # git is not installed
        return ""
    # A course inside somebody else's repository has no commit of its own.
    own = (syllabus.ROOT / ".git").exists()
    return f"commit {said.stdout.strip()}" if own and said.returncode == 0 else ""


@click.group(cls=CourseCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the version and the commit.",
)
def main() -> None:
    """Unrolled: an RNN course that grades itself."""


for command in COMMANDS:
    main.add_command(command)


def run() -> None:
    """Run the program. However it ends, its exit code is one of those above."""
    # This lets a grader that is told to end clean up its workers and temporary files.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.unraisablehook = interrupt_again
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


def interrupt_again(lost: "sys.UnraisableHookArgs") -> None:
    """Interrupt once more if Python has lost an interruption, which it does in some callbacks."""
    if isinstance(lost.exc_value, KeyboardInterrupt):
        # To the main thread, as another would not wake it.
        waiting = threading.main_thread().ident
        threading.Timer(0.05, signal.pthread_kill, [waiting, signal.SIGTERM]).start()
    else:
        sys.__unraisablehook__(lost)


def is_missing_package(error: Exception) -> bool:
    """Whether the error is a missing package, not a missing part of the course."""
    if not isinstance(error, ModuleNotFoundError) or error.name is None:
        return False
    return not (syllabus.ROOT / error.name.partition(".")[0]).exists()


def explain(error: Exception) -> str:
    return str(error) if isinstance(error, GraderError) else f"{type(error).__name__}: {error}"


def program() -> "NoReturn":
    """Run the program for grader.py, and exit.

    Raises ModuleNotFoundError if a package is not installed: grader.py says what to do.
    """
    code: object = ExitCode.FULL_MARKS
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's encoding lacks must not end a program.
            stream.reconfigure(errors="backslashreplace")
    try:
        run()
    except SystemExit as end:
        code = end.code
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # the output was lost: Python's own flush at exit would fail too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.GRADER_FAILED
    sys.exit(code)  # type: ignore[arg-type]
