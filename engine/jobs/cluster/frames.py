"""Frames: what travels to a cluster worker and back, as bytes: a JSON header, and arrays as they lie in memory.

Nothing of ours is pickled: a task is the name of a function and one frame, its result is one frame.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.store import Evaluation
from engine.trace.block import Block

LENGTH = struct.Struct("<Q")


def packed(header: Mapping[str, Any], *parts: bytes) -> bytes:
    """A header (JSON, Inf and NaN included) and byte strings as one frame."""
    text = json.dumps({**header, "lengths": [len(part) for part in parts]}).encode()
    return b"".join((LENGTH.pack(len(text)), text, *parts))


def unpacked(frame: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The header and the byte strings of a frame. Raises ValueError for anything else."""
    try:
        (length,) = LENGTH.unpack_from(frame)
        at = LENGTH.size + length
        header = json.loads(frame[LENGTH.size : at])
        lengths = header.pop("lengths")
        parts = []
        for size in lengths:
            parts.append(bytes(frame[at : at + size]))
            at += size
    except (struct.error, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"not a frame: {error}") from error
    if at != len(frame):
        raise ValueError(f"not a frame: {len(frame)} bytes in place of {at}")
    return header, parts


def block_to_bytes(block: Block | None) -> tuple[dict[str, Any], bytes]:
    """A block as what its header says and its float64 columns, one after another."""
    if block is None:
        return {}, b""
    columns = block.columns()
    return {"first": block.first_iteration, "columns": list(columns)}, b"".join(
        map(np.ndarray.tobytes, columns.values())
    )


def block_from_bytes(header: Mapping[str, Any], data: bytes) -> Block | None:
    """The block of `block_to_bytes`, bit for bit; None if there was none. Raises ValueError for anything else."""
    if not header:
        return None
    names = header["columns"]
    columns = np.frombuffer(data, dtype=np.float64).reshape(len(names), -1)
    return Block(first_iteration=int(header["first"]), **dict(zip(names, columns, strict=True)))


def evaluations_to_list(found: tuple[Evaluation, ...]) -> list[list[Any]]:
    """Evaluations as JSON, which keeps every bit of a float."""
    return [[one.iteration, one.split, float(one.loss), float(one.accuracy)] for one in found]


def evaluations_from_list(found: list[list[Any]]) -> tuple[Evaluation, ...]:
    """The evaluations of `evaluations_to_list`."""
    return tuple(Evaluation(int(iteration), str(split), loss, accuracy) for iteration, split, loss, accuracy in found)
