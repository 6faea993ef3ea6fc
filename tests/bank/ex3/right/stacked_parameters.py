"""One parameter for all layers and gates, a GRU that resets before its matrix, flat state."""

import torch
from torch import nn


class TextModel(nn.Module):
    def __init__(self, vocab_size, hidden_size=128, depth=2, core="lstm"):
        super().__init__()
        self.core, self.depth, self.hidden_size = core, depth, hidden_size
        gates = {"rnn": 1, "gru": 3, "lstm": 4}[core]
        scale = hidden_size**-0.5
        self.embedding = nn.Parameter(torch.randn(vocab_size, hidden_size))
        # Rows: the layer below, the past, and one more for the bias.
        self.weights = nn.Parameter(
            torch.randn(depth, 2 * hidden_size + 1, gates * hidden_size) * scale
        )
        self.readout = nn.Parameter(torch.randn(hidden_size + 1, vocab_size) * scale)

    def forward(self, tokens, state=None):
        states = self.unroll(tokens, state)
        top = states[:, :, -2 if self.core == "lstm" else -1]
        return affine(self.readout, top), states[-1].flatten(1)

    def hidden_states(self, tokens, state=None):
        states = self.unroll(tokens, state)
        if self.core == "lstm":
            states = states[:, :, ::2]
        return states.transpose(1, 2)

    def unroll(self, tokens, state):
        """(steps, batch, memories, hidden), h before c within each layer."""
        batch = tokens.shape[1]
        memories = self.depth * (2 if self.core == "lstm" else 1)
        if state is None:
            state = self.embedding.new_zeros(batch, memories * self.hidden_size)
        state = state.reshape(batch, memories, self.hidden_size)
        states = []
        for token in tokens:
            state = torch.stack(self.step(self.embedding[token], list(state.unbind(1))), dim=1)
            states.append(state)
        return torch.stack(states)

    def step(self, x, memories):
        new = []
        for weight in self.weights:
            if self.core == "rnn":
                x = torch.tanh(affine(weight, x, memories.pop(0)))
                new += [x]
            elif self.core == "gru":
                h, size = memories.pop(0), self.hidden_size
                r, z = torch.sigmoid(affine(weight[:, : 2 * size], x, h)).chunk(2, -1)
                n = torch.tanh(affine(weight[:, 2 * size :], x, r * h))
                x = (1 - z) * n + z * h
                new += [x]
            else:
                h, c = memories.pop(0), memories.pop(0)
                f, i, o, g = affine(weight, x, h).chunk(4, -1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                x = o.sigmoid() * c.tanh()
                new += [x, c]
        return new

    def generate(self, prompt, length, temperature=1.0, generator=None):
        with torch.no_grad():
            tokens, activations = [], []
            logits, state = self(prompt)
            for _ in range(length):
                scaled = logits[-1] / temperature
                weights = torch.exp(scaled - scaled.max(dim=-1, keepdim=True).values)
                token = torch.multinomial(weights, 1, generator=generator).T
                activations.append(self.hidden_states(token, state))
                logits, state = self(token, state)
                tokens.append(token)
            return torch.cat(tokens), torch.cat(activations)


def affine(weight, *inputs):
    ones = inputs[0].new_ones(*inputs[0].shape[:-1], 1)
    return torch.cat([*inputs, ones], dim=-1) @ weight
