"""Read the course text: checked loading, characters to numbers and back, training batches.

Only numpy and the standard library are used, so that a process that must not run student code
can import this module without pulling in torch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

SPLITS = ("train", "valid", "test")
CORPUS_DIR = Path(__file__).resolve().parent / "shakespeare"
CHECKSUMS = "SHA256SUMS"
SYMBOLS = "".join(sorted("\n !',-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))


class CorpusError(RuntimeError):
    """A file of the corpus is missing or differs from the one that was handed out."""


def _read(name: str) -> bytes:
    """The bytes of one file of the corpus; CorpusError if it cannot be read."""
    try:
        return (CORPUS_DIR / name).read_bytes()
    except OSError as error:
        raise CorpusError(
            f"corpus file {name} cannot be read ({error.strerror}); "
            "restore data/shakespeare from the repository"
        ) from error


def checksums() -> dict[str, str]:
    """File name -> SHA-256 in hexadecimal, as recorded beside the texts.

    Raises CorpusError if the record is missing or a line of it is not a sum and a name.
    """
    lines = [line.split() for line in _read(CHECKSUMS).decode("utf-8", "replace").splitlines()]
    if not all(len(fields) == 2 for fields in lines):
        raise CorpusError(
            f"corpus file {CHECKSUMS} is damaged; restore data/shakespeare from the repository"
        )
    return {name: digest for digest, name in lines}


def load(split: str) -> str:
    """The text of one split: "train", "valid" or "test".

    Raises ValueError for any other split, and CorpusError, in one line that names the file, if
    the file or its checksum is missing or if the two disagree.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: expected one of {', '.join(SPLITS)}")
    name = f"{split}.txt"
    content = _read(name)
    if checksums().get(name) != hashlib.sha256(content).hexdigest():
        raise CorpusError(
            f"corpus file {name} does not match its checksum in {CHECKSUMS}; "
            "restore data/shakespeare from the repository"
        )
    return content.decode("ascii")


class Vocabulary:
    """Numbers the symbols: symbol k, in the order of the code points, gets number k.

    Raises ValueError if a symbol is given twice or none is given.
    """

    def __init__(self, symbols: str = SYMBOLS) -> None:
        if not symbols or len(set(symbols)) != len(symbols):
            raise ValueError("a vocabulary needs at least one symbol, and each of them once")
        self.symbols = "".join(sorted(symbols))
        self._code_points = _code_points(self.symbols)

    def __len__(self) -> int:
        """The number of symbols."""
        return len(self.symbols)

    def encode(self, text: str) -> NDArray[np.int64]:
        """Text of n characters -> int64 array of shape (n,), each number in [0, len(self)).

        Raises ValueError naming the characters that the vocabulary lacks.
        """
        unknown = sorted(set(text) - set(self.symbols))
        if unknown:
            raise ValueError(f"not in the vocabulary: {', '.join(map(repr, unknown))}")
        return np.searchsorted(self._code_points, _code_points(text)).astype(np.int64)

    def decode(self, ids: ArrayLike) -> str:
        """One-dimensional integers in [0, len(self)) -> the text that they encode.

        Raises TypeError if the ids are not integers, ValueError if they are not one-dimensional
        or name no symbol.
        """
        numbers = np.asarray(ids)
        if numbers.ndim != 1:
            raise ValueError(f"ids must be one-dimensional, got shape {numbers.shape}")
        if numbers.size == 0:
            return ""
        if numbers.dtype.kind not in "iu":
            raise TypeError(f"ids must be integers, got {numbers.dtype}")
        if numbers.min() < 0 or numbers.max() >= len(self):
            raise ValueError(
                f"ids must lie in [0, {len(self)}), got {numbers.min()} to {numbers.max()}"
            )
        return "".join(self.symbols[number] for number in numbers.tolist())


def _code_points(text: str) -> NDArray[np.uint32]:
    """The Unicode code points of text, shape (len(text),)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


Batch = tuple[NDArray[np.int64], NDArray[np.int64]]


def contiguous_batches(tokens: ArrayLike, batch: int, steps: int) -> Iterator[Batch]:
    """One pass over tokens, shape (n,), as pairs (inputs, targets), each of shape (steps, batch).

    The tokens are cut into `batch` streams of equal length, read side by side: column b of one
    pair continues column b of the pair before, so a recurrent state can be carried across pairs.
    A target is the token that follows its input. Tokens at the end of a stream that do not fill
    `steps` are left out.

    Raises ValueError, on the call itself, if the tokens are not one-dimensional, if batch or steps
    is below 1, or if the tokens do not fill a single pair (which takes batch * steps + 1).
    """
    sequence = np.asarray(tokens)
    if sequence.ndim != 1:
        raise ValueError(f"tokens must be one-dimensional, got shape {sequence.shape}")
    if batch < 1 or steps < 1:
        raise ValueError(f"batch and steps must be at least 1, got {batch} and {steps}")
    if len(sequence) < batch * steps + 1:
        raise ValueError(
            f"{len(sequence)} tokens are too few for batch {batch} and steps {steps}: "
            f"at least {batch * steps + 1} are needed"
        )
    return _walk(sequence, batch, steps)


def _walk(sequence: NDArray[np.int64], batch: int, steps: int) -> Iterator[Batch]:
    """The pairs of contiguous_batches, for arguments already checked."""
    length = (len(sequence) - 1) // batch
    inputs = sequence[: batch * length].reshape(batch, length).T
    targets = sequence[1 : batch * length + 1].reshape(batch, length).T
    for start in range(0, length - steps + 1, steps):
        stop = start + steps
        # Copies: a caller may hand them to a framework that wants writable, dense memory.
        yield inputs[start:stop].copy(order="C"), targets[start:stop].copy(order="C")


def for_display(text: str) -> str:
    """Text for a plot or a table, with '|' in place of each end of line."""
    return text.replace("\n", "|")
