"""A console for a person: styled at a terminal, or in plain lines."""

import os
from typing import TextIO

from rich.console import Console


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Nobody reads the output any longer: grade on without it, for the report and the hints."""
        self.quiet = True


def console(stream: TextIO, plain: bool, width: int = 100) -> Console:
    """A console on `stream`; if `plain`, without colors and as wide as COLUMNS, else `width`."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        width = int(columns)
    return _Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        # An empty NO_COLOR has no effect (https://no-color.org), but rich before 14 obeyed it.
        no_color=plain or bool(os.environ.get("NO_COLOR")),
        force_terminal=False if plain else None,
        width=width if plain else None,
    )
