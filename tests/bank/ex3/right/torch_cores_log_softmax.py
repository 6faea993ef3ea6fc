"""torch's own cores, log-probabilities for logits, one pass that keeps every h."""

import torch
import torch.nn.functional as F
from torch import nn


class TextModel(nn.Module):
    def __init__(self, vocab_size, hidden_size=128, depth=2, core="lstm"):
        super().__init__()
        make = getattr(nn, core.upper())
        self.lookup = nn.Embedding(vocab_size, 32)
        self.layers = make(32, hidden_size, depth)
        self.scores = nn.Linear(hidden_size, vocab_size)
        self.has_cell = core == "lstm"

    def forward(self, tokens, state=None):
        h, state = self.layers(F.relu(self.lookup(tokens)), state)
        return F.log_softmax(self.scores(h), dim=-1), state

    def hidden_states(self, tokens, state=None):
        return torch.stack([h for h, _ in self.follow(tokens, state)])

    def follow(self, tokens, state):
        for row in tokens:
            _, state = self(row.unsqueeze(0), state)
            yield (state[0] if self.has_cell else state), state

    @torch.no_grad()
    def generate(self, prompt, length, temperature=1.0, generator=None):
        scores, state = self(prompt)
        written, activations = [], []
        while len(written) < length:
            weights = (scores[-1] / temperature).exp()
            written.append(torch.multinomial(weights, 1, generator=generator).squeeze(1))
            scores, state = self(written[-1].unsqueeze(0), state)
            activations.append(state[0] if self.has_cell else state)
        return torch.stack(written), torch.stack(activations)
