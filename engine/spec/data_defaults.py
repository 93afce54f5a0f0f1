"""Data defaults: the step sizes and initial scales that suit features of a size, for scores that take them as they are.

The steepness of a loss grows with the squared norm of the examples, and the step that suits it falls. The defaults were
tuned at two sizes: digits, whose are those of RunSpec, and pixels 0..255 less their mean, whose are the tables here. At
any other size they lie on the straight line of logarithms through the two. The search of linear scores begins on pixels
as in the CS231n optimization notes; the rest is at most a third of what makes the loss rise on synthetic-cifar.
Networks of `NETWORKS` divide their features by a unit and need nothing of this.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.spec.strategy_kinds import STRATEGY_KINDS

PIXELS = ("synthetic-cifar", "cifar10")

OF_DIGITS, OF_PIXELS = 15.0, 5e6
"""The mean squared norm of an example's features at which the two were tuned."""

SCALES: Mapping[str, float] = {"svm": 1e-4, "softmax": 1e-4, "two-layer": 1e-3, "two-layer-svm": 1e-3}
"""The initial scale of gradient descent, by objective."""

DESCENT: Mapping[str, float] = {"svm": 3e-7, "softmax": 1e-6, "two-layer": 1e-3, "two-layer-svm": 1e-4}
"""Its step size."""

SPSA: Mapping[str, float] = {"svm": 1e-8, "softmax": 1e-8, "two-layer": 1e-5, "two-layer-svm": 1e-6}

SEARCH: Mapping[str, tuple[float, float]] = {
    "svm": (1e-4, 1e-3),
    "softmax": (1e-4, 1e-3),
    "two-layer": (1e-3, 3e-3),
    "two-layer-svm": (1e-3, 3e-3),
}
"""The step size and the initial scale of a search that goes on from its best weights."""

FITTED = ("step_size", "initial_scale", "perturbation")
"""The fields whose defaults depend on the size of the features."""


def pixel_defaults(strategy: str, objective: str, dataset: str) -> dict[str, Any]:
    """Return the fields in which the defaults on a data set of a known name differ from those on digits."""
    return _on_pixels(strategy, objective) if dataset.partition(":")[0] in PIXELS else {}


def fitted(strategy: str, objective: str, usual: Mapping[str, Any], squared_norm: float) -> dict[str, float]:
    """Return the fields in which the defaults differ from the `usual` ones, those on digits.

    `squared_norm` is the mean over examples of the sum of their squared features. Small features change nothing.
    """
    share = math.log(squared_norm / OF_DIGITS) / math.log(OF_PIXELS / OF_DIGITS) if squared_norm > OF_DIGITS else 0.0
    on_pixels = _on_pixels(strategy, objective)
    return {name: _rounded(usual[name] * (there / usual[name]) ** share) for name, there in on_pixels.items() if share}


def _on_pixels(strategy: str, objective: str) -> dict[str, float]:
    kind = STRATEGY_KINDS.get(strategy)
    if kind is None or objective not in SCALES:
        return {}
    if kind.searches:
        step_size, scale = SEARCH[objective]
        return {"step_size": step_size, "initial_scale": scale} if kind.steps else {"initial_scale": SCALES[objective]}
    if not kind.steps:
        return {"initial_scale": SCALES[objective]}
    if not kind.updates:
        return {"initial_scale": SCALES[objective], "step_size": SPSA[objective], "perturbation": 1e-4}
    return {"initial_scale": SCALES[objective], "step_size": DESCENT[objective]}


def _rounded(value: float) -> float:
    """The value with one digit, as people write it."""
    return float(f"{value:.0e}")
