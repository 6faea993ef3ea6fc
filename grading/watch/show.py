"""Prints a watch: at first every check, then those that flipped, and what to do next."""

import time
from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from grading.renderers.terminal import TerminalRenderer
from grading.report import CheckResult, Report, Status

KEYS = "Keys: h hint, n next failing check, r run again on new inputs, q quit"


class WatchRenderer(TerminalRenderer):
    """Prints only news: the checks that flipped since the last save, the score, the next step."""

    def __init__(self, plain: bool, has_keys: bool) -> None:
        super().__init__(plain)
        self._has_keys = has_keys
        self._waiting = 0
        self._shown: set[str] = set()
        self._score: float | None = None

    def began(self, submission: str, seed: int) -> None:
        self._waiting = 0
        self._shown.clear()
        self.console.print()
        at = time.strftime("%H:%M:%S")
        self.console.print(Text(f"{submission} at {at}, inputs of seed {seed}", style="bold"))

    def flipped(self, result: CheckResult, before: Status | None) -> None:
        """Print a result if its status is new; blocked checks are only counted."""
        if result.status is before:
            return
        if result.status is Status.BLOCKED:
            self._waiting += 1
        else:
            self._shown.add(result.id)
            self.checked(result, before)

    def ended(self, report: Report, failing: Sequence[CheckResult], printed: str) -> None:
        """Print the score, known mistakes, the first failing check and the keys."""
        self._stop_spinner()
        if self._waiting:
            self.console.print(Text(f"{self._waiting} more checks now wait for others"))
            self._waiting = 0
        self.printed(printed)
        self._standing(report)
        self._recognized(report)
        if failing:
            self._next(failing[0])
        if self._has_keys:
            self.console.print(Text(KEYS, style="dim"))

    def _next(self, check: CheckResult) -> None:
        if check.id in self._shown:
            self.say(f"Next: {check.title}")
        else:
            self.say("Next:")
            self.checked(check)
        self.say(f"To run it alone: {check.replay}")

    def canceled(self) -> None:
        self._stop_spinner()
        self._waiting = 0
        self.say("Stopped before it was done")

    def say(self, line: str) -> None:
        self.console.print(Text(line))

    def _standing(self, report: Report) -> None:
        if report.score is None:
            self._not_gradable()
            for fault in report.faults:
                self.say(f"grader: {fault}")
            return
        score = f"{report.score:g} of {report.max_score:g} points{self._change(report.score)}"
        self.console.print(Text.assemble((score, "bold"), "  ", self._bar(report)))
        counts = Counter(check.status for check in report.checks)
        self.say(
            ", ".join(f"{counts[status]} {status.words}" for status in Status if status in counts)
        )
        if counts[Status.PASSED] == len(report.checks):
            self.say("Everything is right. Well done!")

    def _change(self, score: float) -> str:
        before, self._score = self._score, score
        if before is None or before == score:
            return ""
        more = "more" if score > before else "fewer"
        return f", {abs(score - before):g} {more} than before"
