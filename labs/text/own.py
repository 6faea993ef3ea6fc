"""The labs' own LSTM, to look at if a student's model cannot be opened."""

from typing import Any

from torch import Tensor, nn


class OneHotLSTM(nn.Module):
    """An LSTM that reads characters as unit vectors: everything that it knows is in its cells.

    The arguments are those of exercise 3's TextModel; `core` must be "lstm".
    """

    def __init__(self, vocab_size: int, hidden_size: int, depth: int, core: str = "lstm") -> None:
        super().__init__()
        self.symbols = vocab_size
        self.lstm = nn.LSTM(vocab_size, hidden_size, num_layers=depth)
        self.expected = nn.Linear(hidden_size, vocab_size)

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Logits (steps, batch, symbols) after tokens (steps, batch), and the state reached."""
        read = nn.functional.one_hot(tokens, self.symbols).to(self.expected.weight.dtype)
        hidden, state = self.lstm(read, state)
        return self.expected(hidden), state
