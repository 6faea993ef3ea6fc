"""Winnowing fingerprints: a few hashes of a program that show what it shares with another.

The program's tokens (every name alike, no comments, no layout) are hashed in runs of K, and of each
WINDOW neighboring hashes the smallest one is kept (Schleimer, Wilkerson and Aiken: Winnowing: Local
Algorithms for Document Fingerprinting, SIGMOD 2003). Two programs that share K + WINDOW - 1 tokens
in a row share a fingerprint for certain, and fewer than K tokens never count.

The tokens come from one regular expression: it takes what is no Python as well, in time that grows
with the length only. Measured: 0.3 to 0.6 ms for a program of this course, where grading it takes
75 ms, and 0.9 to 1.6 s for a file of 1 MB, the largest that is taken. The hashes are the same in
every process, so that the store can keep them.
"""

import keyword
import re
import zlib
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

# Stored fingerprints are of one version: raise it with every change of what is hashed.
VERSION = 1
# In tokens: a statement or two. tests/batch/test_similar.py holds what honest programs share then.
K = 16
WINDOW = 8
_NAME, _TEXT = "name", "text"
# No quantifier can backtrack.
_TOKEN = re.compile(
    r"""\#[^\n]*+ | '{3}.*?(?:'{3}|\Z) | "{3}.*?(?:"{3}|\Z)
    | '(?:\\.|[^'\\\n])*+'? | "(?:\\.|[^"\\\n])*+"? | [^\W\d]\w*+ | \d[\w.]*+ | [^\w\s]""",
    re.DOTALL | re.VERBOSE,
)
_POWERS = np.array([pow(6364136223846793005, n, 2**64) for n in range(K)], dtype=np.uint64)


def fingerprints(source: str) -> Hashes:
    """The fingerprints of a program, sorted and each once, (fingerprints,)."""
    hashes = every_hash(source)
    return np.unique(hashes[winnowed(hashes, WINDOW)])


def every_hash(source: str) -> Hashes:
    """The hash of each run of K tokens, (tokens - K + 1,)."""
    tokens = (_normalized(match[0]) for match in _TOKEN.finditer(source))
    codes = np.fromiter((_code(token) for token in tokens if token), dtype=np.uint64)
    runs = len(codes) - K + 1
    if runs < 1:
        return np.empty(0, dtype=np.uint64)
    hashes = np.zeros(runs, dtype=np.uint64)
    for place, power in enumerate(_POWERS):
        hashes += codes[place : place + runs] * power
    return _mixed(hashes)


def winnowed(hashes: Hashes, window: int) -> NDArray[np.intp]:
    """The places of the smallest hash of each window; of equal ones, the rightmost."""
    if not len(hashes):
        return np.empty(0, dtype=np.intp)
    windows = sliding_window_view(hashes, min(window, len(hashes)))
    last = windows.shape[1] - 1
    return np.unique(np.arange(len(windows)) + last - windows[:, ::-1].argmin(axis=1))


def _normalized(token: str) -> str:
    """A token without what is easily changed; empty for a comment."""
    first = token[0]
    if first == "#":
        return ""
    if first in "'\"":
        return _TEXT
    if token.isidentifier() and not keyword.iskeyword(token):
        return _NAME
    return token


@lru_cache(maxsize=1000)
def _code(token: str) -> int:
    return zlib.crc32(token.encode("utf-8", "surrogatepass"))


def _mixed(hashes: Hashes) -> Hashes:
    """Spread over all bits, so that the smallest hash stands at no particular kind of place."""
    hashes = (hashes ^ (hashes >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    return hashes ^ (hashes >> np.uint64(29))
