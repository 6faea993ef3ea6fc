"""A little dropout between the layers in training mode, none when it writes."""

from contextlib import contextmanager

import torch
from torch import nn


class TextModel(nn.Module):
    def __init__(self, vocab_size, hidden_size=128, depth=2, core="lstm"):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, hidden_size)
        self.drop = nn.Dropout(0.05)
        between = 0.05 if depth > 1 else 0.0
        self.core = getattr(nn, {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}[core])(
            input_size=hidden_size, hidden_size=hidden_size, num_layers=depth, dropout=between
        )
        self.project = nn.Linear(hidden_size, vocab_size)

    def forward(self, tokens, state=None):
        out, state = self.core(self.drop(self.embed(tokens)), state)
        return self.project(self.drop(out)), state

    def hidden_states(self, tokens, state=None):
        hs = []
        for i in range(tokens.shape[0]):
            _, state = self.core(self.drop(self.embed(tokens[i : i + 1])), state)
            hs.append(state[0] if isinstance(self.core, nn.LSTM) else state)
        return torch.stack(hs)

    @contextmanager
    def without_dropout(self):
        modes = [(module, module.training) for module in self.modules()]
        self.eval()
        try:
            yield
        finally:
            for module, mode in modes:
                module.training = mode

    def generate(self, prompt, length, temperature=1.0, generator=None):
        with torch.no_grad(), self.without_dropout():
            logits, state = self(prompt)
            new = []
            for _ in range(length):
                categorical = torch.distributions.Categorical(logits=logits[-1] / temperature)
                draw = torch.multinomial(categorical.probs, 1, generator=generator)
                new.append(draw.squeeze(-1))
                logits, state = self(draw.T, state)
            tokens = torch.stack(new)
            hs = self.hidden_states(torch.cat((prompt, tokens)))
            return tokens, hs[-length:]
