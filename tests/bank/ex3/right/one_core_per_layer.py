"""A ModuleList of single-layer cores, the state a dataclass."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class State:
    layers: tuple


class TextModel(nn.Module):
    def __init__(self, vocab_size, hidden_size=128, depth=2, core="lstm"):
        super().__init__()
        kind = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[core]
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.layers = nn.ModuleList(kind(hidden_size, hidden_size) for _ in range(depth))
        self.readout = nn.Linear(hidden_size, vocab_size, bias=False)

    def forward(self, tokens, state=None):
        outputs, state = self._outputs(tokens, state)
        return self.readout(outputs[-1]), state

    def hidden_states(self, tokens, state=None) -> Tensor:
        outputs, _ = self._outputs(tokens, state)
        return torch.stack(outputs, dim=1)

    def _outputs(self, tokens, state):
        given = state.layers if state else (None,) * len(self.layers)
        outputs, states = [self.embedding(tokens)], []
        for layer, before in zip(self.layers, given):
            output, after = layer(outputs[-1], before)
            outputs.append(output)
            states.append(after)
        return outputs[1:], State(tuple(states))

    def generate(self, prompt, length, temperature=1.0, generator=None):
        tokens = prompt
        with torch.no_grad():
            logits, state = self(prompt)
            for _ in range(length):
                distribution = torch.softmax(logits[-1].double() / temperature, dim=-1)
                token = torch.multinomial(distribution, 1, generator=generator)
                tokens = torch.cat([tokens, token.t()])
                logits, state = self(tokens[-1:], state)
            activations = self.hidden_states(tokens)
        return tokens[len(prompt) :], activations[len(prompt) :]
