"""Look inside a model of text that need not show what it contains.

Exercise 3 promises h of every layer and no more. But if a model is built of torch's own nn.LSTM or
nn.LSTMCell, the labs can read its weights layer by layer, and record the input of the first layer.
So exercise 4's `gate_activations` can compute gates and memory cells again. A comparison shows
whether the model does the same: the resulting h must be its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

GateActivations = Callable[[nn.LSTMCell, Tensor], dict[str, Tensor]]

# Two ways to compute the h of a trained LSTM in float32 were 2e-6 apart.
SAME_HIDDEN = 1e-3


class ClosedModelError(Exception):
    """The gates of a model cannot be seen from outside; the message says why."""


@dataclass(frozen=True)
class OpenLSTM:
    """The layers of an LSTM as cells, lowest first, and the inputs of the first.

    inputs (steps, batch, features), read from a zero state.
    """

    cells: list[nn.LSTMCell]
    inputs: Tensor

    def gates(self, gate_activations: GateActivations) -> list[dict[str, Tensor]]:
        """What exercise 4 finds in each layer; each layer reads the h of the one below."""
        found: list[dict[str, Tensor]] = []
        for cell in self.cells:
            below = found[-1]["hidden"] if found else self.inputs
            found.append(gate_activations(cell, below))
        return found

    @torch.no_grad()
    def hidden(self, count: int) -> Tensor:
        """h of the first steps as torch's own cells compute it, (count, layer, batch, unit)."""
        steps = []
        states: list[Any] = [None] * len(self.cells)
        for below in self.inputs[:count]:
            for layer, cell in enumerate(self.cells):
                states[layer] = cell(below, states[layer])
                below = states[layer][0]
            steps.append(torch.stack([hidden for hidden, _ in states]))
        return torch.stack(steps)


@torch.no_grad()
def open_lstm(model: Any, tokens: Tensor) -> OpenLSTM:
    """The LSTM in a model of text, and its inputs for these tokens, (steps, batch).

    Raises ClosedModelError if there is none.
    """
    parts = [part for part in model.modules() if isinstance(part, nn.LSTM | nn.LSTMCell)]
    if not parts:
        raise ClosedModelError("it is not built of nn.LSTM or nn.LSTMCell")
    cells = [cell for part in parts for cell in cells_of(part)]
    return OpenLSTM(cells, overheard(model, parts[0], tokens))


@torch.no_grad()
def require_same(opened: OpenLSTM, hidden: Tensor) -> None:
    """Raise ClosedModelError unless h, (steps, layer, batch, unit), comes from these layers."""
    try:
        found = opened.hidden(len(hidden))
    except RuntimeError as error:
        raise ClosedModelError("its layers do not simply read one another") from error
    if found.shape != hidden.shape or (found - hidden).abs().max() > SAME_HIDDEN:
        raise ClosedModelError("its hidden states are not those of the LSTM that it contains")


def cells_of(part: nn.LSTM | nn.LSTMCell) -> Iterator[nn.LSTMCell]:
    """A cell for each layer, with the layer's weights: both classes store them in the same way."""
    if isinstance(part, nn.LSTMCell):
        yield part
        return
    for layer in range(part.num_layers):
        weights = {
            name: getattr(part, f"{name}_l{layer}")
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            if hasattr(part, f"{name}_l{layer}")
        }
        cell = nn.LSTMCell(weights["weight_ih"].shape[1], part.hidden_size)
        with torch.no_grad():
            for name, parameter in cell.named_parameters():
                # A layer without biases is one whose biases are 0.
                parameter.copy_(weights[name]) if name in weights else parameter.zero_()
        yield cell.to(weights["weight_ih"])


def overheard(model: Any, part: nn.LSTM | nn.LSTMCell, tokens: Tensor) -> Tensor:
    """The inputs of a part of the model while the model reads, (steps, batch, features)."""
    heard: list[Any] = []

    def listen(part: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        heard.append(given[0] if given else named["input"])

    hook = part.register_forward_pre_hook(listen, with_kwargs=True)
    try:
        model(tokens)
    finally:
        hook.remove()
    if not heard or not all(isinstance(one, Tensor) for one in heard):
        raise ClosedModelError("its LSTM is not called as a module")
    if isinstance(part, nn.LSTMCell):
        return torch.stack(heard)
    return torch.cat([one.transpose(0, 1) if part.batch_first else one for one in heard])
