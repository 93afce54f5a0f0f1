"""Stock: the curve of one run, read once per width of its rows and cut in memory wherever a replay stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.store import Curve, Reader, Run
from engine.store.read.widths import longest, width_for
from engine.trace.block import Block

MEASURED = ("elapsed_s", "count", "low", "high", "mean", "last")
"""The columns of a curve beside its iterations."""


class Stock:
    """Curves of a run as it is stored now: at most four rows for each column of a chart and each width.

    Those for a chart of another size are given up.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._columns = 0
        self._held: dict[int, Curve] = {}

    def curve(self, reader: Reader, done: int, columns: int, newest: Block | None = None) -> Curve:
        """The whole curve as it was after `done` iterations: what `reader.curve` would have given then.

        Whoever has read the last of them gives it as `newest`.
        """
        run = self._run
        begin = run.first_iteration
        width = width_for(done - begin, columns)
        if columns != self._columns:
            self._columns, self._held = columns, {}
        held = self._held.get(width)
        if held is None:
            held = self._held[width] = reader.curve(run.run_id, columns, last=begin + longest(width, columns) - 1)
        rows = int(np.searchsorted(held.iteration, done))
        if rows == len(held.iteration) and done >= run.iterations_done:
            return held
        cut = _first(held, rows)
        if not rows or done >= run.iterations_done:
            return cut
        start = int(held.iteration[rows - 1]) // width * width
        return cut if start + width <= done else _ending(cut, reader.bucket(run.run_id, start, done, newest))


def _first(curve: Curve, rows: int) -> Curve:
    return replace(curve, **{name: getattr(curve, name)[:rows] for name in ("iteration", *MEASURED)})


def _ending(curve: Curve, bucket: Curve) -> Curve:
    """The curve with this in place of its last row, which begins where it did."""
    ended = {name: getattr(curve, name).copy() for name in MEASURED}
    for name, column in ended.items():
        column[-1:] = getattr(bucket, name)
    return replace(curve, **ended)
