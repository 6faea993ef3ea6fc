"""Progress of long work, on standard error: a bar at a terminal, a line now and then elsewhere."""

import sys
import time
from typing import TYPE_CHECKING

from grading.closing import Closing

if TYPE_CHECKING:
    from rich.progress import Progress

LINE_SECONDS = 30.0


class Bar(Closing):
    """Shows how many items are done. Use as a context manager."""

    def __init__(self, plain: bool, title: str) -> None:
        self._title, self._began = title, time.monotonic()
        self._last_line = self._began
        self._bar = None if plain or not sys.stderr.isatty() else _bar()
        if self._bar is not None:
            self._task = self._bar.add_task(title, total=None, rate="")
            self._bar.start()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, done: int, total: int, what: str = "") -> None:
        """Update the bar; without a bar, print a line every 30 s at most, and at the end."""
        now = time.monotonic()
        rate = f"{done / (now - self._began):.1f}/s" if done and now > self._began else ""
        if self._bar is not None:
            description = what or self._title
            self._bar.update(
                self._task, completed=done, total=total, description=description, rate=rate
            )
        elif done and (done == total or now - self._last_line > LINE_SECONDS):
            self._last_line = now
            words = f" ({rate}{', ' + what if what else ''})"
            print(f"{self._title}: {done} of {total}{words}", file=sys.stderr, flush=True)


def _bar() -> "Progress":
    # Imported here, because it takes a while and only a terminal needs it.
    from rich import progress

    from grading.renderers.console import console

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(),
        console=console(sys.stderr, plain=False),
    )
