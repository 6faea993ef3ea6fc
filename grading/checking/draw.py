"""The inputs of checks: different for each seed, and always the same for one seed."""

import hashlib

import numpy as np


class Draw:
    """Draws the inputs of one check."""

    def __init__(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)

    def normal(self, *shape: int, scale: float = 1.0, dtype: str = "float32") -> np.ndarray:
        """Independent normal entries with standard deviation `scale`.

        All are exact in float32, so that checks in float64 and in float32 use the same values.
        """
        values = self.generator.normal(0.0, scale, shape).astype(np.float32)
        return values.astype(dtype)

    def uniform(self, *shape: int, low: float, high: float, dtype: str = "float32") -> np.ndarray:
        values = self.generator.uniform(low, high, shape).astype(np.float32)
        return values.astype(dtype)


def seed_of(exercise: str, check: str, seed: int) -> int:
    """The seed of one check: independent of the order in which checks run."""
    digest = hashlib.sha256(f"{exercise}/{check}/{seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big")
