"""Inputs for the fuzzers: seeded chance, and the ways to damage bytes."""

import re
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")

_BLOCK = 4096
_DIGITS = re.compile(rb"[0-9]+")
_NUMBERS = (
    b"0", b"1", b"-1", b"255", b"256", b"65536", b"2147483648", b"4294967295", b"67108864",
    b"67108865", b"9223372036854775808", b"1e999", b"-1e999", b"1e-400", b"0.5", b"NaN", b"nan",
    b"inf", b"Infinity", b"9" * 30, b"9" * 5000, b"0x10", b"1_0", b"01", b"true", b"null", b'""',
)  # fmt: skip
_TOKENS = (
    b"\0", b"\r", b"\n", b"\r\n", b"\t", b"\x1b[2J", b'"', b'""', b"'", b"'''", b'"""', b"\\",
    b"\\u0000", b"\\ud800", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\x80",
    "\u202e".encode(), "\u2028".encode(), "\U0001f600".encode(), "e\u0301".encode(), b"[", b"]",
    b"[]", b"{", b"}", b"{}", b"[[", b"]]", b",", b":", b"=", b"null", b"true", b"false", b"-",
    b".", b"/", b"..", b"<!--", b"-->", b"## a: b\n", b"#", b"[" * 200, b"{\"a\":" * 200,
    b"[" * 20000, b'{"a":' * 20000, b"a.b.c = 1\n", b"[a]\n", b"[[a]]\n", b"1979-05-27T07:32:00Z",
)  # fmt: skip


class Chance:
    """A seeded numpy generator, read in blocks: one number at a time costs 20 times as much."""

    def __init__(self, seed: int | Sequence[int]) -> None:
        self._generator = np.random.default_rng(seed)
        self._block: list[int] = []

    def below(self, end: int) -> int:
        """A whole number in [0, end); `end` is at most 2**32."""
        if not self._block:
            self._block = self._generator.integers(0, 2**32, _BLOCK).tolist()
        return self._block.pop() % end

    def one_of(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def some_bytes(self, most: int) -> bytes:
        return self._generator.bytes(self.below(most + 1))


def damaged(data: bytes, chance: Chance, others: Sequence[bytes]) -> bytes:
    """`data` after one to four changes; `others` is what it may be spliced with."""
    for _ in range(1 + chance.below(4)):
        data = chance.one_of(_CHANGES)(data, chance, others)
    return data


def _flip_a_bit(data: bytes, chance: Chance, others: Sequence[bytes]) -> bytes:
    if not data:
        return data
    place = chance.below(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.below(8))]) + data[place + 1 :]


def _set_a_byte(data: bytes, chance: Chance, others: Sequence[bytes]) -> bytes:
    place = chance.below(len(data) + 1)
    return data[:place] + bytes([chance.below(256)]) + data[place + 1 :]


def _delete(data: bytes, chance: Chance, others: Sequence[bytes]) -> bytes:
    start, end = _range(data, chance)
    return data[:start] + data[end:]


def _repeat(data: bytes, chance: Chance, others: Sequence[bytes]) -> bytes:
    start, end = _range(data, chance)
    return data[:end] + data[start:end] + data[end:]


def _truncate(data: bytes, chance: Chance, others: Sequence[bytes]) -> bytes:
    return data[: chance.below(len(data) + 1)]


def _insert_noise(data: bytes, chance: Chance, others: Sequence[bytes]) -> bytes:
    place = chance.below(len(data) + 1)
    return data[:place] + chance.some_bytes(12) + data[place:]


def _insert_a_token(data: bytes, chance: Chance, others: Sequence[bytes]) -> bytes:
    place = chance.below(len(data) + 1)
    # The long ones are slow to read: one time in eight.
    token = chance.one_of(_TOKENS)
    return data[:place] + (token if len(token) < 100 or not chance.below(8) else b"") + data[place:]


def _change_a_number(data: bytes, chance: Chance, others: Sequence[bytes]) -> bytes:
    found = list(_DIGITS.finditer(data[:4000]))
    if not found:
        return data
    start, end = chance.one_of(found).span()
    return data[:start] + chance.one_of(_NUMBERS) + data[end:]


def _splice(data: bytes, chance: Chance, others: Sequence[bytes]) -> bytes:
    other = chance.one_of(others)
    return data[: chance.below(len(data) + 1)] + other[chance.below(len(other) + 1) :]


def _swap_lines(data: bytes, chance: Chance, others: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    one, other = chance.below(len(lines)), chance.below(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _range(data: bytes, chance: Chance) -> tuple[int, int]:
    start = chance.below(len(data) + 1)
    return start, min(len(data), start + 1 + chance.below(1 + chance.below(64)))


_CHANGES = (
    _flip_a_bit,
    _set_a_byte,
    _delete,
    _repeat,
    _truncate,
    _insert_noise,
    _insert_a_token,
    _change_a_number,
    _splice,
    _swap_lines,
)
