"""Metrics: what the y axis can show, and where each comes from."""

from __future__ import annotations

from collections.abc import Callable

from engine.spec import RunSpec
from engine.trace.curve import Samples
from engine.trace.decimation import Floats

OF_EVALUATIONS = {
    "train loss": ("train", "loss"),
    "validation loss": ("validation", "loss"),
    "validation accuracy": ("validation", "accuracy"),
    "train accuracy": ("train", "accuracy"),
}
"""Which split and which column of the evaluations a measure shows."""


OF_ITERATIONS: dict[str, Callable[[Samples], Floats]] = {
    "gradient norm": lambda samples: samples.gradient_norm,
    "step size": lambda samples: samples.step_size,
    "data loss": lambda samples: samples.data_loss,
    "regularization loss": lambda samples: samples.loss - samples.data_loss,
}
"""What of single iterations a measure shows."""


def is_recorded(spec: RunSpec | None, measure: str) -> bool:
    """Whether a run records what a measure of OF_ITERATIONS shows: what is missing otherwise was not finite.

    The parts of a search's loss are those of its tries, not of the weights that it keeps.
    """
    if spec is None:
        return True
    return spec.metrics == "all" and (spec.kind.steps if measure == "step size" else not spec.searches)
