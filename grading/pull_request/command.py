"""`python grader.py pull-request`: grades a pull request on a runner."""

import os
import sys
from pathlib import Path

from grading.course import edition
from grading.course.syllabus import Course
from grading.errors import ExitCode
from grading.files import require_writable, writing
from grading.judging.grader import Grader
from grading.pull_request import changes as requests
from grading.pull_request import github
from grading.pull_request.changes import Graded, Objects, Work
from grading.renderers.junit import JUnit
from grading.renderers.terminal import TerminalRenderer
from grading.report import Report
from grading.report import exit_code as report_exit_code
from grading.sandbox.processes import Zygote
from grading.sandbox.rungs import choose

# Names the file in which the runner expects the summary of a step.
SUMMARY = "GITHUB_STEP_SUMMARY"


def grade_pull_request(course: Course, objects: Path, junit_file: Path | None) -> int:
    """Grade, print the log and the annotations, write the summary and JUnit; return the exit code.

    0 full marks, or nothing to grade; 1 graded but not full marks; 2 something cannot be read;
    3 the grader failed. Raises UsageError, GraderError.
    """
    if junit_file is not None:
        require_writable(junit_file)
    rung = choose("auto", for_strangers=True)
    request = requests.read(course, Objects(objects))
    seed = edition.choose_seed([work.exercise for work in request.works], None)
    terminal = TerminalRenderer(plain=True)

    with github.commands_stopped(), Grader(rung, Zygote(rung)) as grader:

        def show(work: Work, report: Report) -> None:
            assert work.submission is not None, "only what could be read is graded"
            terminal.heading(f"{work.exercise.id} {work.exercise.title}", work.path)
            for check in report.checks:
                terminal.checked(check)
            elsewhere = edition.hidden_points(work.exercise)
            terminal.summary(report, grader.printed, elsewhere)

        graded = requests.grade(request, grader, seed, show)
        for item in graded:
            for fault in item.report.faults if item.report is not None else ():
                print(f"grader: {fault}", file=sys.stderr)
    for command in github.annotations(graded, request):
        print(command)
    page = github.summary(graded, request, f"{rung} ({rung.walls})")
    with open(os.environ.get(SUMMARY) or os.devnull, "a", encoding="utf-8") as file:
        file.write(page)
    if junit_file is not None:
        junit_file.parent.mkdir(parents=True, exist_ok=True)
        with writing(junit_file) as xml, JUnit(xml) as document:
            for item in graded:
                if item.report is not None:
                    document.add(item.work.path, item.report)
    return exit_code(graded)


def exit_code(graded: list[Graded]) -> int:
    """The worst exercise decides."""
    reports = [item.report for item in graded if item.report is not None]
    code = report_exit_code(reports)
    unread = len(reports) < len(graded)
    return ExitCode.USAGE if unread and code is not ExitCode.GRADER_FAILED else code
