"""PreviewReader: what a row of the table shows of a run besides its numbers: the shape of its curve."""

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
"""A shape has so many points at least, and about four times as many at most, where a run is long enough."""

MOST_READ = 48
"""Runs of one read: a page that is jumped to is there with the next few."""

MOST_HELD = 2000

REST_S = 0.5
"""Between two looks at shapes that grow: the table is told no oftener."""


SCALE_STEPS = 8
"""A scale has so many steps to a power of ten, so that it does not change with each look."""


class PreviewReader:
    """Reads the runs around the cursor, and keeps what it has read: a run that has ended is read once."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[object, RowPreview]] = {}
        self._read_at = float("-inf")
        self.complete = True
        """Whether all that was asked for last is there, as it is now."""

    def read(self, reader: Reader, rows: Sequence[Row], place: int, reach: int) -> dict[int, RowPreview]:
        """Previews of the runs among `rows` that are at most `reach` rows away from `place`."""
        first = max(place - reach, 0)
        near = [row for row in rows[first : place + reach + 1] if isinstance(row, Run)] if reach else []
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
    """The same glimpses on one scale: from their lowest loss to where the highest began, beyond which runs diverge."""
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
    """The same from what was read of a run up to some moment."""
    every = max(len(curve.mean) // (4 * POINTS), 1)
    shape = _best_so_far(curve.low.tolist(), run.to_beat) if run.searches else tuple(curve.mean.tolist())
    return RowPreview(_ending(shape[::every], run))


def _ending(shape: tuple[float, ...], run: Run) -> tuple[float, ...]:
    """The shape with the loss that every other place tells of the run at its end."""
    return shape if run.current_loss is None else (*shape, run.current_loss)


def _stamp(run: Run) -> object:
    """What a glimpse depends on: of a run that goes on, one in 32 to 64 steps of its way so far."""
    quantum = 1 if run.state in ENDED else 1 << max(run.iterations_done.bit_length() - 6, 0)
    return run.state, run.attempt, quantum, run.iterations_done // quantum


def _best_so_far(lows: Sequence[float], before: float | None) -> tuple[float, ...]:
    first = float("nan") if before is None else before
    return tuple(accumulate(lows, lambda best, low: low if low < best or best != best else best, initial=first))[1:]
