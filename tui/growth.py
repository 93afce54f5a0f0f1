"""Growth: a curve that was read is brought up to date by reading only what came since."""

from __future__ import annotations

import numpy as np

from engine.decimation import decimate
from engine.store import Curve, Reader, Run

LONGEST_TAIL = 2048
"""Iterations: a run that grew by more since the last read is read whole, from its buckets."""


def grown(held: Curve, reader: Reader, run: Run, columns: int) -> Curve | None:
    """The whole curve of a run, of which `held` was read before; None where it should rather be read anew.

    As long as it has at most 4 * `columns` rows, a curve keeps the width of its rows.
    """
    if not len(held.iteration):
        return None
    first = int(held.iteration[-1])
    span = run.iterations_done - first
    rows = -(-(run.iterations_done - run.first_iteration) // held.width)
    if not 0 < span <= LONGEST_TAIL or rows > 4 * columns or int(held.iteration[0]) != run.first_iteration:
        return None
    tail = reader.curve(run.run_id, span, first=first)
    if tail.width != 1 or not len(tail.iteration) or int(tail.iteration[0]) != first:
        return None
    return _joined(held, tail if held.width == 1 else _coarse(tail, held.width))


def _coarse(rows: Curve, width: int) -> Curve:
    """Rows of one iteration each, which begin with a bucket, as buckets of `width`."""
    starts = np.arange(0, len(rows.iteration), width)
    ends = np.append(starts[1:], len(rows.iteration)) - 1
    buckets = decimate(rows.last, starts)
    return Curve(
        run_id=rows.run_id,
        width=width,
        iteration=rows.iteration[starts],
        elapsed_s=rows.elapsed_s[ends],
        count=buckets.count,
        low=buckets.low,
        high=buckets.high,
        mean=buckets.mean,
        last=buckets.last,
        low_before=rows.low_before,
    )


def _joined(held: Curve, tail: Curve) -> Curve:
    def both(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        joined: np.ndarray[tuple[int], np.dtype[np.float64]]
        joined = np.concatenate([getattr(held, name)[:-1], getattr(tail, name)])
        return joined

    return Curve(
        run_id=held.run_id,
        width=held.width,
        iteration=np.concatenate([held.iteration[:-1], tail.iteration]),
        elapsed_s=both("elapsed_s"),
        count=np.concatenate([held.count[:-1], tail.count]),
        low=both("low"),
        high=both("high"),
        mean=both("mean"),
        last=both("last"),
        low_before=held.low_before,
    )
