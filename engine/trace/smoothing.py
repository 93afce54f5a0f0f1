"""Smoothing: the exponential average of noisy losses, of a whole curve or block by block."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HALF_LIFE = 20.0
"""Iterations after which the weight of a batch loss has halved, by default."""

NEGLIGIBLE_BITS = 40.0
"""Halvings after which older values no longer affect an average."""

REACH = int(NEGLIGIBLE_BITS * HALF_LIFE)
"""Number of the newest iterations that the average of batch losses depends on."""

SHOWN_REACH = int(14 * HALF_LIFE)
"""Number of the newest iterations that affect the average's first four digits: a replay reads no more per frame."""

SUMMABLE = 1e100
"""Largest absolute value at which weighted sums cannot overflow."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_SHARES: Floats = np.exp2(-np.arange(REACH) / HALF_LIFE)[::-1]
"""Weights of the last REACH values; the newest has weight 1."""


@dataclass(frozen=True, slots=True)
class Average:
    """The exponential average of the finite values so far, with a half-life of HALF_LIFE values; NaN before the first.

    `weight` is the sum of their weights, where the newest value has weight 1: it removes the warm-up bias.
    """

    value: float = math.nan
    weight: float = 0.0

    def after(self, values: Floats) -> Average:
        """Return the average after more values (n,), oldest first."""
        recent = values[-REACH:]
        shares = _SHARES[REACH - len(recent) :]
        finite = np.isfinite(recent)
        if not finite.all():
            recent, shares = recent[finite], shares[finite]
        carried = self.weight * 2.0 ** (-len(values) / HALF_LIFE)
        weight = carried + float(shares.sum())
        if weight <= 0:
            return self
        # Weights that sum to 1, so that no sum is larger than the largest value.
        before = self.value * (carried / weight) if carried else 0.0
        return Average(before + float(recent @ (shares / weight)), weight)


def smoothed(values: Floats, weights: Integers | Floats, half_lives_per_row: float) -> Floats:
    """Return the exponential average up to each row, shape (n,), of `values` (n,) that stand for `weights` iterations.

    A row's weight is multiplied by 0.5 ** half_lives_per_row per newer row. The weights are normalised, so there
    is no warm-up bias. Rows of weight 0 are skipped.
    """
    if half_lives_per_row >= NEGLIGIBLE_BITS:
        return np.array(values, dtype=np.float64)
    size = float(np.fmax.reduce(np.abs(values))) if len(values) else 0.0
    if SUMMABLE < size < np.inf:
        out: Floats = np.clip(smoothed(values / size, weights, half_lives_per_row), -1.0, 1.0) * size
        return out
    known = np.asarray(weights, dtype=np.float64)
    products = (values if float(np.min(known, initial=1.0)) > 0 else np.where(known > 0, values, 0.0)) * known
    out = np.empty(len(values))
    total = weight = 0.0
    # Powers of two over a whole curve would overflow, so it is processed in chunks with a carry.
    chunk = max(1, min(len(values), int(500 / half_lives_per_row)))
    growth = np.exp2(np.arange(1, chunk + 1) * half_lives_per_row)
    for start in range(0, len(values), chunk):
        part = slice(start, min(start + chunk, len(values)))
        scale = growth[: part.stop - start]
        totals = total + np.cumsum(products[part] * scale)
        seen = weight + np.cumsum(known[part] * scale)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[part] = totals / seen
        total, weight = float(totals[-1] / scale[-1]), float(seen[-1] / scale[-1])
    return out
