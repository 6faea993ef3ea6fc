"""Inputs of the exercise-3 checks: models to make, and tokens for them to read."""

from typing import Any

import numpy as np

from data.corpus import Vocabulary, load
from grading.checking import Draw

CORES = ("rnn", "gru", "lstm")

TOKENS = ("step", "sequence")
LOGITS = ("step", "sequence", "token")
HIDDEN = ("step", "layer", "sequence", "unit")

Model = dict[str, Any]


def model(draw: Draw, core: str, vocab: int, hidden: int, depth: int, spread: float = 1.0) -> Model:
    """A model whose parameters the probe draws, all from one interval, with a seed drawn here.

    So nothing depends on the student's initialization. With spread 1 the interval is the one that
    torch uses for its recurrent cores, within 1 / sqrt(hidden): states forget rounding errors and
    still remember some steps. A larger spread makes a model more certain, and saturates it.
    """
    return {
        "vocab_size": vocab,
        "hidden_size": hidden,
        "depth": depth,
        "core": core,
        "spread": spread,
        "seed": seed(draw),
    }


def seed(draw: Draw) -> int:
    return int(draw.generator.integers(2**31))


def tokens(draw: Draw, vocab: int, steps: int, batch: int) -> np.ndarray:
    """Independent uniform tokens, int64, (steps, batch)."""
    return draw.generator.integers(vocab, size=(steps, batch))


def with_another_token(
    draw: Draw, given: np.ndarray, vocab: int, step: int, column: int
) -> np.ndarray:
    """A copy of `given` that differs in this one place."""
    changed = given.copy()
    changed[step, column] = (given[step, column] + draw.generator.integers(1, vocab)) % vocab
    return changed


class Corpus:
    """The course's texts as tokens, with a new numbering for each draw.

    So texts or weights that a submission brings along do not help it: only the windows that it is
    trained on tell which number stands for which character.
    """

    def __init__(self, draw: Draw) -> None:
        vocabulary = Vocabulary()
        self.vocab = len(vocabulary)
        number = draw.generator.permutation(self.vocab).astype(np.uint8)
        self.tokens = {split: number[vocabulary.encode(load(split))] for split in SPLITS}

    def windows(self, draw: Draw, iterations: int, steps: int, batch: int) -> np.ndarray:
        """Pieces of the training text from random places, uint8, (iterations, steps + 1, batch)."""
        return self._pieces(draw, "train", (iterations, 1, batch), steps)

    def streams(self, draw: Draw, steps: int, batch: int) -> np.ndarray:
        """Pieces of the validation text from random places, int64, (steps + 1, batch)."""
        return self._pieces(draw, "valid", (1, batch), steps).astype(np.int64)

    def _pieces(self, draw: Draw, split: str, starts: tuple[int, ...], steps: int) -> np.ndarray:
        text = self.tokens[split]
        first = draw.generator.integers(len(text) - steps, size=starts)
        return np.asarray(text[first + np.arange(steps + 1)[:, None]])


SPLITS = ("train", "valid")
