"""Block log: records in blocks of 32 KiB, as LevelDB's log has them, with a check sum of zlib for each fragment.

A fragment is its check sum (4 bytes), its length (2), its type (1: whole record, 2, 3, 4: first, middle and last part
of one), and data. Where fewer than 7 bytes of a block are left, none begins there.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

BLOCK = 1 << 15
HEADER = struct.Struct("<IHB")
WHOLE, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def log_records(buffer: bytes, begin: int) -> Iterator[tuple[bytes, int, str]]:
    """(data, offset after it, what is damaged there or '') of the whole records of a buffer, which begins at offset
    `begin` of its file with a fragment. After damage, of which there are no data, they go on with the next block."""
    place, size = 0, len(buffer)
    parts: list[bytes] = []
    while True:
        left = BLOCK - (begin + place) % BLOCK
        if left < HEADER.size:
            place += left
            continue
        if size - place < HEADER.size:
            return
        check, length, kind = HEADER.unpack_from(buffer, place)
        stop = place + HEADER.size + length
        if not (check or length or kind):
            return  # zeros: not written yet
        fits = HEADER.size + length <= left and WHOLE <= kind <= LAST
        if fits and stop > size:
            return
        if not fits or zlib.crc32(buffer[place + HEADER.size - 1 : stop]) != check:
            if size - place < left:
                return  # the rest of the block may still be written
            place += left
            parts.clear()
            yield (b"", begin + place, f"the records up to byte {begin + place:,} are damaged and left out")
            continue
        place = stop
        data = buffer[stop - length : stop]
        if kind == WHOLE:
            yield data, begin + place, ""
        elif kind == FIRST:
            parts = [data]
        elif parts:
            parts.append(data)
            if kind == LAST:
                yield b"".join(parts), begin + place, ""
                parts = []
