"""Where words for a person go: a terminal, or plain lines."""

import os
from typing import TextIO

from rich.console import Console


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Nobody reads any more: grading goes on, for the report and the hints, and in silence."""
        self.quiet = True


def console(stream: TextIO, plain: bool, width: int = 100) -> Console:
    """For `stream`. If `plain` without colors, as wide as COLUMNS says, or else `width`."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        width = int(columns)
    return _Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        # An empty NO_COLOR counts as none (https://no-color.org); to rich before 14 it did not.
        no_color=plain or bool(os.environ.get("NO_COLOR")),
        force_terminal=False if plain else None,
        width=width if plain else None,
    )
