"""Pixel defaults: what suits images whose pixels are 0..255 less their mean, where the defaults of digits diverge.

The search of linear scores begins as in the CS231n optimization notes; the rest is at most a third of what makes the
loss rise on synthetic-cifar. Networks of `NETWORKS` divide their features by a unit and need nothing else here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.spec.strategy_kinds import STRATEGY_KINDS

PIXELS = ("synthetic-cifar", "cifar10")

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


def pixel_defaults(strategy: str, objective: str, dataset: str) -> dict[str, Any]:
    """Return the fields in which the defaults on a data set differ from those on digits."""
    kind = STRATEGY_KINDS.get(strategy)
    if kind is None or dataset.partition(":")[0] not in PIXELS or objective not in SCALES:
        return {}
    if kind.searches:
        step_size, scale = SEARCH[objective]
        return {"step_size": step_size, "initial_scale": scale} if kind.steps else {"initial_scale": SCALES[objective]}
    if not kind.steps:
        return {"initial_scale": SCALES[objective]}
    if not kind.updates:
        return {"initial_scale": SCALES[objective], "step_size": SPSA[objective], "perturbation": 1e-4}
    return {"initial_scale": SCALES[objective], "step_size": DESCENT[objective]}
