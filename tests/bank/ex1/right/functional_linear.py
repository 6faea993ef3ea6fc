"""F.linear throughout, the activation made anew at every call."""

from typing import Callable, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class VanillaRNNCell(nn.Module):
    """b is always a parameter slot: None when there is no bias."""

    b: Optional[nn.Parameter]

    def __init__(
        self, hidden_size: int, activation: Callable[[], nn.Module] = nn.Tanh, bias: bool = True
    ) -> None:
        super(VanillaRNNCell, self).__init__()
        self.make_activation = activation
        weight = torch.empty(hidden_size, hidden_size)
        self.V = nn.Parameter(nn.init.orthogonal_(weight))
        if bias:
            self.register_parameter("b", nn.Parameter(torch.zeros(hidden_size)))
        else:
            self.register_parameter("b", None)

    def forward(self, inputs: Tensor, hidden: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        recurrent = F.linear(torch.zeros_like(inputs) if hidden is None else hidden, self.V, self.b)
        state: Tensor = self.make_activation()(torch.add(inputs, recurrent))
        return state, state


class VanillaRNN(nn.Module):
    def __init__(
        self, input_size: int = 1, output_size: int = 1, hidden_size: int = 20, bias: bool = True
    ) -> None:
        super(VanillaRNN, self).__init__()
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size, bias=bias)
        nn.init.xavier_uniform_(self.in_to_hidden.weight)
        nn.init.zeros_(self.hidden_to_out.weight)

    def step(self, input: Tensor, hidden: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        projected: Tensor = self.in_to_hidden(input)
        state: Tensor = self.rnn_cell(projected, hidden)[0]
        return self.hidden_to_out(state), state

    def forward(
        self,
        inputs: Tensor,
        hidden: Optional[Tensor] = None,
        force: bool = True,
        warm_start: int = 10,
    ) -> Tuple[Tensor, Optional[Tensor]]:
        outputs: list[Tensor] = []
        output: Tensor = inputs[0]
        for i, x in enumerate(inputs.unbind(0)):
            current: Tensor = x if (force or i == 0 or i < warm_start) else output
            if current.size(-1) != self.in_to_hidden.in_features:
                raise ValueError("an output of this size cannot be an input")
            output, hidden = self.step(current, hidden)
            outputs += [output]
        return torch.stack(outputs), hidden
