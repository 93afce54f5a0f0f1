"""The pyramid: each level keeps low, high, total and last of every 4 times wider bucket of a run's losses.

A chart reads the level that fits its columns, so its cost does not grow with the run. The last
bucket of each level is partial until it is full; it is written again with every block.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

import numpy as np

from engine.block import Block
from engine.decimation import bucket_starts, decimate
from engine.store.rows import replacements, run_all

LEVELS = tuple(range(4, 21, 2))
"""Exponents: a bucket of level e covers 2^e iterations."""

REBUILD_ROWS = 1 << 16


class Partial(NamedTuple):
    """A bucket that more iterations will join."""

    bucket: int
    n: int
    low: float | None
    high: float | None
    total: float | None


Cell = tuple[int, float, float, float, float | None, float | None]
"""n, low, high, total, last and elapsed_s of a bucket."""

Row = tuple[int, int, int, int, float | None, float | None, float | None, float | None, float | None]


class Pyramid:
    """The partial buckets of one run, and the rows that each block adds to the table `buckets`."""

    def __init__(self, run_id: int, partial: dict[int, Partial] | None = None) -> None:
        self.run_id = run_id
        self._partial = dict(partial or {})

    def rows(self, block: Block) -> tuple[list[Row], dict[int, Partial]]:
        """The buckets that a block closes or changes, and the partial buckets after it.

        Nothing is kept here until `accept`, so that a transaction that fails can be tried again.
        """
        rows: list[Row] = []
        after: dict[int, Partial] = {}
        if not len(block):
            return rows, dict(self._partial)
        bucket = block.first_iteration >> LEVELS[0]
        cells = _cells(block)
        for level in LEVELS:
            if level != LEVELS[0]:
                cells, bucket = _wider(cells, bucket), bucket >> 2
            first, start = self._joined(level, bucket, cells[0]), len(rows)
            rows += [(self.run_id, level, number, *cell) for number, cell in enumerate(cells, start=bucket)]
            rows[start] = (self.run_id, level, bucket, *first)
            if block.end_iteration % (1 << level):
                after[level] = Partial(*rows[-1][2:7])
        return rows, after

    def accept(self, partial: dict[int, Partial]) -> None:
        """Take over the partial buckets that `rows` gave, once they are committed."""
        self._partial = partial

    def _joined(self, level: int, bucket: int, cell: Cell) -> Cell:
        """The first cell of a level, with what the partial bucket held before."""
        before = self._partial.get(level)
        if before is None or before.bucket != bucket:
            return cell
        held = (before.n, _number(before.low), _number(before.high), before.total or 0.0, None, None)
        return _together(held, cell)


def _cells(block: Block) -> list[Cell]:
    """What the lowest level's buckets take from a block."""
    starts = bucket_starts(block.first_iteration, len(block), 1 << LEVELS[0])
    buckets = decimate(block.loss, starts)
    columns = (buckets.count, buckets.low, buckets.high, buckets.total, buckets.last)
    if block.elapsed_s is None:
        elapsed: list[float | None] = [None] * len(starts)
    else:
        # As the rows keep it, so that the pyramid can be rebuilt from them to the last digit.
        ends = block.elapsed_s[np.append(starts[1:], len(block)) - 1]
        elapsed = (np.rint(ends * 1e6) / 1e6).tolist()
    return list(zip(*(column.tolist() for column in columns), elapsed, strict=True))


def _wider(cells: list[Cell], bucket: int) -> list[Cell]:
    """Cells of four times the width; the first of `cells` is number `bucket` of its level.

    In plain Python: there are few, and from the second level on NumPy's calls would cost more than the work.
    """
    wide = cells[:1]
    for number, cell in enumerate(cells[1:], start=bucket + 1):
        if number & 3:
            wide[-1] = _together(wide[-1], cell)
        else:
            wide.append(cell)
    return wide


def _together(before: Cell, after: Cell) -> Cell:
    """Two adjoining cells as one. A NaN stands where there was no finite loss, and gives way to any number."""
    n, low, high, total, _, _ = before
    m, other_low, other_high, other_total, last, elapsed_s = after
    if other_low < low or low != low:
        low = other_low
    if other_high > high or high != high:
        high = other_high
    return n + m, low, high, total + other_total, last, elapsed_s


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def load(raw: sqlite3.Connection, run_id: int, iterations_done: int) -> Pyramid:
    """The pyramid of a run as stored, ready for the block that starts at `iterations_done`."""
    partial = {}
    for level in LEVELS:
        row = raw.execute(
            "SELECT bucket, n, low, high, total FROM buckets WHERE run_id = ? AND level = ? AND bucket = ?",
            (run_id, level, iterations_done >> level),
        ).fetchone()
        if row is not None:
            partial[level] = Partial(*row)
    return Pyramid(run_id, partial)


def rebuild(raw: sqlite3.Connection, run_id: int) -> None:
    """Make a run's buckets again from its iterations. The caller holds a transaction."""
    raw.execute("DELETE FROM buckets WHERE run_id = ?", (run_id,))
    pyramid, first = Pyramid(run_id), 0
    while True:
        rows = raw.execute(
            "SELECT iteration, loss, elapsed_s FROM iterations WHERE run_id = ? AND iteration >= ? "
            "ORDER BY iteration LIMIT ?",
            (run_id, first, REBUILD_ROWS),
        ).fetchall()
        if not rows:
            return
        columns = np.array(rows, dtype=np.float64).T
        block = Block(first_iteration=rows[0][0], loss=columns[1], elapsed_s=columns[2])
        changed, partial = pyramid.rows(block)
        run_all(raw, replacements(changed))
        pyramid.accept(partial)
        first = rows[-1][0] + 1
