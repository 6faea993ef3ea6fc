"""The wire format between grader and worker: a JSON header and raw little-endian arrays.

    magic (4 bytes) | header length (u32) | body length (u64) | header (JSON) | body

The header is `{"meta": {...}, "arrays": [[name, dtype, shape], ...]}`; the body is the arrays'
bytes one after the other. Pickle, npz and msgpack-numpy run or inflate what they read. This format
cannot: it has only the types listed here. The reader treats its input as hostile.
"""

import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

MAGIC = b"UNR1"
PREFIX = struct.Struct("<4sIQ")
MAX_HEADER = 256 * 1024
MAX_BODY = 64 * 1024 * 1024
MAX_ARRAYS = 256
MAX_NAME = 80
MAX_DIMS = 8
MAX_DEPTH = 12
DTYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
# A table, because numpy makes up the name of a dtype anew each time it is asked.
_NAMES = {np.dtype(name): name for name in DTYPES}
_LITTLE = {name: np.dtype(name).newbyteorder("<") for name in DTYPES}

_WRITER = json.JSONEncoder(allow_nan=False)
_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
# Each bracket as a signed byte: 1 opens a level, -1 closes it.
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))


class FrameError(ValueError):
    """The bytes are not a frame, or break one of its limits."""


class Frame(NamedTuple):
    """A header's `meta` object and the arrays that came with it."""

    meta: dict[str, Any]
    arrays: dict[str, np.ndarray]


def encode(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """The bytes of one frame.

    Raises FrameError for an array whose dtype the format does not have, or beyond a limit.
    """
    listing, chunks = [], []
    for name, array in arrays.items():
        dtype = _NAMES.get(array.dtype) or _NAMES.get(array.dtype.newbyteorder("="))
        if dtype is None:
            raise FrameError(f"{name} has dtype {array.dtype.name}, which cannot be sent")
        little = np.ascontiguousarray(array, dtype=_LITTLE[dtype])
        listing.append([name, dtype, list(array.shape)])
        chunks.append(little.tobytes())
    header = _WRITER.encode({"meta": dict(meta), "arrays": listing}).encode()
    body = b"".join(chunks)
    if len(header) > MAX_HEADER or len(body) > MAX_BODY:
        raise FrameError(f"too large: header {len(header)} bytes, arrays {len(body)} bytes")
    return PREFIX.pack(MAGIC, len(header), len(body)) + header + body


def lengths(prefix: bytes) -> tuple[int, int]:
    """The lengths of header and body that a prefix claims.

    Raises FrameError, before anything is allocated, if they are too large.
    """
    magic, header_length, body_length = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise FrameError("not a frame")
    if header_length > MAX_HEADER:
        raise FrameError(f"header of {header_length} bytes")
    if body_length > MAX_BODY:
        raise FrameError(f"arrays of {body_length} bytes")
    return header_length, body_length


def decode(header: bytes, body: bytes) -> Frame:
    """The frame in these bytes, with every claim of the header checked against the body."""
    content = _strict_json(header)
    if set(content) != {"meta", "arrays"}:
        raise FrameError("header fields")
    meta, listing = content["meta"], content["arrays"]
    if not isinstance(meta, dict) or not isinstance(listing, list) or len(listing) > MAX_ARRAYS:
        raise FrameError("header types")
    arrays: dict[str, np.ndarray] = {}
    start = 0
    for entry in listing:
        name, dtype, shape, size = _array_entry(entry)
        if name in arrays:
            raise FrameError("duplicate array name")
        if start + size > len(body):
            raise FrameError("arrays longer than the body")
        arrays[name] = _array(body[start : start + size], dtype, shape)
        start += size
    if start != len(body):
        raise FrameError("bytes after the last array")
    return Frame(meta, arrays)


def read_frame(read_exactly: Callable[[int], bytes]) -> Frame:
    """Read one frame through `read_exactly(count) -> bytes`."""
    header_length, body_length = lengths(read_exactly(PREFIX.size))
    return decode(read_exactly(header_length), read_exactly(body_length))


def _array_entry(entry: object) -> tuple[str, np.dtype, tuple[int, ...], int]:
    if not isinstance(entry, list) or len(entry) != 3:
        raise FrameError("array entry")
    name, dtype, shape = entry
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or dtype not in DTYPES:
        raise FrameError("array name or dtype")
    if not isinstance(shape, list) or len(shape) > MAX_DIMS:
        raise FrameError("array shape")
    if any(type(size) is not int or not 0 <= size <= MAX_BODY for size in shape):
        raise FrameError("array sizes")
    # numpy refuses even an empty array if its other sizes multiply to too much.
    if math.prod(size for size in shape if size) > MAX_BODY:
        raise FrameError("array sizes")
    little = _LITTLE[dtype]
    return name, little, tuple(shape), math.prod(shape) * little.itemsize


def _array(data: bytes, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    if dtype == np.bool_ and data.strip(b"\x00\x01"):
        raise FrameError("a boolean that is neither 0 nor 1")
    # A copy in native order: writable, and independent of the frame's buffer.
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _strict_json(text: bytes) -> dict[str, Any]:
    _refuse_deep_nesting(text)
    try:
        content = _READER.decode(text.decode("utf-8"))
    except FrameError:
        raise
    except (ValueError, RecursionError) as error:
        raise FrameError("header is not JSON") from error
    if not isinstance(content, dict):
        raise FrameError("header is not an object")
    return content


def _refuse_deep_nesting(text: bytes) -> None:
    brackets = _JSON_STRING.sub(b"", text).translate(_STEPS, _NO_BRACKETS)
    if max(accumulate(memoryview(brackets).cast("b")), default=0) > MAX_DEPTH:
        raise FrameError("header nested too deeply")


def _refuse_constant(name: str) -> float:
    raise FrameError(f"{name} in the header")


def _finite_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise FrameError("a number that is not finite in the header")
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise FrameError("duplicate key in the header")
    return content


_READER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_finite_float, object_pairs_hook=_unique_keys
)
