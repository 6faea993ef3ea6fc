"""Every gate written out with its own parameters; the state is one tensor of all memories."""

import math

import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self, size, squash):
        super().__init__()
        bound = 1 / math.sqrt(size)
        self.w = nn.Parameter(torch.empty(size, size).uniform_(-bound, bound))
        self.v = nn.Parameter(torch.empty(size, size).uniform_(-bound, bound))
        self.b = nn.Parameter(torch.zeros(size))
        self.squash = squash

    def forward(self, x, h):
        return self.squash(x @ self.w + h @ self.v + self.b)


class RNN(nn.Module):
    memories = 1

    def __init__(self, size):
        super().__init__()
        self.candidate = Gate(size, torch.tanh)

    def forward(self, x, memory):
        return self.candidate(x, memory[0])[None]


class GRU(nn.Module):
    memories = 1

    def __init__(self, size):
        super().__init__()
        self.reset = Gate(size, torch.sigmoid)
        self.update = Gate(size, torch.sigmoid)
        self.candidate = Gate(size, torch.tanh)

    def forward(self, x, memory):
        h = memory[0]
        z = self.update(x, h)
        n = self.candidate(x, self.reset(x, h) * h)
        return (z * n + (1 - z) * h)[None]


class LSTM(nn.Module):
    memories = 2

    def __init__(self, size):
        super().__init__()
        self.i = Gate(size, torch.sigmoid)
        self.f = Gate(size, torch.sigmoid)
        self.o = Gate(size, torch.sigmoid)
        self.g = Gate(size, torch.tanh)
        nn.init.ones_(self.f.b)

    def forward(self, x, memory):
        h, c = memory
        c = self.f(x, h) * c + self.i(x, h) * self.g(x, h)
        return torch.stack([self.o(x, h) * torch.tanh(c), c])


class TextModel(nn.Module):
    def __init__(self, vocab_size, hidden_size=128, depth=2, core="lstm"):
        super().__init__()
        cell = dict(rnn=RNN, gru=GRU, lstm=LSTM)[core]
        self.shape = (depth, cell.memories)
        self.size = hidden_size
        self.embedding = nn.Parameter(torch.randn(vocab_size, hidden_size))
        self.layers = nn.ModuleList(cell(hidden_size) for _ in range(depth))
        self.readout = nn.Linear(hidden_size, vocab_size)

    def read(self, tokens, state):
        if state is None:
            state = self.embedding.new_zeros(*self.shape, tokens.shape[1], self.size)
        states = []
        for token in tokens:
            x, new = self.embedding[token], []
            for layer, memory in zip(self.layers, state):
                new.append(layer(x, memory))
                x = new[-1][0]
            state = torch.stack(new)
            states.append(state)
        return torch.stack(states)

    def forward(self, tokens, state=None):
        states = self.read(tokens, state)
        return self.readout(states[:, -1, 0]), states[-1]

    def hidden_states(self, tokens, state=None):
        return self.read(tokens, state)[:, :, 0]

    @torch.no_grad()
    def generate(self, prompt, length, temperature=1.0, generator=None):
        logits, state = self(prompt)
        tokens, activations = [], []
        for _ in range(length):
            p = (logits[-1] / temperature).softmax(-1)
            tokens.append(torch.multinomial(p, num_samples=1, generator=generator).view(1, -1))
            logits, state = self(tokens[-1], state)
            activations.append(state[:, 0])
        return torch.cat(tokens), torch.stack(activations)
