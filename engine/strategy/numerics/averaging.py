"""Averages of the weights along the way: what is evaluated in place of the newest ones, which jump about.

Sources: Polyak and Juditsky 1992 (the plain average); Tarvainen and Valpola 2017 (the exponential one).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Step = Callable[[float, int], None]

AVERAGE, AVERAGED = "average", "averaged"
"""Names of buffers: the average (size,), and over how many weights it was taken (1,)."""


@dataclass(frozen=True, slots=True)
class Averaging:
    """`decay` is the share of the average that is kept in each iteration; None: all weights count alike."""

    decay: float | None

    def bind(self, weights: Array, average: Array, count: int, step: Step) -> Step:
        """Return the update followed by an update of the average, both in place; the first weights are copied."""
        part = np.empty_like(weights)
        share = np.array(0, weights.dtype)
        taken = count

        def averaged(step_size: float, iteration: int) -> None:
            nonlocal taken
            step(step_size, iteration)
            taken += 1
            share.fill(1.0 if taken == 1 else 1 / taken if self.decay is None else 1 - self.decay)
            np.subtract(weights, average, part)
            np.multiply(part, share, part)
            np.add(average, part, average)

        return averaged


def averaged_over(buffers: Mapping[str, Array]) -> int:
    """Return how many weights the average in these buffers was taken over."""
    return int(buffers[AVERAGED][0]) if AVERAGED in buffers and AVERAGE in buffers else 0
