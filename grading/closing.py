"""What a `with` block closes at its end."""

from typing import Self


class Closing:
    """Use as a context manager: the block ends with `close`."""

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()
