"""A loop over torch's cells, one state per layer in a list."""

import torch
from torch import nn

CELLS = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}


class TextModel(nn.Module):
    def __init__(self, vocab_size: int, hidden_size: int = 128, depth: int = 2, core: str = "lstm"):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, hidden_size)
        self.cells = nn.ModuleList([CELLS[core](hidden_size, hidden_size) for _ in range(depth)])
        self.out = nn.Linear(hidden_size, vocab_size)

    def step(self, token, state):
        """One token of every sequence: the new states of all layers."""
        x = self.embed(token)
        states = []
        for cell, previous in zip(self.cells, state):
            new = cell(x, previous)
            states.append(new)
            x = new[0] if isinstance(new, tuple) else new
        return x, states

    def h(self, states):
        return torch.stack([s[0] if isinstance(s, tuple) else s for s in states])

    def unroll(self, tokens, state):
        state = [None] * len(self.cells) if state is None else state
        tops, hs = [], []
        for token in tokens:
            top, state = self.step(token, state)
            tops.append(top)
            hs.append(self.h(state))
        return self.out(torch.stack(tops)), torch.stack(hs), state

    def forward(self, tokens, state=None):
        logits, _, state = self.unroll(tokens, state)
        return logits, state

    def hidden_states(self, tokens, state=None):
        return self.unroll(tokens, state)[1]

    def generate(self, prompt, length, temperature=1.0, generator=None):
        with torch.inference_mode():
            logits, _, state = self.unroll(prompt, None)
            last = logits[-1]
            tokens = prompt.new_empty(length, prompt.shape[1])
            activations = []
            for t in range(length):
                p = torch.softmax(last / temperature, 1)
                tokens[t] = torch.multinomial(p, 1, generator=generator)[:, 0]
                top, state = self.step(tokens[t], state)
                activations.append(self.h(state))
                last = self.out(top)
            return tokens, torch.stack(activations)
