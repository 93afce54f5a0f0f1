"""Sampling: single iterations of a run, updated by reading only the new ones."""

from __future__ import annotations

import numpy as np

from engine.store import Reader, Run
from engine.store.read.widths import spacing_for
from engine.trace.curve import SAMPLE_COLUMNS, Samples
from tui.model.run_seen import Sampled


def sampled(reader: Reader, run: Run, columns: int, first: int, last: int, held: Sampled | None = None) -> Sampled:
    """Return what `reader.samples` would; iterations in `held` are not read again."""
    first = max(first, run.first_iteration)
    spacing = spacing_for(last - first + 1, columns)
    is_same = held is not None and (held.attempt, held.first, held.columns) == (run.attempt, first, columns)
    if held is None or not is_same or spacing % held.spacing:
        samples = reader.samples(run.run_id, columns, first, last)
    else:
        samples = _continued(reader, run, held, spacing, last)
    return Sampled(samples, run.attempt, first, last, columns)


def _continued(reader: Reader, run: Run, held: Sampled, spacing: int, last: int) -> Samples:
    """Return the held samples that are multiples of `spacing`, and new ones up to `last`."""
    at = held.samples.iteration
    kept = (at % spacing == 0) & (at <= last)
    reached = int(at[kept][-1]) if kept.any() else held.first - 1
    begin = min(reached + 1 + -(reached + 1) % spacing, last)
    # the count for which the reader uses the same spacing
    count = -(-(last - begin + 1) // spacing)
    newer = reader.samples(run.run_id, count, begin, last)
    fresh = newer.iteration > reached
    return Samples(
        *(np.concatenate([getattr(held.samples, name)[kept], getattr(newer, name)[fresh]]) for name in SAMPLE_COLUMNS)
    )
