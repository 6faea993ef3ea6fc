"""Prints a table for a person at a terminal."""

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from grading.renderers.console import console


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], plain: bool) -> None:
    """Print `rows` under `headings`; if `plain` or not at a terminal, with lines of ASCII."""
    plain = plain or not sys.stdout.isatty()
    table = Table(box=box.ASCII if plain else box.SIMPLE, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console(sys.stdout, plain, width=110).print(table)
