"""CRC-32C (Castagnoli) as TFRecord files have it: of short byte strings, and of many rows of one length at once."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

POLYNOMIAL = 0x82F63B78
ROTATED = 0xA282EAD8
"""Added to a rotated check sum in TFRecord files."""


@cache
def _table() -> NDArray[np.uint32]:
    value = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        value = np.where(value & 1, value >> 1 ^ np.uint32(POLYNOMIAL), value >> 1)
    return value


@cache
def _plain() -> list[int]:
    return [int(each) for each in _table()]


def crc32c(content: bytes) -> int:
    """The check sum of a byte string; some 10 MB a second."""
    table, value = _plain(), 0xFFFFFFFF
    for byte in content:
        value = value >> 8 ^ table[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def masked(value: int) -> int:
    """A check sum as TFRecord files write it."""
    return ((value >> 15 | value << 17) + ROTATED) & 0xFFFFFFFF


@cache
def _shifted(zeros: int) -> NDArray[np.uint32]:
    """What a byte, 0 to 255, makes of a check sum when so many zero bytes follow it."""
    if not zeros:
        return _table()
    before = _shifted(zeros - 1)
    after: NDArray[np.uint32] = before >> np.uint32(8) ^ _table()[before & 0xFF]
    return after


def masked_of_rows(sample: bytes, rows: NDArray[np.uint8], varying: list[int]) -> NDArray[np.uint32]:
    """The masked check sums (n,) of rows (n, length) that differ from a sample at the varying columns alone.

    A check sum is linear: the sample's one and what each differing byte changes.
    """
    length = len(sample)
    for zeros in range(length):  # each table is made from the one before
        _shifted(zeros)
    made = np.full(len(rows), crc32c(sample), np.uint32)
    for column in varying:
        made ^= _shifted(length - 1 - column)[rows[:, column] ^ np.uint8(sample[column])]
    return (made >> np.uint32(15) | made << np.uint32(17)) + np.uint32(ROTATED)
