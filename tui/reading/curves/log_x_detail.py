"""Log x detail: finer curves of the first iterations, which take most of a logarithmic x axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from engine.store import Reader
from engine.store.read.widths import width_for
from engine.trace.curve import SAMPLE_COLUMNS, Curve, Samples
from tui.model.run_seen import Beginnings

RATIO = 16
"""Ratio of the lengths of one curve and the next finer one."""


def log_x_detail(
    read: Callable[[int, int, int], Curve],
    curve: Curve,
    first: int,
    done: int,
    columns: int,
    known: Beginnings | None = None,
) -> Beginnings:
    """Return curves that start at iteration `first` of `curve`, each shorter and in narrower buckets than the last.

    `read` reads one by (columns, first and last iteration). Each ends at a bucket boundary of the one before. Curves in
    `known` are not read again: they do not change.
    """
    found: dict[tuple[int, int, int], Curve] = {}
    width = curve.width
    first = max(first, int(curve.iteration[:1].sum()))
    for stop in _stops(first, done):
        narrower = width_for(stop - first, columns)
        if narrower < width and stop % width == 0:
            key, width = (first, stop, columns), narrower
            found[key] = known[key] if known and key in known else read(columns, first, stop - 1)
    return found


def sampled_finely(reader: Reader, run_id: int, columns: int, first: int, last: int) -> Samples:
    """Return single iterations from `first` to `last`, denser at the start, for a log x axis."""
    spans = [last, *(stop - 1 for stop in _stops(first, last))]
    parts = [reader.samples(run_id, columns, first, end) for end in spans]
    _, which = np.unique(np.concatenate([part.iteration for part in parts]), return_index=True)
    return Samples(**{name: np.concatenate([getattr(part, name) for part in parts])[which] for name in SAMPLE_COLUMNS})


def _stops(first: int, done: int) -> Iterator[int]:
    """Yield the ends of the finer curves, longest first: powers of RATIO, so that they stay while a run grows."""
    stop = RATIO
    while stop * RATIO <= done:
        stop *= RATIO
    while first < stop <= done and stop > 1:
        yield stop
        stop //= RATIO
