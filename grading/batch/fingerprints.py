"""Winnowing fingerprints: a few hashes of a program that show what it shares with another.

The program's tokens (every name alike, no comments, no layout) are hashed in runs of K, and of each
WINDOW neighboring hashes the smallest one is kept (Schleimer, Wilkerson and Aiken: Winnowing: Local
Algorithms for Document Fingerprinting, SIGMOD 2003). Two programs that share K + WINDOW - 1 tokens
in a row share a fingerprint for certain, and fewer than K tokens never count.

The tokens come from one regular expression: it takes what is no Python as well, in time that grows
with the length only. 0.3 to 0.6 ms for a program of this course (measured), where grading it takes
75 ms. The hashes are the same in every process, so that the store can keep them.
"""

import keyword
import re
import zlib
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

# Stored fingerprints are of one version: raise it with every change of what is hashed.
VERSION = 1
# In tokens: a statement or two. tests/batch/test_similar.py holds what honest programs share then.
K = 16
WINDOW = 8
# Ten times the longest right program of the bank; what comes after is not compared.
MOST_TOKENS = 20_000
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
    codes = [_code(token) for token in islice(filter(None, tokens), MOST_TOKENS)]
    if len(codes) < K:
        return np.empty(0, dtype=np.uint64)
    return _mixed(sliding_window_view(np.array(codes, dtype=np.uint64), K) @ _POWERS)


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
