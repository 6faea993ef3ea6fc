"""Notebooks as bytes, for the tests of their readers."""

import json
from typing import Any


def code(*lines: str, **metadata: Any) -> dict[str, Any]:
    """A code cell of these lines, as Jupyter writes it."""
    source = "\n".join(lines).splitlines(keepends=True)
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def notebook(*cells: Any, **more: Any) -> bytes:
    """A notebook of format 4.4 with these cells; `more` replaces what else it says."""
    document = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 4, **more}
    return json.dumps(document).encode()
