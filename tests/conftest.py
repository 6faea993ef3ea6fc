"""Fixtures: one grader a rung for the whole run, and a tiny course that is no RNN course."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, settings

from grading import course
from grading.course import Course, Exercise
from grading.grade import Grader
from grading.sandbox import rungs
from grading.sandbox.processes import Zygote
from grading.sandbox.rungs import Rung

GraderOn = Callable[[Rung], Grader]

# The same examples on every machine, however slow it is: `python -m tests.fuzz` looks for new ones.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")
# pytest loads readline, which sets COLUMNS for every process that a test starts.
os.environ.pop("COLUMNS", None)
os.unsetenv("COLUMNS")
# What a shell starts in the background ignores interrupts, and so does everything that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


@pytest.fixture(scope="session")
def grader_on() -> Iterator[GraderOn]:
    """grader_on(rung): the grader of that rung, started once; skips where it cannot be had."""
    with ExitStack() as stack:
        graders: dict[Rung, Grader] = {}

        def get(rung: Rung) -> Grader:
            if reason := rungs.why_not(rung):
                pytest.skip(f"rung {rung} cannot be had here: {reason}")
            if rung not in graders:
                zygote = None if rung is Rung.PROCESS else Zygote(rung)
                graders[rung] = stack.enter_context(Grader(rung, zygote))
            return graders[rung]

        yield get


@pytest.fixture(scope="session")
def grader(grader_on: GraderOn) -> Grader:
    """A grader on the strongest rung of this machine."""
    return grader_on(rungs.best())


@pytest.fixture(scope="session")
def real_course() -> Course:
    return course.load()


@pytest.fixture
def toy(tmp_path: Path) -> Exercise:
    """An exercise about doubling numbers, with a public and a hidden check."""
    return make_course(tmp_path, PUBLIC_CHECKS, HIDDEN_CHECKS).exercise("toy")


def make_course(root: Path, public: str, hidden: str = "") -> Course:
    """A course of one exercise with these checks, in `root`."""
    files = {
        "course.toml": COURSE,
        "reference/toy_module.py": REFERENCE,
        "checks/probes/toy.py": PROBES,
        "checks/public/toy.py": public,
        "checks/pytest.ini": "[pytest]\n",
    }
    if hidden:
        files["checks/hidden/toy.py"] = hidden
    for package in ("checks", "checks/public", "checks/hidden"):
        files[f"{package}/__init__.py"] = ""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return course.load(root)


COURSE = """
title = "Toy"
[exercises.toy]
title = "Doubling"
file = "toy_module.py"
"""
REFERENCE = """
def double(values):
    return 2 * values

def negate(values):
    return -values
"""
PROBES = """
def double(module, values):
    return {"doubled": module.double(values)}

def negate(module, values):
    return {"negated": module.negate(values)}
"""
PUBLIC_CHECKS = """
from grading.check import check
from grading.compare import same

AXES = {"doubled": ("row", "column")}

@check(points=60, hint="Add the number to itself.")
def doubles(draw, both):
    '''Every number is doubled.'''
    same(*both.double(values=draw.normal(3, 2)), axes=AXES)
"""
HIDDEN_CHECKS = """
from grading.check import check
from grading.compare import same

AXES = {"negated": ("row", "column")}

@check(points=40)
def negates(draw, both):
    '''Every number changes its sign.'''
    same(*both.negate(values=draw.normal(3, 2)), axes=AXES)
"""
