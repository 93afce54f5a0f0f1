"""Output: what a run's program printed, in parts, of which the first and the last ones stay."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from engine.store.records import Printed
from engine.store.write.catalogue import storable

FIRST_KEPT = 64 << 10
LAST_KEPT = 256 << 10
"""Bytes of UTF-8 from the beginning and up to the end that stay, at least; parts between them are deleted."""

PART_LENGTH = 4096
"""Most characters of a part; what is printed in small pieces is joined up to a quarter of it."""

LAST = "SELECT part, stream, text FROM output WHERE run_id = ? ORDER BY part DESC LIMIT 1"
INSERT = "INSERT INTO output (run_id, part, stream, step, elapsed_us, text) VALUES (?, ?, ?, ?, ?, ?)"
LONGER = "UPDATE output SET text = text || ? WHERE run_id = ? AND part = ?"
BETWEEN = "DELETE FROM output WHERE run_id = ? AND part BETWEEN ? AND ?"


def append_output(raw: sqlite3.Connection, run_id: int, printed: Sequence[Printed]) -> None:
    """Store what was printed after what is there, inside the caller's transaction."""
    pieces = [
        Printed(each.stream, text[start : start + PART_LENGTH], each.step, each.elapsed_us)
        for each in printed
        for text in [storable(each.text)]
        for start in range(0, len(text), PART_LENGTH)
    ]
    if not pieces:
        return
    row = raw.execute(LAST, (run_id,)).fetchone()
    part, stream, text = row or (0, "", "")
    end = part + _size(text)
    for piece in pieces:
        if piece.stream == stream and len(text) + len(piece.text) <= PART_LENGTH // 4:
            raw.execute(LONGER, (piece.text, run_id, part))
            text += piece.text
        else:
            part, stream, text = end, piece.stream, piece.text
            raw.execute(INSERT, (run_id, part, stream, piece.step, piece.elapsed_us, text))
        end += _size(piece.text)
    raw.execute(BETWEEN, (run_id, FIRST_KEPT, end - LAST_KEPT - 4 * PART_LENGTH))


def _size(text: str) -> int:
    return len(text.encode())
