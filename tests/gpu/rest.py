"""The tests that are marked for CUDA, and an audit of everything."""

import subprocess
import sys

from grading.audit.audit import cases_of
from grading.course import syllabus
from grading.course.syllabus import ROOT
from tests.gpu import audits
from tests.gpu.record import Job

MARK = "pytest.mark.cuda"


def run(job: Job) -> None:
    _tests(job)
    exercises = syllabus.load(syllabus.ROOT).exercises.values()
    cases = [one for each in exercises for one in cases_of(each, 1, thorough=False, draw=0)]
    audits.graded(job, cases)


def _tests(job: Job) -> None:
    """Only their files are collected: some of the others need packages for development."""
    files = [str(path) for path in ROOT.glob("tests/**/test_*.py") if MARK in path.read_text()]
    command = [sys.executable, "-m", "pytest", "-q", "-m", "cuda", "-p", "no:cacheprovider", *files]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    said = ended.stdout + ended.stderr
    job.keep(tests={"exit_code": ended.returncode, "said": said[-4000:]})
    if ended.returncode != 0:
        job.problem(f"the tests marked for CUDA end with {ended.returncode}")
