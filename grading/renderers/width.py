"""How wide to write where there is no terminal that says so."""

import os


def plain_width(default: int) -> int:
    """Columns of plain output: what the variable COLUMNS says, if it says something."""
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else default
