"""Prints a report at a terminal, check by check as the results come."""

import sys

from rich.padding import Padding
from rich.status import Status as Spinner
from rich.table import Table
from rich.text import Text

from grading.closing import Closing
from grading.renderers.console import console
from grading.report import CheckResult, Report, Status
from grading.text import clean, without_commands

BAR_WIDTH = 40
MAX_PRINTED_LINES = 20

_STATUS_WIDTH = max(len(status.words) for status in Status)
# The column at which a check's title and its details begin.
_TITLE = _STATUS_WIDTH + 13


class TerminalRenderer(Closing):
    """Prints each result when it is known, then the summary.

    Colors only accompany words. If `plain`, or if the output is not a terminal, the grader adds no
    colors, no spinner and no characters beyond ASCII.
    """

    def __init__(self, plain: bool = False, to_stderr: bool = False) -> None:
        stream = sys.stderr if to_stderr else sys.stdout
        self.plain = plain or not stream.isatty()
        self.console = console(stream, self.plain)
        self._spinner: Spinner | None = None

    def heading(self, title: str, submission: str) -> None:
        self.console.print(Text(f"{title}: {submission}", style="bold"), "")

    def started(self, title: str) -> None:
        """Show `title` with a spinner, except in plain output, which could not erase it."""
        if self.plain:
            return
        if self._spinner is None:
            self._spinner = self.console.status("")
            self._spinner.start()
        self._spinner.update(Text(title, style="dim"))

    def checked(self, result: CheckResult, before: Status | None = None) -> None:
        """Print a check: status, points, title, and what to know if it did not pass.

        `before` is its status in the previous round, if it has changed.
        """
        self._stop_spinner()
        status = Text(result.status.words, style=result.status.style)
        points = f"{result.points:g}/{result.max_points:g}"
        title = Text(result.title)
        details = [result.id] if result.status is not Status.PASSED else []
        if before is not None:
            details.append(f"was {before.words}")
        if details:
            title.append(f" ({', '.join(details)})", style="dim")
        if self._is_narrow:
            self.console.print(Text("  ").join((status, Text(points), title)))
        else:
            row = Table.grid(padding=(0, 2, 0, 0))
            row.add_column(width=_STATUS_WIDTH)
            row.add_column(justify="right", width=9)
            row.add_column(overflow="fold")
            row.add_row(status, points, title)
            self.console.print(row)
        if result.message and (result.status.has_reason or result.status is Status.BLOCKED):
            self._detail(result.message, "")
        if result.hint and result.status.has_reason:
            self._detail(f"Try: {result.hint}", "italic")

    def summary(self, report: Report, printed: str = "", elsewhere: float = 0.0) -> None:
        """Print the score, what to do next, and the seed, device and isolation.

        `elsewhere` is the points of the checks that this edition lacks.
        """
        self._stop_spinner()
        self.console.print()
        self.printed(printed)
        if report.score is None:
            self._not_gradable()
        else:
            score = f"{report.score:g} of {report.max_score:g} points"
            self.console.print(Text.assemble((score, "bold"), "  ", self._bar(report)))
        if elsewhere:
            more = f"{elsewhere:g} more points are for hidden checks of what you hand in."
            self.console.print(Text(f"These are the public checks: {more}"))
        self._questions(report)
        if report.hint_cost:
            self.console.print(Text(f"Hints cost {report.hint_cost:g} of these points."))
        self._recognized(report)
        # The first check that did not pass for a reason of its own.
        following = next((check for check in report.checks if check.status.is_open), None)
        if following is not None and report.gradable:
            self.console.print(Text(f"Next: {following.title}"))
            if following.hint:
                self._detail(f"Try: {following.hint}", "italic", indent=6)
            self.console.print(Text(f"To run it alone: {following.replay}"))
        elif report.full_marks:
            self.console.print(Text("Everything that was asked for is right. Well done!"))
        circumstances = (
            f"seed {report.seed}, device {report.device}, isolation {report.isolation['rung']}"
            f" ({report.isolation['walls']})"
        )
        self.console.print(Text(circumstances, style="dim"))

    def close(self) -> None:
        self._stop_spinner()

    @property
    def _is_narrow(self) -> bool:
        """Whether a title would have less room than the columns before it."""
        return self.console.width < 2 * _TITLE

    def _detail(self, text: str, style: str, indent: int = _TITLE) -> None:
        if self.plain:
            text = without_commands(text)
        indent = min(indent, 2) if self._is_narrow else indent
        self.console.print(Padding(Text(text, style=style), (0, 0, 0, indent), expand=False))

    def _bar(self, report: Report) -> str:
        share = (report.score or 0.0) / report.max_score if report.max_score else 0.0
        full = int(share * BAR_WIDTH)
        filled, empty = ("#", "-") if self.plain else ("█", "░")
        return f"[{filled * full}{empty * (BAR_WIDTH - full)}]"

    def _recognized(self, report: Report) -> None:
        """Print each known mistake that explains an answer, once."""
        checks_by_explanation: dict[str, list[str]] = {}
        for check in report.checks:
            if check.explanation:
                checks_by_explanation.setdefault(check.explanation, []).append(check.id)
        for explanation, checks in checks_by_explanation.items():
            self.console.print(Text(f"Recognized ({', '.join(checks)}):", style="bold"))
            self._detail(explanation, "", indent=6)
        if checks_by_explanation:
            self.console.print(Text(f"For a hint: python grader.py hint {report.exercise}"))

    def _questions(self, report: Report) -> None:
        """Print the marks given by hand, and which questions are unanswered."""
        for question in report.questions:
            mark = question.mark
            if mark is None:
                continue
            points = f"{mark.points:g} of {mark.max_points:g} by hand"
            self.console.print(Text(f"Question {question.name}: {points}"))
            if mark.comment:
                self._detail(mark.comment, "italic", indent=6)
        if unanswered := [q.name for q in report.questions if not q.answered]:
            names = ", ".join(unanswered)
            self.console.print(Text(f"Questions still unanswered (no points): {names}"))

    def printed(self, printed: str) -> None:
        """Show what the student's code printed: it helps those who debug with print."""
        lines = clean(printed, 20_000).splitlines()
        if not lines:
            return
        self.console.print(Text("Your code printed:", style="dim"))
        for line in lines[:MAX_PRINTED_LINES]:
            self._detail(f"| {line}", "dim", indent=2)
        if len(lines) > MAX_PRINTED_LINES:
            self._detail(f"and {len(lines) - MAX_PRINTED_LINES} more lines", "dim", indent=2)
        self.console.print()

    def _not_gradable(self) -> None:
        text = "not gradable: the grader itself failed. No score; your code is not to blame."
        self.console.print(Text(text, style="bold magenta"))

    def _stop_spinner(self) -> None:
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None
