"""Outputs of hidden units: how they are spread, and which units give nothing on.

Source: CS231n, neural networks 1 (dead ReLUs, saturated sigmoids) and 2 (activation histograms).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.objective.activations import Activation
from engine.objective.layers import Residual, Shape
from engine.objective.layout import Array
from engine.objective.objectives import Objective

BINS = 64

MOST_EXAMPLES, MOST_NUMBERS = 1_000, 8_000_000
"""Most examples whose outputs are computed, and most outputs of one layer."""

BOUNDS = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}
SATURATED = 0.01
"""Share of an activation's range at each end in which it counts as saturated: its slope is next to nothing there."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitOutputs:
    """What the `units` of a hidden layer give on for a sample of `examples`.

    `activation` is its function, or residual sum. `dead` units give 0 for every example of the sample; `zeros` is the
    share of outputs that are 0, `saturated` the share at the ends of a bounded activation's range, None without bounds.
    `counts` (BINS,) are the finite outputs other than 0, between `low` and `high`; `lost` is the number of those that
    are not finite.
    """

    activation: str
    units: int
    examples: int
    dead: int
    zeros: float
    saturated: float | None
    mean: float
    deviation: float
    low: float
    high: float
    counts: NDArray[np.int64]
    lost: int


def sample(objective: Objective) -> NDArray[np.intp]:
    """The row numbers of the examples whose outputs are looked at: evenly spaced, the same for every weights."""
    network = objective.network
    largest = 1
    shape: Shape = (objective.split.dimensions - objective.split.bias,)
    for layer in () if network is None else network.layers:
        shape = layer.output(shape)
        largest = max(largest, math.prod(shape))
    count = min(len(objective), MOST_EXAMPLES, max(MOST_NUMBERS // largest, 1))
    return np.arange(count) * len(objective) // count


def unit_outputs(objective: Objective, weights: Array) -> tuple[UnitOutputs, ...]:
    """Return the outputs of each activation and residual sum at weights (size,), in order; () without hidden units.

    A unit of an image is a channel. Raises ValueError for weights of another size.
    """
    rows, found = sample(objective), []
    for layer, values in objective.outputs(weights, objective.split.batch(rows)):
        if isinstance(layer, Activation):
            found.append(_described(layer.name, values, len(rows)))
        elif isinstance(layer, Residual):
            found.append(_described("residual sum", values, len(rows)))
    return tuple(found)


def _described(activation: str, values: Array, examples: int) -> UnitOutputs:
    of_units = values.T if values.ndim == 2 else np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)
    is_zero, is_finite = of_units == 0, np.isfinite(of_units)
    finite = of_units[is_finite].astype(np.float64)
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (math.nan, math.nan)
    counts = np.histogram(finite[finite != 0], BINS, (low, high))[0] if len(finite) else np.zeros(BINS, np.int64)
    saturated = None
    if activation in BOUNDS:
        lowest, highest = BOUNDS[activation]
        margin = SATURATED * (highest - lowest)
        saturated = float(np.mean((of_units <= lowest + margin) | (of_units >= highest - margin)))
    return UnitOutputs(
        activation,
        len(of_units),
        examples,
        int(is_zero.all(axis=1).sum()),
        float(is_zero.mean()),
        saturated,
        float(finite.mean()) if len(finite) else math.nan,
        float(finite.std()) if len(finite) else math.nan,
        low,
        high,
        counts,
        int(of_units.size - len(finite)),
    )
