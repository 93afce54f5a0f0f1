"""Line search: how far to go along a direction, one trial at a time, until the strong Wolfe conditions hold.

Source: Nocedal and Wright 2006, algorithms 3.5 and 3.6. A search is a frozen value between two trials, and so can be
cut anywhere.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, replace

import numpy as np
from numpy.typing import NDArray

SUFFICIENT = 1e-4
"""The loss must fall by this share of what the slope promises (Armijo)."""

MOST_TRIALS = 20
NARROWEST = 1e-12
"""An interval of so small a share of its ends holds no other number worth a trial."""

STRETCH = 4.0
MARGIN = 0.1
"""A trial keeps this share of the interval away from both of its ends."""


@dataclass(frozen=True, slots=True)
class LineSearch:
    """A search along a direction from a point with `loss` and `slope` < 0, where `step` is the trial that is asked for.

    It ends where the loss has fallen enough and the slope has become flatter than `flatness` of what it was. `low` is
    the best trial that fell enough, the point itself at first; `high` the other end of the interval that holds such a
    step, its step infinite while none is known. `is_last`: the trial is taken as it is.
    """

    loss: float
    slope: float
    flatness: float
    step: float
    low_step: float = 0.0
    low_loss: float = math.nan
    low_slope: float = math.nan
    high_step: float = math.inf
    high_loss: float = math.nan
    high_slope: float = math.nan
    trials: int = 0
    is_last: bool = False
    is_accepted: bool = False
    """The trial told of last is the step to take."""
    is_failed: bool = False
    """No step was found that lowers the loss."""

    def updated(self, loss: float, slope: float) -> LineSearch:
        """Return the search after its trial, with this loss and this slope along the direction; both are finite."""
        here = replace(self, trials=self.trials + 1)
        fell = loss <= self.loss + SUFFICIENT * self.step * self.slope
        if self.is_last or (fell and loss < self._low_loss and abs(slope) <= -self.flatness * self.slope):
            return replace(here, is_accepted=True)
        if not fell or loss >= self._low_loss:
            return replace(here, high_step=self.step, high_loss=loss, high_slope=slope)._narrowed()
        trial = replace(here, low_step=self.step, low_loss=loss, low_slope=slope)
        if math.isinf(self.high_step):
            if slope < 0:
                return trial._stretched(self)
            return trial._with_high_of(self)._narrowed()
        is_beyond = slope * (self.high_step - self.low_step) >= 0
        return (trial._with_high_of(self) if is_beyond else trial)._narrowed()

    @property
    def _low_loss(self) -> float:
        return self.low_loss if self.low_step else self.loss

    @property
    def _low_slope(self) -> float:
        return self.low_slope if self.low_step else self.slope

    def _with_high_of(self, before: LineSearch) -> LineSearch:
        """With the low end of `before` as the high one."""
        return replace(self, high_step=before.low_step, high_loss=before._low_loss, high_slope=before._low_slope)

    def _stretched(self, before: LineSearch) -> LineSearch:
        """The next trial beyond the last one, while the loss still falls there."""
        width = self.low_step - before.low_step
        wanted = _cubic(
            before.low_step, before._low_loss, before._low_slope, self.low_step, self.low_loss, self.low_slope
        )
        least, most = self.low_step + MARGIN * width, self.low_step + STRETCH * width
        return self._or_end(most if math.isnan(wanted) or wanted < self.low_step else min(max(wanted, least), most))

    def _narrowed(self) -> LineSearch:
        """The next trial between the two ends."""
        low, high = self.low_step, self.high_step
        if abs(high - low) <= NARROWEST * max(abs(high), abs(low)):
            return self._ended()
        wanted = _cubic(low, self._low_loss, self._low_slope, high, self.high_loss, self.high_slope)
        first, last = min(low, high), max(low, high)
        room = MARGIN * (last - first)
        middle = 0.5 * (first + last)
        return self._or_end(middle if math.isnan(wanted) else min(max(wanted, first + room), last - room))

    def _or_end(self, step: float) -> LineSearch:
        return self._ended() if self.trials >= MOST_TRIALS else replace(self, step=step)

    def _ended(self) -> LineSearch:
        """Go back to the best trial, where there was one that lowered the loss."""
        return replace(self, step=self.low_step, is_last=True) if self.low_step else replace(self, is_failed=True)

    def as_array(self) -> NDArray[np.float64]:
        """Return all fields as numbers, shape (14,)."""
        return np.array([float(value) for value in astuple(self)])


def from_array(numbers: NDArray[np.float64]) -> LineSearch:
    """Return the search of an array that `as_array` returned."""
    values = dict(zip(LineSearch.__slots__, numbers.tolist(), strict=True))
    trials = int(values.pop("trials"))
    flags = {name: bool(values.pop(name)) for name in ("is_last", "is_accepted", "is_failed")}
    return LineSearch(**values, trials=trials, **flags)


def _cubic(a: float, loss_a: float, slope_a: float, b: float, loss_b: float, slope_b: float) -> float:
    """Where the cubic through two points with these slopes is lowest; NaN where it has no lowest place.

    Source: Nocedal and Wright 2006, equation 3.59.
    """
    first = slope_a + slope_b - 3 * (loss_a - loss_b) / (a - b)
    square = first * first - slope_a * slope_b
    if not square >= 0:
        return math.nan
    second = math.copysign(math.sqrt(square), b - a)
    divisor = slope_b - slope_a + 2 * second
    return b - (b - a) * (slope_b + second - first) / divisor if divisor else math.nan
