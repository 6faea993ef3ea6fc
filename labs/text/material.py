"""The course text as tensors, and where to compute."""

import torch
from lab import UsageError
from torch import Tensor

from data import corpus
from text.training import Texts

VOCABULARY = corpus.Vocabulary()


def tokens(text: str, device: torch.device) -> Tensor:
    """The numbers of the characters, int64 (characters,).

    Raises UsageError if a character is not in the course's alphabet.
    """
    try:
        return torch.from_numpy(VOCABULARY.encode(text)).to(device)
    except ValueError as error:
        raise UsageError(str(error)) from error


def shown(numbers: list[int]) -> str:
    """The text that these tokens encode, on one line: an end of line is shown as "|"."""
    return corpus.for_display(VOCABULARY.decode(numbers))


def texts(device: torch.device) -> Texts:
    """The training text and the held-out text. Samples begin after an end of line."""
    return Texts(
        tokens(corpus.load("train"), device),
        tokens(corpus.load("valid"), device),
        tokens("\n", device),
    )


def device(name: str) -> torch.device:
    """ "cpu" or "cuda"; "auto" is CUDA if available. Raises UsageError if "cuda" is not."""
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: this machine or this build of PyTorch has no CUDA")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
