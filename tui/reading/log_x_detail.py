"""Beginnings: on a logarithmic x axis the first iterations take as much room as all others, so they are read finer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.store import Reader
from engine.store.read.widths import width_for
from engine.trace.curve import SAMPLE_COLUMNS, Curve, Samples
from tui.model.run_seen import Beginnings

RATIO = 16
"""Each beginning is so many times as long as the next finer one."""


def log_x_detail(
    reader: Reader, run_id: int, curve: Curve, first: int, done: int, columns: int, known: Beginnings | None = None
) -> Beginnings:
    """Curves from iteration `first` of `curve`, each in narrower buckets than the one before.

    They end where buckets of the one before begin. What is `known` is not read again, since nothing of it changes.
    """
    found: dict[tuple[int, int, int], Curve] = {}
    width = curve.width
    first = max(first, int(curve.iteration[:1].sum()))
    for stop in _stops(first, done):
        narrower = width_for(stop - first, columns)
        if narrower < width and stop % width == 0:
            key, width = (first, stop, columns), narrower
            found[key] = known[key] if known and key in known else reader.curve(run_id, columns, first, stop - 1)
    return found


def sampled_finely(reader: Reader, run_id: int, columns: int, first: int, last: int) -> Samples:
    """Single iterations from `first` to `last`, more of them in the beginning."""
    spans = [last, *(stop - 1 for stop in _stops(first, last))]
    parts = [reader.samples(run_id, columns, first, end) for end in spans]
    _, which = np.unique(np.concatenate([part.iteration for part in parts]), return_index=True)
    return Samples(**{name: np.concatenate([getattr(part, name) for part in parts])[which] for name in SAMPLE_COLUMNS})


def _stops(first: int, done: int) -> Iterator[int]:
    """Where beginnings end, the longest first: powers of RATIO, so that they stay while a run grows."""
    stop = RATIO
    while stop * RATIO <= done:
        stop *= RATIO
    while first < stop <= done and stop > 1:
        yield stop
        stop //= RATIO
