"""One-hot vectors instead of an embedding, the state a dictionary, weights near zero at first."""

import torch
import torch.nn.functional as F
from torch import nn


class TextModel(nn.Module):
    def __init__(self, vocab_size, hidden_size=128, depth=2, core="lstm"):
        super().__init__()
        self.vocab_size = vocab_size
        self.core_name = core
        family = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}[core]
        sizes = [vocab_size] + [hidden_size] * depth
        self.cells = nn.ModuleDict(
            {str(n): family(a, b) for n, (a, b) in enumerate(zip(sizes, sizes[1:]))}
        )
        self.matrix = nn.Parameter(torch.empty(hidden_size, vocab_size))
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.08)

    def forward(self, tokens, state=None):
        top = self._run(tokens, state)
        last = top.pop("last")
        return F.log_softmax(top["h"][:, -1] @ self.matrix, dim=2), last

    def hidden_states(self, tokens, state=None):
        return self._run(tokens, state)["h"]

    def _run(self, tokens, state):
        vectors = F.one_hot(tokens, self.vocab_size).to(self.matrix.dtype)
        state = dict(state or {})
        everything = []
        for x in vectors:
            for name, cell in self.cells.items():
                state[name] = cell(x, state.get(name))
                x = state[name][0] if self.core_name == "lstm" else state[name]
            everything.append(self._h(state))
        return {"h": torch.stack(everything), "last": state}

    def _h(self, state):
        pick = (lambda s: s[0]) if self.core_name == "lstm" else (lambda s: s)
        return torch.stack([pick(state[name]) for name in self.cells])

    def generate(self, prompt, length, temperature=1.0, generator=None):
        was_training = self.training
        self.eval()
        try:
            with torch.no_grad():
                return self._write(prompt, length, temperature, generator)
        finally:
            self.train(was_training)

    def _write(self, prompt, length, temperature, generator):
        scores, state = self.forward(prompt)
        pairs = []
        for _ in range(length):
            p = F.softmax(scores[-1] / temperature, dim=1)
            token = torch.multinomial(p, 1, generator=generator).reshape(1, -1)
            scores, state = self.forward(token, state)
            pairs.append((token[0], self._h(state)))
        tokens, activations = zip(*pairs)
        return torch.stack(tokens), torch.stack(activations)
