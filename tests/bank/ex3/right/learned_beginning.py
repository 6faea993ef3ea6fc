"""The state before the first token is learned; the readout sees every layer."""

import torch
from torch import nn


class TextModel(nn.Module):
    def __init__(self, vocab_size, hidden_size=128, depth=2, core="lstm"):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, 24)
        cells = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}
        inputs = [24] + [hidden_size] * (depth - 1)
        self.layers = nn.ModuleList(cells[core](size, hidden_size) for size in inputs)
        self.is_lstm = core == "lstm"
        self.beginning = nn.Parameter(torch.zeros(depth, 1 + self.is_lstm, hidden_size))
        self.readout = nn.Sequential(
            nn.Linear(depth * hidden_size, hidden_size),
            nn.Tanh(),
            nn.Linear(hidden_size, vocab_size),
        )

    def start(self, batch):
        return [[memory.expand(batch, -1) for memory in layer] for layer in self.beginning]

    def advance(self, token, state):
        x, after = self.embedding(token), []
        for layer, before in zip(self.layers, state):
            new = layer(x, tuple(before) if self.is_lstm else before[0])
            after.append(list(new) if self.is_lstm else [new])
            x = after[-1][0]
        return after

    def read(self, tokens, state):
        state = self.start(tokens.shape[1]) if state is None else state
        for token in tokens:
            state = self.advance(token, state)
            yield state

    def forward(self, tokens, state=None):
        states = list(self.read(tokens, state))
        seen = torch.stack([torch.cat([m[0] for m in s], dim=1) for s in states])
        return self.readout(seen), states[-1]

    def hidden_states(self, tokens, state=None):
        return torch.stack([torch.stack([m[0] for m in s]) for s in self.read(tokens, state)])

    def generate(self, prompt, length, temperature=1.0, generator=None):
        with torch.no_grad():
            logits, state = self(prompt)
            tokens, activations = [], []
            for _ in range(length):
                odds = torch.softmax(logits[-1] / temperature, dim=-1)
                tokens.append(torch.multinomial(odds, 1, generator=generator)[:, 0])
                logits, state = self(tokens[-1][None], state)
                activations.append(torch.stack([m[0] for m in state]))
            return torch.stack(tokens), torch.stack(activations)
