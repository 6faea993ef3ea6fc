"""What a process is asked to do while its memory is read: a first tensor, and a training step."""

from typing import Any

import torch
from torch import Tensor, nn

HIDDEN, STEPS, BATCH = 128, 64, 64


def first_tensor(module: Any, numbers: Tensor) -> dict[str, Tensor]:
    """The first computation on the device of `numbers`, which makes CUDA ready."""
    return {"doubled": 2 * numbers}


def training_step(module: Any, numbers: Tensor) -> dict[str, Tensor]:
    """One step of gradient descent on an LSTM of the size that exercise 3 trains by default.

    There is no optimizer of torch's, whose first step loads a thousand modules.
    """
    core = nn.LSTM(HIDDEN, HIDDEN).to(numbers.device)
    outputs, _ = core(torch.randn(STEPS, BATCH, HIDDEN, device=numbers.device))
    loss = outputs.square().mean()
    weights = list(core.parameters())
    slopes = torch.autograd.grad(loss, weights)
    with torch.no_grad():
        for weight, slope in zip(weights, slopes, strict=True):
            weight.sub_(slope, alpha=0.1)
    return {"loss": loss}
