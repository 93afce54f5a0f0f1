"""Output: what a program prints, from the memory into which a `tee` writes it to the store.

How far it is stored is the place of the open file, which the program shares: a recorder that takes over goes on there.
"""

from __future__ import annotations

import codecs
import os
import time
from typing import Literal

from engine.store import Printed

MOST_AT_ONCE = 1 << 20
"""Most bytes of a stream in one commit."""

FREE_BYTES = 1 << 20
"""Bytes that are stored before their memory is given back."""

SETTLE_S = 0.02
LONGEST_SETTLE_S = 0.3

NAMES: dict[str, Literal["out", "err"]] = {"out": "out", "err": "err"}


class Output:
    """The streams of one program by their names, which may be added while it goes on."""

    def __init__(self, memories: dict[str, int]) -> None:
        self._memories = memories
        self._places: dict[str, int] = {}
        self._freed: dict[str, int] = {}
        self._decoders: dict[str, codecs.IncrementalDecoder] = {}

    @property
    def has_more(self) -> bool:
        """Whether something was printed that was not taken yet."""
        return any(os.fstat(memory).st_size != self._place(name) for name, memory in self._memories.items())

    def take(self, step: int, elapsed_s: float) -> list[Printed]:
        """What was printed since the last call, for this step and time."""
        found = []
        for name, memory in self._memories.items():
            place = self._place(name)
            if os.fstat(memory).st_size < place:
                place = 0  # the program has dropped what nobody read
            piece = os.pread(memory, MOST_AT_ONCE, place)
            self._places[name] = place + len(piece)
            text = self._decoders[name].decode(piece)
            if text:
                found.append(Printed(NAMES[name], text, step, round(elapsed_s * 1e6)))
        return found

    def stored(self) -> None:
        """Note that what was taken is stored."""
        for name, place in self._places.items():
            memory, freed = self._memories[name], self._freed.get(name, 0)
            os.lseek(memory, place, os.SEEK_SET)
            if place - freed >= FREE_BYTES:
                _give_back(memory, freed, place - freed)
                self._freed[name] = place

    def settle(self) -> None:
        """Wait until a program that is gone has printed all: its `tee` may not have run yet."""
        end, before = time.monotonic() + LONGEST_SETTLE_S, None
        while self._memories and time.monotonic() < end:
            sizes = [os.fstat(memory).st_size for memory in self._memories.values()]
            if sizes == before:
                return
            before = sizes
            time.sleep(SETTLE_S)

    def close(self) -> None:
        """Close the streams."""
        while self._memories:
            os.close(self._memories.popitem()[1])

    def _place(self, name: str) -> int:
        if name not in self._places:
            self._places[name] = os.lseek(self._memories[name], 0, os.SEEK_CUR)
            self._decoders[name] = codecs.getincrementaldecoder("utf-8")("replace")
        return self._places[name]


def _give_back(memory: int, start: int, length: int) -> None:
    """Free a part of a file in memory, whose places stay."""
    import ctypes

    keep_size_and_punch_hole = 3
    libc = ctypes.CDLL(None, use_errno=True)
    libc.fallocate(memory, keep_size_and_punch_hole, ctypes.c_int64(start), ctypes.c_int64(length))
