"""Features of each character of a play: numbers that a unit might follow.

Each feature is an array (characters,); like a state, its entry t belongs to the moment after
character t was read. So "next" features are about the future.
"""

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Feature = NDArray[np.float64]

# A paragraph of a play begins with the speaker on a line of its own: HAMLET:
SPEAKER = re.compile(r"^([^a-z\n]+):$", re.MULTILINE)


def position_in_line(text: str) -> Feature:
    """Characters since the last end of line, which itself is 0."""
    return _since(_is(text, "\n"))


def line_in_paragraph(text: str) -> Feature:
    """Lines since the last empty line; the speaker's name is line 0."""
    ends = np.cumsum(_is(text, "\n"))
    before = np.maximum.accumulate(np.where(paragraph_break(text) > 0, ends, 0))
    lines: Feature = ends.astype(np.float64) - before
    return lines


def in_name(text: str) -> Feature:
    """1 for the letters of a speaker's name at the head of a paragraph."""
    inside = np.zeros(len(text))
    for name in SPEAKER.finditer(text):
        inside[name.start(1) : name.end(1)] = 1
    return inside


def paragraph_break(text: str) -> Feature:
    """1 for an end of line right after an end of line."""
    ends = just_read("\n")(text)
    ends[1:] *= ends[:-1].copy()
    ends[:1] = 0
    return ends


def just_read(symbol: str) -> Callable[[str], Feature]:
    """1 where the character is `symbol`."""
    return lambda text: _is(text, symbol).astype(np.float64)


def comes_next(symbol: str) -> Callable[[str], Feature]:
    """1 where the next character is `symbol`; after the last character nothing comes."""
    return lambda text: np.append(_is(text, symbol)[1:], False).astype(np.float64)


def _is(text: str, symbol: str) -> NDArray[np.bool_]:
    return np.array([character == symbol for character in text], dtype=bool)


def _since(event: NDArray[np.bool_]) -> Feature:
    """The number of steps since the last event, or since the beginning if there was none."""
    steps = np.arange(len(event))
    last = np.maximum.accumulate(np.where(event, steps, -1))
    return np.where(last < 0, steps + 1, steps - last).astype(np.float64)
