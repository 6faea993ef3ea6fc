"""The readout shares its matrix with the embedding; tokens are drawn by the inverse of the CDF."""

import torch
from torch import nn


class TextModel(nn.Module):
    def __init__(self, vocab_size, hidden_size=128, depth=2, core="lstm"):
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocab_size, hidden_size) * 0.3)
        self.offset = nn.Parameter(torch.zeros(vocab_size))
        self.recurrent = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[core](
            hidden_size, hidden_size, depth
        )

    def forward(self, tokens, state=None):
        h, state = self.recurrent(self.table[tokens], state)
        return h @ self.table.T + self.offset, state

    def hidden_states(self, tokens, state=None):
        steps, batch = tokens.shape
        hidden = self.table.new_empty(
            steps, self.recurrent.num_layers, batch, self.recurrent.hidden_size
        )
        for t in range(steps):
            _, state = self(tokens[t, None], state)
            hidden[t] = state[0] if isinstance(state, tuple) else state
        return hidden

    @torch.no_grad()
    def generate(self, prompt, length, temperature=1.0, generator=None):
        logits, state = self(prompt)
        text = torch.empty(length, prompt.shape[1], dtype=prompt.dtype, device=prompt.device)
        first_state = state
        for t in range(length):
            cdf = torch.softmax(logits[-1].double() / temperature, -1).cumsum(-1)
            u = torch.rand(len(cdf), 1, generator=generator, device=cdf.device, dtype=cdf.dtype)
            text[t] = (cdf < u * cdf[:, -1:]).sum(-1)
            logits, state = self(text[t : t + 1], state)
        return text, self.hidden_states(text, first_state)
