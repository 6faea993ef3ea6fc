"""Commands for instructors: hand a course out, and grade what comes in."""

import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from grading.cli.options import CORES, RUNGS
from grading.course import syllabus
from grading.report import MAX_SEED

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("pull-request")
@click.argument("objects", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML.")
def pull_request(objects: Path, junit: Path | None) -> None:
    """Grade a pull request: OBJECTS is a repository with the branches base and head (for CI)."""
    from grading.pull_request.command import grade_pull_request

    sys.exit(grade_pull_request(syllabus.load(syllabus.ROOT), objects, junit))


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--gradescope", is_flag=True, help="OUT is a zip: the autograder for Gradescope.")
@click.option(
    "--exercise",
    "identities",
    multiple=True,
    metavar="ID",
    help="With --gradescope: only this exercise.",
)
@click.option("--with-install", is_flag=True, help="Prove the README's install command as well.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1)
@click.option("--plain", is_flag=True, help="No colors, no bar, ASCII only.")
def release(out: Path, gradescope: bool, identities: tuple[str, ...], **options: Any) -> None:
    """Hand the course out: a student edition without its answers, proved (for instructors)."""
    from grading.gradescope import bundle as platform
    from grading.release import command

    plan = syllabus.load(syllabus.ROOT)
    if gradescope:
        click.echo(platform.release(plan, out, identities))
    else:
        command.release(plan, out, **options)


@click.command()
@click.argument("submissions_folder", metavar="SUBMISSIONS", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--exercise", "identities", multiple=True, metavar="ID", help="Default: all.")
@click.option("--jobs", type=click.IntRange(1), default=CORES)
@click.option("--cluster", metavar="ADDRESS", help="Grade on a dask.distributed cluster.")
@click.option("--tls-ca-file", type=FILE, help="For --cluster tls://...: the CA, as for dask.")
@click.option("--tls-cert", type=FILE, help="Your certificate, as for dask.")
@click.option("--tls-key", type=FILE, help="Its key, as for dask.")
@click.option(
    "--roster", "rosters", type=FILE, multiple=True, help="A CSV file of people; may be repeated."
)
@click.option("--match", type=FILE, help="A CSV file (submission, person): whose it is.")
@click.option("--times", type=FILE, help="A CSV file (submission or person, submitted_at).")
@click.option("--teams", type=FILE, help="A CSV file (team, person).")
@click.option("--rubric", type=FILE, help="A CSV file with points given by hand.")
@click.option(
    "--decisions",
    type=FILE,
    help="A CSV file (person, exercise, kind, value, comment): override, extension, excuse, undo.",
)
@click.option("--prune", is_flag=True, help="Forget submissions that SUBMISSIONS lacks.")
@click.option("--seed", type=click.IntRange(0, MAX_SEED - 1), help="Default: one for the class.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu")
@click.option("--isolation", type=click.Choice(RUNGS), default="auto")
@click.option("--regrade", is_flag=True, help="Grade everything again, and say what changed.")
@click.option("--dry-run", is_flag=True, help="Say what is unsettled; grade and write nothing.")
@click.option("--plain", is_flag=True, help="No colors, no bar, ASCII only.")
def batch(submissions_folder: Path, out: Path, **options: Any) -> None:
    """Grade a class: a folder of files, folders, archives, or a platform's bulk download."""
    from grading.batch import command, taking
    from grading.fleet import connection

    plan = syllabus.load(syllabus.ROOT)
    tls = connection.TlsFiles(*(options.pop(f"tls_{name}") for name in ("ca_file", "cert", "key")))
    told = taking.Told(**{one.name: options.pop(one.name) for one in fields(taking.Told)})
    sys.exit(
        command.batch(plan, submissions_folder, out, command.Options(told=told, tls=tls, **options))
    )
