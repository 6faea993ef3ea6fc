"""Batch-first cores between two transpositions, orthogonal weights, Gumbel noise for drawing."""

import torch
from torch import nn


class TextModel(nn.Module):
    def __init__(self, vocab_size, hidden_size=128, depth=2, core="lstm"):
        super().__init__()
        self.encoder = nn.Embedding(vocab_size, hidden_size)
        options = dict(num_layers=depth, batch_first=True)
        if core == "lstm":
            self.rnn = nn.LSTM(hidden_size, hidden_size, **options)
        elif core == "gru":
            self.rnn = nn.GRU(hidden_size, hidden_size, **options)
        else:
            self.rnn = nn.RNN(hidden_size, hidden_size, nonlinearity="tanh", **options)
        for name, parameter in self.rnn.named_parameters():
            if "weight" in name:
                nn.init.orthogonal_(parameter)
            else:
                nn.init.zeros_(parameter)
        self.decoder = nn.Linear(hidden_size, vocab_size)

    def forward(self, tokens, state=None):
        embedded = self.encoder(tokens.t())
        hidden, state = self.rnn(embedded, state)
        return self.decoder(hidden).transpose(0, 1), state

    def hidden_states(self, tokens, state=None):
        steps, batch = tokens.shape
        result = []
        for t in range(steps):
            _, state = self.forward(tokens[t : t + 1], state)
            result.append(state[0] if type(state) is tuple else state)
        return torch.stack(result, 0)

    def generate(self, prompt, length, temperature=1.0, generator=None):
        with torch.no_grad():
            logits, state = self.forward(prompt)
            logits = logits[-1]
            tokens = torch.zeros(length, prompt.size(1), dtype=torch.long, device=prompt.device)
            activations = []
            for t in range(length):
                uniform = torch.rand(
                    logits.shape, generator=generator, device=logits.device, dtype=torch.float64
                )
                noise = -torch.log(-torch.log(uniform.clamp(1e-300, 1 - 1e-16)))
                tokens[t] = (logits / temperature + noise).argmax(dim=-1)
                logits, state = self.forward(tokens[t].unsqueeze(0), state)
                logits = logits[0]
                activations.append(state[0] if type(state) is tuple else state)
        return tokens, torch.stack(activations)
