"""The pyramid: each level keeps low, high, total and last of every 4 times wider bucket of a run's losses.

A chart reads the level that fits its columns, so its cost does not grow with the run. The last
bucket of each level is partial until it is full; it is written again with every block.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

import numpy as np

from engine.block import Block
from engine.decimation import Buckets, Floats, bucket_starts, decimate, merge

LEVELS = tuple(range(4, 21, 2))
"""Exponents: a bucket of level e covers 2^e iterations."""

REBUILD_ROWS = 1 << 16

UPSERT = """
    INSERT OR REPLACE INTO buckets (run_id, level, bucket, n, low, high, total, last, elapsed_s)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class Partial(NamedTuple):
    """A bucket that more iterations will join."""

    bucket: int
    n: int
    low: float | None
    high: float | None
    total: float | None


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
        first = block.first_iteration
        starts = bucket_starts(first, len(block), 1 << LEVELS[0])
        buckets, bucket = decimate(block.loss, starts), first >> LEVELS[0]
        # As the rows keep it, so that the pyramid can be rebuilt from them to the last digit.
        times = None if block.elapsed_s is None else np.rint(block.elapsed_s * 1e6) / 1e6
        times = _ends(times, starts, len(block))
        for level in LEVELS:
            if level != LEVELS[0]:
                starts = bucket_starts(bucket, len(buckets), 4)
                times = _ends(times, starts, len(buckets))
                buckets, bucket = merge(buckets, starts), bucket >> 2
            level_rows = self._level_rows(level, bucket, buckets, times)
            rows += level_rows
            last = level_rows[-1]
            if block.end_iteration % (1 << level):
                after[level] = Partial(*last[2:7])
        return rows, after

    def accept(self, partial: dict[int, Partial]) -> None:
        """Take over the partial buckets that `rows` gave, once they are committed."""
        self._partial = partial

    def _level_rows(self, level: int, bucket: int, buckets: Buckets, times: Floats | None) -> list[Row]:
        count = len(buckets)
        n, low, high, total, last = (
            column.tolist() for column in (buckets.count, buckets.low, buckets.high, buckets.total, buckets.last)
        )
        before = self._partial.get(level)
        if before is not None and before.bucket == bucket:
            n[0] += before.n
            low[0] = float(np.fmin(low[0], _number(before.low)))
            high[0] = float(np.fmax(high[0], _number(before.high)))
            total[0] += before.total or 0.0
        elapsed = [None] * count if times is None else times.tolist()
        ids, levels, numbers = [self.run_id] * count, [level] * count, range(bucket, bucket + count)
        return list(zip(ids, levels, numbers, n, low, high, total, last, elapsed, strict=True))


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _ends(times: Floats | None, starts: np.ndarray[tuple[int], np.dtype[np.int64]], count: int) -> Floats | None:
    return None if times is None else times[np.append(starts[1:], count) - 1]


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
        raw.executemany(UPSERT, changed)
        pyramid.accept(partial)
        first = rows[-1][0] + 1
