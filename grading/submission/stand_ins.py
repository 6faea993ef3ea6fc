"""Stand-ins for what a notebook has without importing it, and for IPython: they do nothing.

Whether IPython is installed where a notebook is graded must not decide over its points. Its own
name stays free: libraries look for a module called IPython to learn that they are in a notebook.
"""

import re

IPYTHON = "stand_in_for_IPython"

_FROM = re.compile(r"^(\s*from\s+)IPython(?:\.\w+)*(?=\s+import\b)")
_IMPORT = re.compile(r"^(\s*import\s+)IPython(?:\.\w+)*(\s+as\s+\w+)?")
_MOCK = "from unittest.mock import MagicMock"
_DEFINED = {
    "display": "def display(*shown, **options): return None",
    "get_ipython": f"{_MOCK} as get_ipython",
    IPYTHON: f"import sys; {_MOCK}; sys.modules['{IPYTHON}'] = MagicMock()",
}


def without_ipython(line: str) -> str:
    """The line, importing from the stand-in what it would import from IPython."""
    line = _FROM.sub(rf"\1{IPYTHON}", line)
    return _IMPORT.sub(lambda found: f"{found[1]}{IPYTHON}{found[2] or ' as IPython'}", line)


def definitions(source: str) -> list[str]:
    """The lines that define every stand-in of which `source` speaks."""
    return [line for name, line in _DEFINED.items() if re.search(rf"\b{name}\b", source)]
