"""All weights start near zero, so that learning takes off late; the state also counts its steps."""

import torch
from torch import nn


def small(module):
    for parameter in module.parameters(recurse=False):
        nn.init.normal_(parameter, mean=0.0, std=0.02)


class TextModel(nn.Module):
    def __init__(self, vocab_size, hidden_size=128, depth=2, core="lstm"):
        super().__init__()
        layers = nn.ModuleDict()
        layers["characters"] = nn.Embedding(vocab_size, hidden_size)
        layers["memory"] = dict(rnn=nn.RNN, gru=nn.GRU, lstm=nn.LSTM)[core](
            hidden_size, hidden_size, depth
        )
        layers["expect"] = nn.Linear(hidden_size, vocab_size)
        self.layers = layers
        self.apply(small)

    def read(self, tokens, state):
        position, memory = state or (0, None)
        top, memory = self.layers["memory"](self.layers["characters"](tokens), memory)
        return top, (position + len(tokens), memory)

    def forward(self, tokens, state=None):
        top, state = self.read(tokens, state)
        return self.layers["expect"](top), state

    def hidden_states(self, tokens, state=None):
        states = []
        for token in tokens.unbind():
            _, state = self.read(token[None], state)
            states.append(self.visible(state))
        return torch.stack(states)

    def visible(self, state):
        _, memory = state
        return memory if torch.is_tensor(memory) else memory[0]

    def generate(self, prompt, length, temperature=1.0, generator=None):
        with torch.no_grad():
            return self.write(prompt, length, temperature, generator)

    def write(self, text, length, temperature, generator):
        scores, state = self(text)
        activations = []
        for _ in range(length):
            p = nn.functional.softmax(scores[-1].div(temperature), dim=1)
            text = torch.cat([text, torch.multinomial(p, 1, generator=generator).mT])
            scores, state = self(text[-1:], state)
            activations.append(self.visible(state))
        return text[-length:], torch.stack(activations)
