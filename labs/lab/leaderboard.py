"""A lab's results: a CSV file that grows by one row per result and never shrinks."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from grading.errors import UsageError


class Leaderboard:
    """The file at `path`, with these columns; the first row creates it.

    Raises UsageError, before the lab computes anything, if a different file is there.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.columns = tuple(columns)
        if path.exists():
            self.rows()

    def append(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Add rows at the end. The existing content stays untouched."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        with self.path.open("ab") as file:
            if file.tell() == 0:
                writer.writeheader()
            elif not self.path.read_bytes().endswith(b"\n"):
                text.write("\n")
            writer.writerows(rows)
            # One call, so that two labs that end together do not write into each other's rows.
            os.write(file.fileno(), text.getvalue().encode())

    def rows(self) -> list[dict[str, str]]:
        """Every row so far, oldest first."""
        try:
            with self.path.open(encoding="utf-8", newline="") as file:
                reader = csv.DictReader(file, strict=True)
                rows = list(reader)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise UsageError(f"{self.path} cannot be read ({error}): {_ADVICE}") from error
        complete = all(None not in row and None not in row.values() for row in rows)
        if tuple(reader.fieldnames or ()) != self.columns or not complete:
            raise UsageError(f"{self.path} is not this lab's leaderboard: {_ADVICE}")
        return rows


_ADVICE = "move it away to begin a new one"
