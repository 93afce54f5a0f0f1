"""Row previews: the shapes of the curves that rows of the table show beside their numbers."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from engine.store import ENDED, Reader, Run
from engine.trace.curve import Curve
from tui.model.choices import Row
from tui.model.run_seen import RowPreview

POINTS = 16
"""Fewest points of a shape, if the run is long enough; at most about four times as many."""

MOST_READ = 48
"""Most runs of one read; the following reads bring the rest of a new page."""

MOST_HELD = 2000

REST_S = 0.5
"""Shortest time in seconds between two reads of shapes that grow."""


SCALE_STEPS = 8
"""Steps per decade to which a scale is rounded, so that it does not change with each read."""


class PreviewReader:
    """Reads previews of the runs around the cursor and caches them: a run that has ended is read once."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[object, RowPreview]] = {}
        self._read_at = float("-inf")
        self.complete = True
        """True if the last read returned all previews that were due."""

    def read(self, reader: Reader, rows: Sequence[Row], place: int, reach: int) -> dict[int, RowPreview]:
        """Return the previews of the runs at most `reach` rows away from `place`."""
        first = max(place - reach, 0)
        near = [row for row in rows[first : max(place + reach + 1, 0)] if isinstance(row, Run)] if reach else []
        stale = [run for run in near if self._stamp_of(run) != _stamp(run)]
        is_rested = time.monotonic() - self._read_at >= REST_S
        wanted = stale if is_rested else [run for run in stale if run.run_id not in self._held]
        self.complete = len(stale) == len(wanted[:MOST_READ])
        if wanted:
            self._read_at = time.monotonic()
            self._read(reader, wanted[:MOST_READ])
        found = on_one_scale({run.run_id: self._held[run.run_id][1] for run in near if run.run_id in self._held})
        if len(self._held) > MOST_HELD:
            self._held = {run_id: self._held[run_id] for run_id in found}
        return found

    def _stamp_of(self, run: Run) -> object:
        held = self._held.get(run.run_id)
        return None if held is None else held[0]

    def _read(self, reader: Reader, runs: Sequence[Run]) -> None:
        started = [run for run in runs if run.iterations_done > run.first_iteration]
        shapes = reader.shapes({run.run_id: run.iterations_done - run.first_iteration for run in started}, POINTS)
        for run in runs:
            means, lows = shapes.get(run.run_id, ((), ()))
            shape = _best_so_far(lows, run.to_beat) if run.searches else means
            self._held[run.run_id] = _stamp(run), RowPreview(_ending(shape, run))


def on_one_scale(previews: dict[int, RowPreview]) -> dict[int, RowPreview]:
    """Return the previews on one scale, from the lowest loss to the highest first loss; diverging runs exceed it."""
    finite = [[loss for loss in one.shape if math.isfinite(loss)] for one in previews.values()]
    losses = [shape for shape in finite if shape]
    if not losses:
        return previews
    low, high = min(map(min, losses)), max(shape[0] for shape in losses)
    if low > 0:
        low = 10 ** (math.floor(SCALE_STEPS * math.log10(low)) / SCALE_STEPS)
        high = 10 ** (math.ceil(SCALE_STEPS * math.log10(high)) / SCALE_STEPS)
    scale = (low, high)
    return {run_id: one if one.scale == scale else replace(one, scale=scale) for run_id, one in previews.items()}


def preview_of(run: Run, curve: Curve) -> RowPreview:
    """Return the preview of a run at a moment of a replay, from its curve so far."""
    every = max(len(curve.mean) // (4 * POINTS), 1)
    shape = _best_so_far(curve.low.tolist(), run.to_beat) if run.searches else tuple(curve.mean.tolist())
    return RowPreview(_ending(shape[::every], run))


def _ending(shape: tuple[float, ...], run: Run) -> tuple[float, ...]:
    """Return the shape, ending with the run's current loss as shown elsewhere."""
    return shape if run.current_loss is None else (*shape, run.current_loss)


def _stamp(run: Run) -> object:
    """Return the cache key of a preview; it changes after about 1/64 to 1/32 of a running run's iterations so far."""
    quantum = 1 if run.state in ENDED else 1 << max(run.iterations_done.bit_length() - 6, 0)
    return run.state, run.attempt, quantum, run.iterations_done // quantum


def _best_so_far(lows: Sequence[float], before: float | None) -> tuple[float, ...]:
    first = float("nan") if before is None else before
    return tuple(accumulate(lows, lambda best, low: low if low < best or best != best else best, initial=first))[1:]
