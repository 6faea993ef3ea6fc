"""Options that several commands share."""

import os
from pathlib import Path

import click

from grading.report import MAX_SEED

RUNGS = ("auto", "namespaces", "landlock", "process")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

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
        help="How student code is kept apart; auto is the strongest available.",
    ),
]
WATCH_OPTIONS = [
    option for option in GRADING_OPTIONS if option.name not in ("json_target", "rubric", "check")
]
