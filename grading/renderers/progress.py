"""Progress of long work, on standard error: a bar at a terminal, a line now and then elsewhere."""

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_SECONDS = 30.0


class Bar:
    """Shows (done, of how many, what). Use as a context manager."""

    def __init__(self, plain: bool, title: str) -> None:
        self._console = Console(stderr=True, no_color=True if plain else None, highlight=False)
        self._plain = plain or not self._console.is_terminal
        rate = TextColumn("{task.fields[rate]}")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rate)
        self._bar = Progress(*columns, TimeRemainingColumn(), console=self._console)
        self._task = self._bar.add_task(title, total=None, rate="")
        self._title, self._began = title, time.monotonic()
        self._last_line = self._began

    def __enter__(self) -> Self:
        if not self._plain:
            self._bar.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._bar.stop()

    def show(self, done: int, total: int, what: str = "") -> None:
        """Say how far it is; elsewhere than at a terminal twice a minute, and at the end."""
        now = time.monotonic()
        rate = f"{done / (now - self._began):.1f}/s" if done and now > self._began else ""
        if not self._plain:
            description = what or self._title
            self._bar.update(
                self._task, completed=done, total=total, description=description, rate=rate
            )
        elif done and (done == total or now - self._last_line > LINE_SECONDS):
            self._last_line = now
            words = f" ({rate}{', ' + what if what else ''})"
            self._console.print(f"{self._title}: {done} of {total}{words}", soft_wrap=True)
