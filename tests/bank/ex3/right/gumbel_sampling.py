"""Samples by adding Gumbel noise to the logits; a dictionary for the state, prints while it runs."""

import torch
from torch import nn
from torch.nn import functional


class TextModel(nn.Module):
    def __init__(self, vocab_size, hidden_size=128, depth=2, core="lstm"):
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocab_size, hidden_size))
        kind = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[core]
        # One core a layer, so that h of each layer is there at every step.
        self.layers = nn.ModuleDict(
            {f"layer{i}": kind(hidden_size, hidden_size) for i in range(depth)}
        )
        self.head = nn.Linear(hidden_size, vocab_size)
        print("made a model with", core, "of depth", depth)

    def read(self, tokens, state):
        """h of every layer, (steps, depth, batch, hidden), and the new state by name of layer."""
        flow = functional.embedding(tokens, self.table)
        heights, after = [], {}
        for name, layer in self.layers.items():
            flow, after[name] = layer(flow, None if state is None else state[name])
            heights.append(flow)
        return torch.stack(heights, dim=1), after

    def forward(self, tokens, state=None):
        h, after = self.read(tokens, state)
        return self.head(h[:, -1]), after

    def hidden_states(self, tokens, state=None):
        return self.read(tokens, state)[0]

    @torch.no_grad()
    def generate(self, prompt, length, temperature=1.0, generator=None):
        logits, state = self(prompt)
        last, tokens, activations = logits[-1], [], []
        while len(tokens) < length:
            # argmax(logits + Gumbel) is a sample of softmax(logits) (Gumbel 1954).
            uniform = torch.rand(
                last.shape, generator=generator, dtype=torch.float64, device=last.device
            )
            gumbel = -torch.log(-torch.log(uniform.clamp(1e-300, 1 - 1e-16)))
            token = (last.double() / temperature + gumbel).argmax(dim=-1)
            h, state = self.read(token[None], state)
            last = self.head(h[0, -1])
            tokens.append(token)
            activations.append(h[0])
        return torch.stack(tokens), torch.stack(activations)
