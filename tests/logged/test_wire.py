"""The frames of a stream, cut anywhere; and what a recorder makes of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossboard.recorder.decoding import Decoder, Gathered
from lossboard.wire import (
    HELLO,
    NEWS,
    ROW,
    Damaged,
    Frames,
    frame,
    json_frame,
    row_packer,
    row_size,
    shape_frame,
)

SHAPES = (("loss",), ("loss", "acc"), ("train/loss", "lr", "acc"))
CALLS = st.lists(st.tuples(st.integers(0, 2), st.integers(-5, 9), st.floats(allow_nan=False), st.integers(1, 40)))
"""Which shape, at which step, with which value, and how often in a row."""


def streamed(calls: list[tuple[int, int, float, int]]) -> tuple[bytes, dict[str, list[tuple[int, float]]], list[int]]:
    """A stream of these calls, what each metric has in it, and where its frames end."""
    frames = [json_frame(HELLO, {"stream": "s", "start": 0})]
    frames += [shape_frame(number, names) for number, names in enumerate(SHAPES)]
    held: dict[str, list[tuple[int, float]]] = {}
    for number, step, value, times in calls:
        names = SHAPES[number]
        for again in range(times):
            values = [value + column + again for column in range(len(names))]
            frames.append(row_packer(number, len(names))(step + again, 0.5, *values))
            for name, each in zip(names, values, strict=True):
                held.setdefault(name, []).append((step + again, each))
        frames.append(json_frame(NEWS, {"mark": [step, "here"]}))
    return b"".join(frames), held, np.cumsum([len(each) for each in frames]).tolist()


def decoded(stream: bytes, cuts: list[int], received: int = 0) -> Gathered:
    """What comes of a stream that is read up to these places one after another."""
    decoder, gathered, read = Decoder(0, received), Gathered(), 0
    for cut in [*sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]:
        read += decoder.feed(stream[read:cut], gathered)
    assert read == len(stream)
    return gathered


def by_metric(gathered: Gathered) -> dict[str, list[tuple[int, float]]]:
    measured = gathered.measured(0.0)
    return {name: list(zip(part.step.tolist(), part.value.tolist(), strict=True)) for name, part in measured.items()}


@given(CALLS, st.lists(st.integers(0, 100_000), max_size=6))
def test_a_stream_decodes_the_same_however_it_is_cut(calls: list[Any], cuts: list[int]) -> None:
    stream, held, ends = streamed(calls)
    gathered = decoded(stream, cuts)
    assert by_metric(gathered) == held
    assert len(gathered.marks) == len(calls)
    assert gathered.received == len(stream)
    frames, read = Frames(), 0
    kinds = []
    for cut in [*sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]:
        kinds += [kind for kind, _ in frames.feed(stream[read:cut])]
        read = cut
    assert len(kinds) == len(ends)


@given(CALLS, st.integers(0, 1000))
def test_what_is_stored_already_is_passed_over_and_the_rest_is_not(calls: list[Any], upto: int) -> None:
    stream, _, ends = streamed(calls)
    received = ends[upto % len(ends)]
    first, rest = decoded(stream[:received], []), decoded(stream, [], received)
    joined = by_metric(first)
    for name, rows in by_metric(rest).items():
        joined.setdefault(name, []).extend(rows)
    assert joined == by_metric(decoded(stream, []))
    assert len(first.marks) + len(rest.marks) == len(calls)


def test_numbers_that_are_none_arrive_as_they_are() -> None:
    stream = shape_frame(0, ("loss",)) + b"".join(row_packer(0, 1)(0, 0.0, v) for v in (math.nan, math.inf, -math.inf))
    np.testing.assert_equal(decoded(stream, []).measured(0.0)["loss"].value, [math.nan, math.inf, -math.inf])


@pytest.mark.parametrize(
    "stream",
    [b"\0\0\0\0\1", b"\xff\xff\xff\xff\3", frame(ROW, b"x" * (row_size(1) - 5)), json_frame(NEWS, {"mark": 3})],
    ids=["empty", "endless", "a row without a shape", "news that are none"],
)
def test_what_is_no_stream_is_called_damaged(stream: bytes) -> None:
    with pytest.raises(Damaged):
        Decoder(0, 0).feed(stream, Gathered())
