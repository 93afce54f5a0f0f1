"""The step-size range test: how the loss answers a step size that rises from iteration to iteration.

Source: Smith 2017, "Cyclical learning rates for training neural networks", section 3.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.trace.smoothing import smoothed

Floats = NDArray[np.float64]

LOWEST, HIGHEST, PER_DECADE = 1e-6, 1e3, 25
"""The first and the last step size, and iterations from one to ten times as much."""

HALF_LIFE = 4.0
"""Iterations after which the weight of a loss in the smoothed curve has halved."""

SLOPE_OVER = PER_DECADE // 2
"""Iterations over which the slope is taken: over fewer, the noise of mini-batches decides."""

RISEN = 0.5
"""The loss breaks where it has risen from its lowest by this share of its fall."""

FALLEN = 0.02
"""Least share of the first loss by which it has to fall before a step size counts as one that works."""


@dataclass(frozen=True, slots=True, eq=False)
class RangeTest:
    """The `loss` (k,) of each iteration and its `smoothed` curve (k,), against the `step_sizes` (k,).

    `steepest` is the index at which the smoothed loss falls fastest per decade, `breaking` the first one behind its
    lowest at which it has risen again; None where it does not fall, or does not break.
    """

    step_sizes: Floats
    loss: Floats
    smoothed: Floats
    steepest: int | None
    breaking: int | None
    is_complete: bool

    @property
    def extent(self) -> tuple[float, float]:
        """The first and the last step size; of a test that goes on, those up to which it may come."""
        sizes = self.step_sizes if self.is_complete else all_step_sizes()
        return float(sizes[0]), float(sizes[-1])

    @property
    def around(self) -> tuple[float, float] | None:
        """A third of the steepest step size and the breaking one, or 30 times it: the ends of a sweep."""
        if self.steepest is None:
            return None
        steepest = float(self.step_sizes[self.steepest])
        high = 10 * steepest if self.breaking is None else float(self.step_sizes[self.breaking])
        return steepest / 3, max(high, steepest)


def all_step_sizes() -> Floats:
    """The step sizes of a whole test, ascending."""
    decades = round(math.log10(HIGHEST / LOWEST))
    sizes: Floats = np.geomspace(LOWEST, HIGHEST, decades * PER_DECADE + 1)
    return sizes


def judged(losses: list[tuple[float, float]], *, is_complete: bool) -> RangeTest:
    """Return the range test of (step size, loss) pairs; at least one."""
    step_sizes, loss = (np.array(column, np.float64) for column in zip(*losses, strict=True))
    curve = smoothed(np.where(np.isfinite(loss), loss, np.nan), np.isfinite(loss).astype(float), 1 / HALF_LIFE)
    lowest = int(np.nanargmin(curve)) if np.isfinite(curve).any() else 0
    fall = float(curve[0] - curve[lowest])
    if not fall > FALLEN * abs(float(curve[0])):
        return RangeTest(step_sizes, loss, curve, None, None, is_complete)
    window = min(SLOPE_OVER, lowest)
    steepest = int(np.nanargmin(curve[window : lowest + 1] - curve[: lowest + 1 - window])) + window // 2
    behind = curve[lowest:] > curve[lowest] + RISEN * fall
    behind |= ~np.isfinite(loss[lowest:])
    breaking = lowest + int(np.argmax(behind)) if behind.any() else None
    return RangeTest(step_sizes, loss, curve, steepest, breaking, is_complete)
