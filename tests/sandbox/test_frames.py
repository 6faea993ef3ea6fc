"""The wire format: what was sent arrives, and nothing else is accepted."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grading.sandbox import frames
from grading.sandbox.frames import PREFIX, FrameError

ARRAYS = st.sampled_from(frames.DTYPES).flatmap(
    lambda dtype: hnp.arrays(
        np.dtype(dtype), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
    )
)


def read(data: bytes) -> frames.Frame:
    position = 0

    def read_exactly(count: int) -> bytes:
        nonlocal position
        if position + count > len(data):
            raise EOFError
        position += count
        return data[position - count : position]

    return frames.read_frame(read_exactly)


def frame_with(header: str, body: bytes = b"") -> bytes:
    return PREFIX.pack(frames.MAGIC, len(header.encode()), len(body)) + header.encode() + body


@given(st.dictionaries(st.text(min_size=1, max_size=20), ARRAYS, max_size=4))
def test_arrays_arrive_as_they_were_sent(arrays: dict[str, np.ndarray]) -> None:
    frame = read(frames.encode({"id": "x"}, arrays))
    assert frame.meta == {"id": "x"}
    assert list(frame.arrays) == list(arrays)
    for name, array in arrays.items():
        assert frame.arrays[name].dtype == array.dtype
        assert frame.arrays[name].shape == array.shape
        assert frame.arrays[name].tobytes() == array.tobytes()


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((FrameError, EOFError)):
        read(data)


@given(st.data())
def test_a_damaged_frame_is_refused_or_still_a_frame(data: st.DataObject) -> None:
    whole = bytearray(frames.encode({"id": "x"}, {"a": np.arange(6.0).reshape(2, 3)}))
    position = data.draw(st.integers(0, len(whole) - 1))
    whole[position] = data.draw(st.integers(0, 255))
    try:
        frame = read(bytes(whole))
    except (FrameError, EOFError):
        return
    assert all(array.dtype.name in frames.DTYPES for array in frame.arrays.values())


@pytest.mark.parametrize(
    "listing",
    [
        '[["a","float32",[2]],["a","float32",[2]]]',  # the same name twice
        '[["a","object",[1]]]',
        '[["a","float32",[-1]]]',
        '[["a","float32",[4611686018427387904]]]',
        '[["a","float32",[0,4611686018427387904]]]',
        '[["a","float32",[true]]]',
        '[["a","float32",[1.0]]]',
        '[["a","float32",[1,1,1,1,1,1,1,1,1]]]',
        '[["a","float32",[3]]]',  # longer than the body
        '[["a","float32",[1]]]',  # shorter than the body
        '[["","float32",[2]]]',
        '[["a","float32"]]',
        '["a"]',
        '{"a":1}',
    ],
)
def test_a_listing_that_does_not_fit_its_body_is_refused(listing: str) -> None:
    body = b"\0" * 8
    assert (
        read(frame_with('{"meta":{},"arrays":[["a","float32",[2]]]}', body)).arrays["a"].size == 2
    )
    with pytest.raises(FrameError):
        read(frame_with(f'{{"meta":{{}},"arrays":{listing}}}', body))


@pytest.mark.parametrize(
    "meta",
    [
        '{"ok":false,"ok":true}',
        '{"x":NaN}',
        '{"x":Infinity}',
        '{"x":1e999}',
        '{"x":' + "[" * 40 + "]" * 40 + "}",
        '{"x":' + "9" * 5000 + "}",
        "[]",
        "1",
        '{"x":',
    ],
)
def test_a_header_that_is_not_strict_json_is_refused(meta: str) -> None:
    with pytest.raises(FrameError):
        read(frame_with(f'{{"meta":{meta},"arrays":[]}}'))


def test_brackets_inside_strings_are_not_nesting() -> None:
    text = "[{" * 100
    assert read(frames.encode({"said": text}, {})).meta["said"] == text


@pytest.mark.parametrize("lengths", [(2**32 - 1, 0), (10, 2**63)])
def test_claimed_lengths_are_checked_before_anything_is_read(lengths: tuple[int, int]) -> None:
    with pytest.raises(FrameError):
        read(PREFIX.pack(frames.MAGIC, *lengths))


def test_a_boolean_is_zero_or_one() -> None:
    header = '{"meta":{},"arrays":[["a","bool",[2]]]}'
    assert read(frame_with(header, b"\0\1")).arrays["a"].tolist() == [False, True]
    with pytest.raises(FrameError, match="boolean"):
        read(frame_with(header, b"\0\7"))


def test_what_cannot_be_named_cannot_be_sent() -> None:
    with pytest.raises(FrameError, match="complex128"):
        frames.encode({}, {"a": np.zeros(1, complex)})
    with pytest.raises(ValueError, match="JSON"):
        frames.encode({"x": float("nan")}, {})
    with pytest.raises(FrameError, match="too large"):
        frames.encode({"x": "x" * frames.MAX_HEADER}, {})


def test_the_header_is_plain_json() -> None:
    data = frames.encode({"id": "x"}, {"a": np.zeros((2, 0), np.int64)})
    header_length, body_length = frames.lengths(data[: PREFIX.size])
    assert body_length == 0
    header = json.loads(data[PREFIX.size : PREFIX.size + header_length])
    assert header == {"meta": {"id": "x"}, "arrays": [["a", "int64", [2, 0]]]}
