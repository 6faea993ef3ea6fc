"""A base class for what a `with` block closes at its end."""

from typing import Self


class Closing:
    """A context manager whose block ends with a call of `close`."""

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()
