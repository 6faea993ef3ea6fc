"""The loss on a text without a network: n-gram models, in nats per character.

A network's loss is compared with these. All are computed from the corpus; none is hard-coded.
"""

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.int64]


def uniform(symbols: int) -> float:
    """ln V: every character equally likely, which is where an untrained model begins."""
    return float(np.log(symbols))


def memoryless_floor(tokens: Tokens, symbols: int) -> float:
    """The lowest loss that a model without memory can reach on this text.

    That is the bigram model fitted on the text itself: a model that knows only the current
    character cannot do better, so a loss below it proves memory.
    """
    counts = np.bincount(tokens[:-1] * symbols + tokens[1:], minlength=symbols**2)
    table = counts.reshape(symbols, symbols).astype(np.float64)
    chances = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    seen = table > 0
    return float(-(table[seen] * np.log(chances[seen])).sum() / table.sum())


def cross_entropies(train: Tokens, text: Tokens, symbols: int, order: int) -> list[float]:
    """Nats per character of `text` for the 1-gram to `order`-gram models counted on `train`.

    Each is interpolated with the next shorter one (Witten and Bell, 1991): a context that was seen
    `n` times, with `t` different characters after it, gives its own counts the weight n / (n + t),
    and the shorter context the rest. The shortest context of all is the uniform distribution.
    """
    chances = np.full(len(text), 1 / symbols)
    entropies = []
    for length in range(1, order + 1):
        chances[length - 1 :] = _one_longer(chances[length - 1 :], train, text, symbols, length)
        entropies.append(float(-np.log(chances).mean()))
    return entropies


def _one_longer(
    shorter: NDArray[np.float64], train: Tokens, text: Tokens, symbols: int, length: int
) -> NDArray[np.float64]:
    """The probabilities of the characters that end the `length`-grams of `text`."""
    grams, counts = np.unique(_grams(train, symbols, length), return_counts=True)
    contexts, firsts, kinds = np.unique(grams // symbols, return_index=True, return_counts=True)
    totals = np.add.reduceat(counts, firsts)
    wanted = _grams(text, symbols, length)
    seen = _look_up(contexts, totals, wanted // symbols)
    different = _look_up(contexts, kinds, wanted // symbols)
    together = _look_up(grams, counts, wanted)
    return np.where(
        seen > 0, (together + different * shorter) / np.maximum(seen + different, 1), shorter
    )


def _grams(tokens: Tokens, symbols: int, length: int) -> Tokens:
    """Each run of `length` tokens as one number; the last token is its last digit in base V."""
    numbers = np.zeros(len(tokens) - length + 1, dtype=np.int64)
    for place in range(length):
        numbers = numbers * symbols + tokens[place : place + len(numbers)]
    return numbers


def _look_up(keys: Tokens, values: Tokens, wanted: Tokens) -> Tokens:
    """values[keys == wanted], 0 where there is no such key; `keys` are sorted."""
    places = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)
