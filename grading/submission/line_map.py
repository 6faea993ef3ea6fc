"""A map from the lines of a module to the places in a submission where its author wrote them."""

import re
from bisect import bisect_left
from dataclasses import dataclass

# Seven digits: no module has ten million lines.
_LINE = re.compile(r"\bline (\d{1,7})\b")


@dataclass(frozen=True)
class LineMap:
    """The lines of a module as their author knows them: by number or, in a notebook, by cell.

    `cells` has, for each code cell in order, the line of the module just above it and the number
    of the cell; a plain file has none.
    """

    cells: tuple[tuple[int, int], ...] = ()

    def place(self, line: int) -> str:
        """`line 47` or, in a notebook, `cell 3, line 5`; lines and cells are counted from 1."""
        index = bisect_left(self.cells, (line, 0)) - 1
        if index < 0:
            return f"line {line}"
        above, cell = self.cells[index]
        return f"cell {cell}, line {line - above}"

    def in_words(self, words: str) -> str:
        """A message of the parser, `'(' on line 47` for example, with places instead of lines."""
        return _LINE.sub(lambda match: self.place(int(match[1])), words)


PLAIN_FILE = LineMap()
