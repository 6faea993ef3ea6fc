"""Fixtures: one grader a rung for the whole run, the course, and a tiny one."""

import os
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from grading.course import syllabus
from grading.course.syllabus import Course, Exercise
from grading.judging.grader import Grader
from grading.sandbox import processes, rungs
from grading.sandbox.processes import Zygote
from grading.sandbox.rungs import Rung
from tests.support.toy import HIDDEN_CHECKS, PUBLIC_CHECKS, make_course

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
    """grader_on(rung): the grader of that rung, started once; skips where it is not available."""
    with ExitStack() as stack:
        graders: dict[Rung, Grader] = {}

        def get(rung: Rung) -> Grader:
            if reason := rungs.why_not(rung):
                pytest.skip(f"rung {rung} is not available here: {reason}")
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
    return syllabus.load(syllabus.ROOT)


@pytest.fixture
def toy(tmp_path: Path) -> Exercise:
    """An exercise about doubling numbers, with a public and a hidden check."""
    return make_course(tmp_path, PUBLIC_CHECKS, HIDDEN_CHECKS).exercise("toy")


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> str:
    """A word in the command line of every process that this test starts."""
    mark = f"mark_{secrets.token_hex(8)}"
    monkeypatch.setattr(processes, "BOOT", f"{processes.BOOT}  # {mark}")
    return mark
