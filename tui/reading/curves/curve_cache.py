"""CurveCache: the curve of one run, read once per bucket width and cut in memory at any moment of a replay."""

from __future__ import annotations

import numpy as np

from engine.store import Reader, Run
from engine.store.read.widths import longest, width_for
from engine.trace.block import Block
from engine.trace.curve import Curve, cut, ended
from tui.reading.curves.parent_curves import parent_curves


class CurveCache:
    """Curves of a stored run: at most four rows per column of the chart, for each bucket width.

    Curves for a chart of another size are dropped.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._columns = 0
        self._held: dict[int, Curve] = {}
        self._before: tuple[int, tuple[Curve, ...]] | None = None

    def curve(self, reader: Reader, done: int, columns: int, newest: Block | None = None) -> Curve:
        """Return the whole curve after `done` iterations: what `reader.curve` would have returned then.

        Pass the last of these iterations as `newest` if it was read already; that saves a query.
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
        shorter = cut(held, rows)
        if not rows or done >= run.iterations_done:
            return shorter
        start = int(held.iteration[rows - 1]) // width * width
        return shorter if start + width <= done else ended(shorter, reader.bucket(run.run_id, start, done, newest))

    def before(self, reader: Reader, columns: int) -> tuple[Curve, ...]:
        """Return the curves of the run's ancestors; () if it is not a fork."""
        if self._before is None or self._before[0] != columns:
            self._before = columns, parent_curves(reader, self._run, columns)
        return self._before[1]
