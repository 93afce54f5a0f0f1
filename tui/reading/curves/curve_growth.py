"""Curve growth: updates a curve by reading only the new iterations."""

from __future__ import annotations

from engine.store import Reader, Run
from engine.trace.curve import Curve, cut, joined

LONGEST_TAIL = 2048
"""Most new rows that are appended; after more growth the whole curve is read again."""


def grown(held: Curve, reader: Reader, run: Run, columns: int) -> Curve | None:
    """Return the run's whole curve, of which `held` was read before; None if it must be read again.

    A curve keeps its bucket width as long as it has at most 4 * `columns` rows.
    """
    width = held.width
    # one complete bucket before the last makes the reader choose the same width
    again = 1 if width == 1 else 2
    rows = -(-(run.iterations_done - run.first_iteration) // width)
    if len(held.iteration) < again or rows > 4 * columns or int(held.iteration[0]) != run.first_iteration:
        return None
    first = int(held.iteration[-again])
    span = run.iterations_done - first
    if not 0 < span <= LONGEST_TAIL * width:
        return None
    columns_of_tail = span if width == 1 else max((span - 1) // width, 1)
    tail = reader.curve(run.run_id, columns_of_tail, first=first, low_before=held.low_before)
    if tail.width != width or not len(tail.iteration) or int(tail.iteration[0]) != first:
        return None
    return joined(cut(held, -again), tail, room=4 * columns)
