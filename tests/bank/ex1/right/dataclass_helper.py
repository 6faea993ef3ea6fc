"""A dataclass decides what each step reads; keyword arguments everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import nn


@dataclass(frozen=True)
class Schedule:
    steps: int
    force: bool
    warm_start: int

    def reads_truth(self, i: int) -> bool:
        return self.force or i == 0 or i < self.warm_start

    @property
    def closes_the_loop(self) -> bool:
        return not all(self.reads_truth(i) for i in range(self.steps))


@dataclass
class Trace:
    outputs: list[torch.Tensor] = field(default_factory=list)
    hidden: torch.Tensor | None = None

    def record(self, output, hidden):
        self.outputs.append(output)
        self.hidden = hidden


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super().__init__()
        self.recurrent = nn.Linear(in_features=hidden_size, out_features=hidden_size, bias=bias)
        self.nonlinearity = activation()

    def forward(self, inputs, hidden=None):
        previous = hidden if hidden is not None else torch.zeros_like(input=inputs)
        state = self.nonlinearity(inputs.add(self.recurrent(previous)))
        return state, state


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super().__init__()
        self.input_size = input_size
        self.output_size = output_size
        self.in_to_hidden = nn.Linear(input_size, hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(hidden_size=hidden_size, bias=bias)
        self.hidden_to_out = nn.Linear(hidden_size, output_size, bias=bias)

    def step(self, input, hidden=None):
        _, state = self.rnn_cell(inputs=self.in_to_hidden(input), hidden=hidden)
        return self.hidden_to_out(state), state

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        schedule = Schedule(steps=len(inputs), force=force, warm_start=warm_start)
        if schedule.closes_the_loop and self.input_size != self.output_size:
            raise ValueError(f"{self.output_size} outputs are not {self.input_size} inputs")
        trace = Trace(hidden=hidden)
        for i, truth in enumerate(inputs):
            read = truth if schedule.reads_truth(i) else trace.outputs[-1]
            trace.record(*self.step(input=read, hidden=trace.hidden))
        return torch.stack(trace.outputs), trace.hidden
