"""Exercise 1: a vanilla recurrent network, by hand.

    h_t = f(W x_t + V h_{t-1} + b)        y_t = O h_t

x_t is the input at step t, h_t the hidden state and y_t the output; W maps input to hidden, V
hidden to hidden, O hidden to output, b is a bias and f a nonlinearity, tanh unless told otherwise.
Time is always the first axis: a sequence is (steps, batch, features).

Replace every `raise NotImplementedError` below, then run `python grader.py ex1`.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class VanillaRNNCell(nn.Module):
    """One step of the recurrence: h_t = f(inputs + V h_{t-1} + b).

    The inputs are W x_t already: the cell owns V and b, not W.

    Args:
        hidden_size: how many hidden units.
        activation: called without arguments to make f.
        bias: whether there is a b.
    """

    def __init__(
        self,
        hidden_size: int,
        activation: Callable[[], nn.Module] = nn.Tanh,
        bias: bool = True,
    ) -> None:
        super().__init__()
        # BEGIN SOLUTION
        # STUB: V, b and f belong here.
        self.hidden_to_hidden = nn.Linear(hidden_size, hidden_size, bias=bias)
        self.activation = activation()
        # END SOLUTION

    def forward(self, inputs: Tensor, hidden: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Advance the hidden state by one step.

        Args:
            inputs: W x_t, (batch, hidden_size). Not to be changed.
            hidden: h_{t-1}, (batch, hidden_size); None means zeros.

        Returns:
            h_t twice, (batch, hidden_size): as the output of this step and as the state for the
            next one.
        """
        # BEGIN SOLUTION
        if hidden is None:
            hidden = torch.zeros_like(inputs)
        hidden = self.activation(inputs + self.hidden_to_hidden(hidden))
        return hidden, hidden
        # END SOLUTION


class VanillaRNN(nn.Module):
    """The cell between two linear maps, unrolled over a sequence.

    Args:
        input_size: features of x_t.
        output_size: features of y_t.
        hidden_size: how many hidden units.
        bias: whether the cell has its b.
    """

    def __init__(
        self,
        input_size: int = 1,
        output_size: int = 1,
        hidden_size: int = 20,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.output_size = output_size
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size, bias=bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size, bias=bias)

    def step(self, input: Tensor, hidden: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """One step of the whole network.

        Args:
            input: x_t, (batch, input_size).
            hidden: h_{t-1}, (batch, hidden_size); None means zeros.

        Returns:
            y_t, (batch, output_size), and h_t, (batch, hidden_size).
        """
        # BEGIN SOLUTION
        _, hidden = self.rnn_cell(self.in_to_hidden(input), hidden)
        return self.hidden_to_out(hidden), hidden
        # END SOLUTION

    def forward(
        self,
        inputs: Tensor,
        hidden: Tensor | None = None,
        force: bool = True,
        warm_start: int = 10,
    ) -> tuple[Tensor, Tensor | None]:
        """Unroll over a sequence.

        Step i reads inputs[i] if `force` (teacher forcing), or if i is 0, or if i < `warm_start`.
        Any other step reads the network's own output of step i - 1, and gradients flow through it.

        Args:
            inputs: x, (steps, batch, input_size). Not to be changed.
            hidden: the state before the first step, (batch, hidden_size); None means zeros.
            force: whether every step reads the true input.
            warm_start: how many steps read the true input in any case.

        Returns:
            All outputs, (steps, batch, output_size), and the last hidden state,
            (batch, hidden_size); `hidden` itself if there are no steps.

        Raises:
            ValueError: if an output must be read as an input, but their sizes differ.
        """
        # BEGIN SOLUTION
        # STUB: The outputs follow the dtype and the device of the model, whatever they are.
        feeds_back = not force and len(inputs) > max(warm_start, 1)
        if feeds_back and self.input_size != self.output_size:
            raise ValueError(
                f"cannot feed back {self.output_size} outputs as {self.input_size} inputs"
            )
        outputs: list[Tensor] = []
        for i, given in enumerate(inputs):
            reads_given = force or i == 0 or i < warm_start
            output, hidden = self.step(given if reads_given else outputs[-1], hidden)
            outputs.append(output)
        return torch.stack(outputs), hidden
        # END SOLUTION
