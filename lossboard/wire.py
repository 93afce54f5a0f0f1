"""Wire: the frames in which a program tells its recorder what it logs, and gets back what it is told.

A frame is the length of what follows (u32), a kind (u8) and its payload; numbers are little-endian. A SHAPE frame names
a tuple of metrics once, and a ROW frame is the number of its shape, a step, the elapsed seconds and packed doubles:
what happens often is one `Struct.pack`. What is rare is JSON. A stream is cut into segments, each of which begins with
HELLO, which says whose it is and where in the stream it begins, and with the shapes so far: it can be read alone.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from functools import partial

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from typing import Any

HEAD = struct.Struct("<IB")
"""Length of kind and payload; kind."""

ROW_HEAD = struct.Struct("<IBIqd")
"""Length, kind, shape, step, elapsed seconds: what stands before the doubles of a row."""

HELLO, SHAPE, ROW, NEWS = 1, 2, 3, 4
"""From the program: whose stream it is; a tuple of names; values of one step; what is rare, as a JSON object."""

WELCOME, STORED, COMMAND, NOTICE = 17, 18, 19, 20
"""To the program: which run it is; up to where its stream is stored; what it was told; a sentence for its user."""

SEGMENT = b"s"
OF_STREAM = {"out": b"o", "err": b"e"}
"""What is said with a file that is handed over: a segment, or the memory of what the program prints on a stream."""

LARGEST = 1 << 26
"""Bytes beyond which a frame is not one of ours."""

MOST_METRICS = (LARGEST - ROW_HEAD.size) // 8

POSITION = struct.Struct("<Q")
NUMBER = struct.Struct("<I")


class Damaged(ValueError):
    """These bytes are no stream of frames."""


def frame(kind: int, payload: bytes) -> bytes:
    """One frame."""
    return HEAD.pack(len(payload) + 1, kind) + payload


def json_frame(kind: int, content: object) -> bytes:
    """A frame of JSON; what JSON has no word for is written as its text."""
    try:
        text = json.dumps(content, default=_plain, separators=(",", ":"))
    except TypeError:
        text = json.dumps(_worded(content), default=_plain, separators=(",", ":"))
    return frame(kind, text.encode("utf-8", "replace"))


def _plain(value: Any) -> Any:
    """A scalar of NumPy, torch or jax as a number of Python, anything else as its text."""
    try:
        found = value.item()
    except Exception:  # no scalar, or one of many values
        return str(value)
    return found if type(found) in (bool, int, float, str) else str(value)


def _worded(content: Any) -> Any:
    """The content with all keys as texts."""
    if isinstance(content, dict):
        return {str(key): _worded(value) for key, value in content.items()}
    return [_worded(value) for value in content] if isinstance(content, (list, tuple)) else content


def shape_frame(number: int, names: Sequence[str]) -> bytes:
    """A frame that names the metrics of a shape."""
    return frame(SHAPE, NUMBER.pack(number) + json.dumps(list(names)).encode("utf-8", "replace"))


def position_frame(position: int) -> bytes:
    """A frame that says up to where a stream is stored."""
    return frame(STORED, POSITION.pack(position))


def row_size(metrics: int) -> int:
    """Bytes of a row frame with so many metrics."""
    return ROW_HEAD.size + 8 * metrics


def row_packer(number: int, metrics: int) -> Callable[..., bytes]:
    """What packs a row of a shape: (step, elapsed seconds, *values) to a frame.

    Raises struct.error, or what a value raises that is asked for a float, for what is no number.
    """
    size = row_size(metrics)
    return partial(struct.Struct(f"<IBIqd{metrics}d").pack, size - 4, ROW, number)


def content_of(payload: bytes) -> Any:
    """The content of a JSON frame. Raises Damaged."""
    try:
        return json.loads(payload)
    except ValueError as error:
        raise Damaged(f"a frame holds no JSON: {error}") from None


def shape_of(payload: bytes) -> tuple[int, tuple[str, ...]]:
    """(number, names) of a SHAPE frame. Raises Damaged."""
    if len(payload) < NUMBER.size:
        raise Damaged("a shape without a number")
    return NUMBER.unpack_from(payload)[0], tuple(map(str, content_of(payload[NUMBER.size :])))


def head_at(buffer: bytes, place: int) -> tuple[int, int] | None:
    """(size, kind) of the frame at a place, None while not all of it is there. Raises Damaged."""
    if len(buffer) - place < HEAD.size:
        return None
    length, kind = HEAD.unpack_from(buffer, place)
    if not 1 <= length <= LARGEST:
        raise Damaged(f"a frame of {length} bytes")
    return (length + 4, kind) if len(buffer) - place >= length + 4 else None


class Frames:
    """The frames of a stream that comes in pieces, cut anywhere."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> Iterator[tuple[int, bytes]]:
        """(kind, payload) of each frame that is whole now. Raises Damaged."""
        self._rest += piece
        place = 0
        try:
            while (head := head_at(self._rest, place)) is not None:
                size, kind = head
                yield kind, self._rest[place + HEAD.size : place + size]
                place += size
        finally:
            self._rest = self._rest[place:]
