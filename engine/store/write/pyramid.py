"""Pyramid: levels of buckets, each 4 times wider than those below, with low, high, total and last of a run's losses.

A chart reads the level that fits its columns, so its cost does not grow with the run. The last bucket of each level is
partial until it is full, and is rewritten with every block.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np

from engine.store.write.rows import replacements, run_all
from engine.trace.block import Block
from engine.trace.decimation import Floats, bucket_starts, decimate

LEVELS = tuple(range(4, 21, 2))
"""Exponents: a bucket of level e covers 2^e iterations."""

LOWEST = LEVELS[0]
SHIFTS = np.array(LEVELS) - LOWEST

NOTHING = np.array([[0.0], [0.0], [np.nan], [np.nan]])
"""n, total, low and high of an empty bucket, shape (4, 1): the neutral element of joining buckets."""

REBUILD_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class Pyramid:
    """A run's partial buckets: `partial` (4, levels) is n, total, low and high; NOTHING where the last one is full."""

    partial: Floats

    def after(self, block: Block) -> tuple[Floats, Pyramid]:
        """The buckets that the next block (at least one iteration) fills or changes, and the pyramid after it.

        The buckets are (8, m): rows in the order of BUCKET_COLUMNS, one column per bucket. All levels are computed
        from the lowest at once, since NumPy's calls cost more than the arithmetic: each bucket is a (begin, end) pair
        of positions at the lowest level, and the values that `reduceat` gives between the pairs are dropped.
        """
        lowest, first = _lowest_level(block), block.first_iteration >> LOWEST
        m = lowest.shape[1]
        first_numbers = first >> SHIFTS
        counts = (first + m - 1 >> SHIFTS) - first_numbers + 1
        ends = counts.cumsum()
        begins = ends - counts
        shift, number = SHIFTS.repeat(counts), np.arange(ends[-1]) + (first_numbers - begins).repeat(counts)
        pairs = np.empty((len(number), 2), np.intp)
        pairs[:, 0], pairs[:, 1] = number << shift, number + 1 << shift
        pairs -= first
        np.maximum(pairs, 0, out=pairs)
        np.minimum(pairs, m, out=pairs)
        edges = pairs.ravel()
        cells, buckets = np.concatenate((lowest[:4], NOTHING), axis=1), np.empty((8, len(number)))
        buckets[0], buckets[1] = LOWEST + shift, number
        buckets[2:4] = np.add.reduceat(cells[:2], edges, axis=1)[:, ::2]
        buckets[4] = np.fmin.reduceat(cells[2], edges)[::2]
        buckets[5] = np.fmax.reduceat(cells[3], edges)[::2]
        buckets[6:] = lowest[4:, pairs[:, 1] - 1]
        buckets[2:4, begins] += self.partial[:2]
        buckets[4, begins] = np.fmin(buckets[4, begins], self.partial[2])
        buckets[5, begins] = np.fmax(buckets[5, begins], self.partial[3])
        partial = np.where(block.end_iteration % (1 << SHIFTS + LOWEST), buckets[2:6, ends - 1], NOTHING)
        return buckets, Pyramid(partial)


EMPTY = Pyramid(NOTHING.repeat(len(LEVELS), axis=1))
"""The pyramid of a run without iterations."""


def _lowest_level(block: Block) -> Floats:
    """The lowest level's buckets of a block alone: n, total, low, high, last, elapsed_s, shape (6, m)."""
    starts = bucket_starts(block.first_iteration, len(block), 1 << LOWEST)
    buckets = decimate(block.loss, starts)
    cells = np.full((6, len(starts)), np.nan)
    cells[:5] = buckets.count, buckets.total, buckets.low, buckets.high, buckets.last
    if block.elapsed_s is not None:
        cells[5, :-1] = block.elapsed_s[starts[1:] - 1]
        cells[5, -1] = block.elapsed_s[-1]
        # Rounded as in the rows, so that a rebuild from them gives the same digits.
        cells[5] = np.rint(cells[5] * 1e6) / 1e6
    return cells


def load(raw: sqlite3.Connection, run_id: int, iterations_done: int) -> Pyramid:
    """A run's pyramid as stored, ready for the block that starts at `iterations_done`."""
    partial = EMPTY.partial.copy()
    for place, level in enumerate(LEVELS):
        row = raw.execute(
            "SELECT n, total, low, high FROM buckets WHERE run_id = ? AND level = ? AND bucket = ?",
            (run_id, level, iterations_done >> level),
        ).fetchone()
        if row is not None:
            partial[:, place] = row
    return Pyramid(partial)


def rebuild(raw: sqlite3.Connection, run_id: int) -> None:
    """Recompute a run's buckets from its iterations. The caller holds a transaction."""
    raw.execute("DELETE FROM buckets WHERE run_id = ?", (run_id,))
    pyramid, first = EMPTY, 0
    while True:
        rows = raw.execute(
            "SELECT iteration, loss, elapsed_s FROM iterations WHERE run_id = ? AND iteration >= ? "
            "ORDER BY iteration LIMIT ?",
            (run_id, first, REBUILD_ROWS),
        ).fetchall()
        if not rows:
            return
        columns = np.array(rows, dtype=np.float64).T
        changed, pyramid = pyramid.after(Block(first_iteration=rows[0][0], loss=columns[1], elapsed_s=columns[2]))
        run_all(raw, replacements(run_id, changed))
        first = rows[-1][0] + 1
