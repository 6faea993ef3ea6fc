"""Exercise 3: a language model of characters.

    x_t = embedding(token_t)
    h_t = core(x_t, h_{t-1})                       depth layers, each reading the one below it
    p(token_{t+1} | token_1 ... token_t) = softmax(readout(h_t))

A token is the number of a character in the vocabulary. The model reads a text one token at a time
and says after each what it expects next. The core is a vanilla RNN (with tanh), a GRU or an LSTM,
and may be torch's own. Time is always the first axis: tokens are (steps, batch).

Replace every `raise NotImplementedError` below, then run `python grader.py ex3`.
"""

from typing import Any

import torch
from torch import Tensor, nn


class TextModel(nn.Module):
    """Reads tokens, predicts the next one, and writes text of its own.

    Args:
        vocab_size: how many different tokens there are.
        hidden_size: hidden units of each layer.
        depth: how many recurrent layers; each reads the h of the layer below, the first reads the
            embedded tokens.
        core: "rnn", "gru" or "lstm".
    """

    def __init__(
        self,
        vocab_size: int,
        hidden_size: int = 128,
        depth: int = 2,
        core: str = "lstm",
    ) -> None:
        super().__init__()
        # BEGIN SOLUTION
        # STUB: Three parts: an embedding, the recurrent layers and a linear readout. The gradient
        # STUB: of a loss on the logits must reach every parameter.
        cores = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.core = cores[core](hidden_size, hidden_size, num_layers=depth)
        self.readout = nn.Linear(hidden_size, vocab_size)
        # END SOLUTION

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Read tokens, and say after each one what comes next.

        A sequence may be read in pieces: reading the first half, then the second half from the
        state that came back, gives the same logits as reading the whole.

        Args:
            tokens: int64, (steps, batch). Each column is a sequence of its own. Not to be changed.
            state: what an earlier call returned; None means the beginning of a text. Not to be
                changed, for it may be used again.

        Returns:
            The logits, (steps, batch, vocab_size): softmax(logits[t]) is the distribution of the
            token after tokens[t], so no softmax is taken here. And the state after the last token,
            in whatever form suits you.
        """
        # BEGIN SOLUTION
        hidden, state = self.core(self.embedding(tokens), state)
        return self.readout(hidden), state
        # END SOLUTION

    def hidden_states(self, tokens: Tensor, state: Any = None) -> Tensor:
        """What `forward` has in mind while it reads.

        Args:
            tokens: int64, (steps, batch), as for `forward`.
            state: as for `forward`.

        Returns:
            h of every layer after each token, (steps, depth, batch, hidden_size), the lowest layer
            first. The h of an LSTM is what it passes on to the next layer, not its memory cell c.
        """
        # BEGIN SOLUTION
        # STUB: torch's own cores return h of every step for the last layer, and h of every layer
        # STUB: for the last step.
        hidden = []
        for step in self.embedding(tokens).split(1):
            _, state = self.core(step, state)
            hidden.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(hidden)
        # END SOLUTION

    def generate(
        self,
        prompt: Tensor,
        length: int,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Read a prompt, then write on: draw a token, read it, draw the next.

        The first token is drawn from what the model expects after the whole prompt. Whether the
        model is in training mode, and every gradient, is afterwards as it was before.

        Args:
            prompt: int64, (steps, batch), at least one step. Not to be changed.
            length: how many tokens to write, at least one.
            temperature: above 0. Tokens are drawn from softmax(logits / temperature).
            generator: the only source of chance, on the device of the model; None means torch's
                default generator.

        Returns:
            The new tokens, int64, (length, batch), without the prompt. And the activations,
            (length, depth, batch, hidden_size): activations[t] is h of every layer after reading
            tokens[t].
        """
        # BEGIN SOLUTION
        with torch.no_grad():
            logits, after_prompt = self(prompt)
            state = after_prompt
            tokens = []
            for _ in range(length):
                chances = torch.softmax(logits[-1] / temperature, dim=-1)
                token = torch.multinomial(chances, 1, generator=generator).T
                logits, state = self(token, state)
                tokens.append(token)
            written = torch.cat(tokens)
            return written, self.hidden_states(written, after_prompt)
        # END SOLUTION
