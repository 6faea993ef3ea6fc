"""Code that probes of several exercises share. The workers get it together with them."""

from collections.abc import Sequence

import torch
from torch import Tensor


def or_zeros(slope: Tensor | None, like: Tensor) -> Tensor:
    """A gradient; zeros where there is none."""
    return torch.zeros_like(like) if slope is None else slope


class Adam:
    """Kingma and Ba (2015), algorithm 1, with its default constants.

    torch.optim does the same, but loads a thousand modules at its first step: 1.0 to 1.7 s.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters = [parameter for parameter in parameters if parameter.requires_grad]
        self.mean = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.square = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.steps = 0

    def step(self, loss: Tensor, learning_rate: float) -> None:
        slopes = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        self.steps += 1
        rate = learning_rate / (1 - 0.9**self.steps)
        correction = (1 - 0.999**self.steps) ** 0.5
        with torch.no_grad():
            for parameter, slope, mean, square in zip(
                self.parameters, slopes, self.mean, self.square, strict=True
            ):
                if slope is not None:
                    mean.lerp_(slope, 0.1)
                    square.mul_(0.999).addcmul_(slope, slope, value=0.001)
                    parameter.addcdiv_(mean, square.sqrt().div_(correction).add_(1e-8), value=-rate)
