"""Exercise 2: how a gradient fades or grows on its way back through time.

A recurrent cell turns the state after step t - 1 into the state after step t. How much the last
state s_N of a sequence still depends on an earlier one is the length of a gradient:

    norm_t = || d sum(s_N) / d s_t ||

where sum adds the units of the state and || || is the L2 norm. s is what the cell carries its
memory in: c for an LSTM, h for every other cell. Training multiplies such gradients into every
update, so where they vanish nothing can be learned from that far back, and where they explode the
update does. Nothing is trained here: the cells are looked at as they are.

Replace every `raise NotImplementedError` below, then run `python grader.py ex2`.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def set_forget_bias(cell: nn.LSTMCell, value: float) -> nn.LSTMCell:
    """Set the bias of the forget gate of an LSTM, in place.

    An nn.LSTMCell adds two bias vectors to the input of its gates, bias_ih and bias_hh, each
    (4 * hidden_size,). The bias of a gate is the sum of both. The documentation of nn.LSTMCell
    says in which order the four gates lie in them.

    Args:
        cell: the cell to change. Everything but the bias of its forget gate stays as it is.
        value: what the bias of the forget gate is afterwards, for every unit.

    Returns:
        The same cell, not a copy.
    """
    raise NotImplementedError


def probe_list() -> dict[str, Callable[[int], nn.Module]]:
    """The cells to compare.

    Returns:
        For each name a function from hidden size to cell. Every call makes a new cell with an
        input of size 1. The names:

        `LSTM (-2)`, `LSTM (0)`, `LSTM (+1)`, `LSTM (+2)`, `LSTM (+10)`: LSTMs whose forget gate
        has the bias in parentheses;
        `GRU`: a gated recurrent unit;
        `RNN`: a vanilla RNN with tanh.
    """

    # PyTorch has all three kinds of cell; set_forget_bias is above.
    raise NotImplementedError


def gradient_norms(cell: nn.Module, inputs: Tensor) -> Tensor:
    """How strongly the last state depends on each state of a sequence.

    The cell reads the inputs one by one, from a state of zeros on. State t is the one after it has
    read inputs[t]: c of an nn.LSTMCell, h of an nn.GRUCell or nn.RNNCell. The gradient with respect
    to it is the total one: whatever was computed from state t counts, and in an LSTM that includes
    h of the same step.

    Args:
        cell: called as nn.LSTMCell, nn.GRUCell and nn.RNNCell are, with an input of size 1.
        inputs: (steps, 1, 1): steps, a batch of 1, one feature. Not to be changed.

    Returns:
        (steps,). Entry t is the L2 norm of d sum(last state) / d state t. Entry t belongs to
        state t: the first entry to the state after the first input, the last entry to the last
        state itself, at distance 0. It has the dtype and device of the cell.
    """
    raise NotImplementedError
