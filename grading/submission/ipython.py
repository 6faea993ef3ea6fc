"""Takes IPython's additions to Python out of the text of a cell, without moving a line.

    %matplotlib inline   !pip install x   ?nn.LSTM   nn.LSTM?      become comments
    files = !ls          shape = %who                               files = None  # !ls
    %time loss = train()                                            loss = train()
    %%bash and the like                                             the whole cell is a comment

Only lines that begin a statement can be IPython's: elsewhere % is an operator, or part of a string.
To find these lines, this module keeps track of open strings and brackets; it does not parse Python.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# The code below these runs in the notebook's own namespace. (%%timeit runs its code elsewhere, so
# that the names it defines are lost.)
COUNTED = {"%%time", "%%capture", "%%prun"}

_SIGNS = re.compile("[%!?]")
_TOKEN = re.compile(
    r"""(?P<comment>\#) | (?P<long>\"{3}|'{3}) | (?P<open>[(\[{]) | (?P<close>[)\]}])
    | "(?:[^"\\]|\\.)*+"? | '(?:[^'\\]|\\.)*+'?""",
    re.VERBOSE,
)
_LONG_STRING_PART = {quote: re.compile(rf"\\.|{quote}") for quote in ('"""', "'''")}
_TIMED = re.compile(r"%time\s+(?P<statement>[^-\s].*)")
_HELP = re.compile(r"%{0,2}[^\W\d][\w.*]*\?\??")
_ASSIGNED = re.compile(r"(?P<target>[^\W\d][\w.,\s\[\]'\"]*=\s*)(?P<command>[%!].*)")

# Stand-ins that do nothing replace IPython, and the names that a notebook has without importing
# them: a notebook's points must not depend on whether IPython is installed where it is graded. The
# stand-in has another name, because libraries look for a module called IPython to find out whether
# they run in a notebook.
IPYTHON = "stand_in_for_IPython"

_FROM = re.compile(r"^(\s*from\s+)IPython(?:\.\w+)*(?=\s+import\b)")
_IMPORT = re.compile(r"^(\s*import\s+)IPython(?:\.\w+)*(\s+as\s+\w+)?")
_MOCK = "from unittest.mock import MagicMock"
_DEFINED = {
    "display": "def display(*shown, **options): return None",
    "get_ipython": f"{_MOCK} as get_ipython",
    IPYTHON: f"import sys; {_MOCK}; sys.modules['{IPYTHON}'] = MagicMock()",
}


def left_out(text: str) -> str:
    """The magic for which a whole cell is left out; empty if the cell counts."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    magic = first.split()[0] if first.startswith("%%") else ""
    return "" if magic in COUNTED else magic


def without_magics(lines: Sequence[str]) -> list[str]:
    """The lines of one cell (at least one) as Python: as many as before, but none of IPython's."""
    if left_out("\n".join(lines)):
        return [f"# {line}" for line in lines]
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if not lines[first].startswith("%%"):
        return _plain(_dedented(lines))
    return [*lines[:first], f"# {lines[first]}", *_plain(lines[first + 1 :])]


def _dedented(lines: Sequence[str]) -> list[str]:
    """The lines without the indent of the first statement, as a notebook runs them."""
    first = next((line for line in lines if line.strip() and line.lstrip()[0] != "#"), "")
    indent = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(indent) for line in lines]


def _plain(lines: Sequence[str]) -> list[str]:
    made: list[str] = []
    text = _Text()
    in_command = False
    for line in lines:
        replaced = f"# {line}" if in_command else _command(line) if text.may_begin else None
        made.append(line if replaced is None else replaced)
        text.read(made[-1])
        # As in Python, a backslash at the end of a line continues a command on the next line.
        in_command = replaced is not None and line.endswith("\\") and not text.continued
    return made


def _command(line: str) -> str | None:
    """The replacement for a line that begins a statement; None if the line is Python."""
    if not _SIGNS.search(line):
        return None
    stripped = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    if timed := _TIMED.fullmatch(stripped):
        return indent + timed["statement"]
    if stripped.startswith(("%", "!", "?")) or _HELP.fullmatch(stripped):
        # `pass`, because a block may have nothing else in it.
        return f"{indent}pass  # {stripped}" if indent else f"# {stripped}"
    if assigned := _ASSIGNED.fullmatch(stripped):
        target, command = assigned["target"], assigned["command"]
        if timed := _TIMED.fullmatch(command):
            return indent + target + timed["statement"]
        return f"{indent}{target}None  # {command}"
    return None


@dataclass
class _Text:
    """What is still open at the end of the lines read so far."""

    quote: str = ""
    depth: int = 0
    continued: bool = False

    @property
    def may_begin(self) -> bool:
        """Whether the next line begins a statement."""
        return not self.quote and self.depth == 0 and not self.continued

    def read(self, line: str) -> None:
        position = 0
        while True:
            pattern = _LONG_STRING_PART[self.quote] if self.quote else _TOKEN
            match = pattern.search(line, position)
            if match is None:
                break
            position = match.end()
            if self.quote:
                if match[0] == self.quote:
                    self.quote = ""
            elif match["comment"]:
                self.continued = False
                return
            elif match["long"]:
                self.quote = match["long"]
            elif match["open"]:
                self.depth += 1
            elif match["close"]:
                self.depth = max(0, self.depth - 1)
        self.continued = not self.quote and line.endswith("\\")


def without_ipython(line: str) -> str:
    """The line, with the stand-in in place of IPython in its imports."""
    line = _FROM.sub(rf"\1{IPYTHON}", line)
    return _IMPORT.sub(lambda found: f"{found[1]}{IPYTHON}{found[2] or ' as IPython'}", line)


def definitions(source: str) -> list[str]:
    """The lines that define every stand-in that `source` mentions."""
    return [line for name, line in _DEFINED.items() if re.search(rf"\b{name}\b", source)]
