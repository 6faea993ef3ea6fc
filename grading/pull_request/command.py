"""`python grader.py pull-request`: grades a pull request on a runner."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grading.course import edition, questions
from grading.course.answer_sheet import form_of
from grading.course.syllabus import Course
from grading.errors import ExitCode
from grading.files import require_writable, writing
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.pull_request import github
from grading.pull_request.changes import Objects, Work, read
from grading.renderers.junit import JUnit
from grading.renderers.terminal import TerminalRenderer
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
    request = read(course, Objects(objects))
    seed = edition.choose_seed([work.exercise for work in request.works], None)
    with github.commands_stopped(), Grader(rung, Zygote(rung)) as grader:
        request = replace(request, works=[_graded(work, grader, seed) for work in request.works])
        for work in request.works:
            for fault in work.report.faults if work.report is not None else ():
                print(f"grader: {fault}", file=sys.stderr)
    for command in github.annotations(request):
        print(command)
    page = github.summary(request, f"{rung} ({rung.walls})")
    with open(os.environ.get(SUMMARY) or os.devnull, "a", encoding="utf-8") as file:
        file.write(page)
    if junit_file is not None:
        junit_file.parent.mkdir(parents=True, exist_ok=True)
        with writing(junit_file) as xml, JUnit(xml) as document:
            for work in request.works:
                if work.report is not None:
                    document.add(work.path, work.report)
    return exit_code(request.works)


def _graded(work: Work, grader: Grader, seed: int) -> Work:
    """The work with its report, which this prints as well; unreadable work stays as it is."""
    if work.submission is None:
        return work
    report = grader.grade(work.exercise, work.submission, Plan(seed))
    declared, answers = form_of(work.exercise).questions, work.answers
    report = report.completed(questions.results(declared, answers.questions, {}, answers.perhaps))
    terminal = TerminalRenderer(plain=True)
    terminal.heading(f"{work.exercise.id} {work.exercise.title}", work.path)
    for check in report.checks:
        terminal.checked(check)
    terminal.summary(report, grader.printed, edition.hidden_points(work.exercise))
    return replace(work, report=report)


def exit_code(works: Sequence[Work]) -> int:
    """The worst exercise decides."""
    reports = [work.report for work in works if work.report is not None]
    code = report_exit_code(reports)
    unread = len(reports) < len(works)
    return ExitCode.USAGE if unread and code is not ExitCode.GRADER_FAILED else code
