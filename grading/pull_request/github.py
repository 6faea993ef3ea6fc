"""Shows a run on GitHub: annotations on lines of files, and a summary in Markdown.

Text from a submission is escaped in both: in commands to the runner (`::error ...`) line ends,
percent signs, colons and commas; in the summary everything that HTML or Markdown would act on. The
log itself is printed while commands are stopped.
"""

import html
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from grading.pull_request.changes import PullRequest, Work
from grading.report import CheckResult, Report, Status
from grading.text import clean

# GitHub shows ten annotations of a kind for each step.
MAX_ANNOTATIONS = 9
MAX_SUMMARY = 1024 * 1024
MAX_MESSAGE = 2000
MAX_PATHS = 20
# What Markdown or HTML may act on: all but letters, digits and a few harmless signs.
_MEANINGFUL = re.compile(r"[^\w\s.,;/]|_")


@contextmanager
def commands_stopped() -> Iterator[None]:
    """Within the block, the runner takes no line of the log for a command."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        print(f"\n::{token}::", flush=True)


def annotations(request: PullRequest) -> list[str]:
    """Commands that mark lines of the changed files: at most `MAX_ANNOTATIONS`."""
    commands = []
    for work in request.works:
        if work.report is None:
            commands.append(_command("error", work.path, 1, work.exercise.id, work.problem))
            continue
        by_line: dict[int, list[CheckResult]] = {}
        for check in work.report.checks:
            waits = check.status is Status.NOT_ATTEMPTED and check.line is None
            if check.status.is_open and not waits:
                by_line.setdefault(check.line or 1, []).append(check)
        for line, checks in by_line.items():
            untouched = all(check.status is Status.NOT_ATTEMPTED for check in checks)
            kind = "notice" if untouched else "error"
            text = "\n".join(_told(check) for check in checks)
            what = checks[0].title if len(checks) == 1 else f"{len(checks)} checks"
            commands.append(_command(kind, work.path, line, f"{work.exercise.id}: {what}", text))
    if request.protected:
        text = f"Changed, but without effect: {', '.join(request.protected[:MAX_PATHS])}"
        commands.append(_command("warning", request.protected[0], 1, "Without effect", text))
    if len(commands) > MAX_ANNOTATIONS:
        left = len(commands) - MAX_ANNOTATIONS + 1
        more = f"::notice::{left} more are in the summary of this run"
        commands = [*commands[: MAX_ANNOTATIONS - 1], more]
    return commands


def summary(request: PullRequest, isolation: str) -> str:
    """The page of the run: scores, a table for each exercise, ignored files, seed, isolation."""
    heading = _heading(request.works)
    seeds = {str(work.report.seed) for work in request.works if work.report is not None}
    seed = f" Seed {', '.join(seeds)}." if seeds else ""
    parts = [
        heading,
        *(_exercise(work, work.report) for work in request.works if work.report is not None),
        _ignored(request),
        f"Graded by the default branch.{seed} Isolation: {escaped(isolation)}.\n",
    ]
    page = "\n".join(part for part in parts if part)
    if len(page.encode()) > MAX_SUMMARY:
        return f"{heading}\nThe details are too long to show here: grade it yourself to see them.\n"
    return page


def escaped(text: str) -> str:
    """`text` as one line of Markdown, with every special character escaped."""
    line = " ".join(clean(text, MAX_MESSAGE).split())
    return _MEANINGFUL.sub(lambda match: f"&#{ord(match[0])};", line)


def _command(kind: str, path: str, line: int, title: str, text: str) -> str:
    properties = {"file": path, "line": str(line), "title": title}
    joined = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{kind} {joined}::{_data(clean(text, MAX_MESSAGE))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean(text, 200)).replace(":", "%3A").replace(",", "%2C")


def _told(check: CheckResult) -> str:
    """What an annotation says about one check."""
    parts = (check.message, check.explanation, check.hint and f"Try: {check.hint}")
    return "\n".join([f"{check.id}: {check.status.words}", *(part for part in parts if part)])


def _heading(works: Sequence[Work]) -> str:
    if not works:
        return "# Nothing to grade\n\nThis pull request changes no exercise.\n"
    lines = [f"- {_score(work)}\n" for work in works]
    return "# Graded\n\n" + "".join(lines)


def _score(work: Work) -> str:
    name, report = f"{work.exercise.id} {escaped(work.exercise.title)}", work.report
    if report is None:
        return f"{name}: not graded, {escaped(work.problem)}"
    if report.score is None:
        return f"{name}: not gradable, the grader itself failed; your code is not to blame"
    return f"{name}: **{report.score:g} of {report.max_score:g} points**"


def _exercise(work: Work, report: Report) -> str:
    lines = [
        f"\n## {report.exercise} {escaped(work.exercise.title)}\n",
        f"File: {escaped(work.path)}\n",
        "| status | points | check |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| {check.status.words} | {check.points:g}/{check.max_points:g} | {escaped(check.title)} |"
        for check in report.checks
    ]
    lines += [_details(check) for check in report.checks if check.status.has_reason]
    unanswered = [question.name for question in report.questions if not question.answered]
    asked = f"\nQuestions still unanswered: {escaped(', '.join(unanswered))}\n"
    return "\n".join([*lines, asked if unanswered else ""])


def _details(check: CheckResult) -> str:
    """A check that did not pass: its message verbatim, in a block that it cannot close."""
    text = html.escape(clean(_told(check), MAX_MESSAGE))
    return f"\n<b>{html.escape(clean(check.title))}</b>\n<pre>\n{text}\n</pre>\n"


def _ignored(request: PullRequest) -> str:
    """The changed files that have no effect."""
    text = ""
    for words, paths in (
        ("Changed, but without effect on the grading", request.protected),
        ("Added, but not read", request.others),
    ):
        if paths:
            shown = "".join(f"- {escaped(path)}\n" for path in paths[:MAX_PATHS])
            more = f"- and {len(paths) - MAX_PATHS} more\n" if len(paths) > MAX_PATHS else ""
            text += f"\n## {words}\n\n{shown}{more}"
    return text
