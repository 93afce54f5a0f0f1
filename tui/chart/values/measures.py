"""Measures: what the y axis can show, and how each is scaled, limited and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Literal

from engine.text import loss_text
from tui.chart.values.view import ChartView


@dataclass(frozen=True, slots=True)
class Measure:
    """How values of one kind are drawn.

    `scale` is the viewer's choice, or fixed. `steps` holds a value until the next one. A run whose values grow
    beyond `cap_linear` (log axis: `cap_log`) times the highest first value of all runs does not widen the axis;
    inf never caps. `limits` are what a value can be at all. `percent` writes shares of one as per cent. `of_batches`: a
    noisy run's values are each of one mini-batch, and are smoothed. What is measured in the first `climbs` of all
    iterations does not widen the axis where later values are shown.
    """

    scale: Literal["chosen", "linear", "log"] = "chosen"
    steps: bool = False
    lower_is_better: bool = True
    cap_linear: float = inf
    cap_log: float = inf
    limits: tuple[float, float] = (-inf, inf)
    percent: bool = False
    of_batches: bool = False
    climbs: float = 0.0

    def text(self, value: float) -> str:
        """A value for reading, in at most seven characters: 0.2143, 1.7e3, 97.2%, nan."""
        if not isfinite(value):
            return str(value)
        if self.percent:
            return f"{100 * value:.1f}%"
        # what a person has chosen is written as it was chosen
        return short_number(value) if self.steps else loss_text(value)


LOSS = Measure(cap_linear=2.0, cap_log=100.0)
BATCH_LOSS = replace(LOSS, of_batches=True)
# the way up from guessing is steep and short, and would hide how the best ones differ
ACCURACY = Measure(scale="linear", lower_is_better=False, limits=(0.0, 1.0), percent=True, climbs=0.1)
MEASURES: Mapping[str, Measure] = {
    "loss": BATCH_LOSS,
    "train loss": LOSS,
    "validation loss": LOSS,
    "validation accuracy": ACCURACY,
    "train accuracy": ACCURACY,
    # it shrinks by orders of magnitude on the way down, and a diverging run's explodes sooner than its loss
    "gradient norm": Measure(cap_linear=2.0, cap_log=30.0, of_batches=True),
    # chosen by a person, so every value is meant to be seen
    "step size": Measure(scale="log", steps=True),
    "data loss": BATCH_LOSS,
    # of the weights alone, so it has no noise
    "regularization loss": LOSS,
}
OTHER = Measure()


def measure_of(view: ChartView) -> Measure:
    """The measure that a view shows; one that is not known is drawn as it comes, without caps or limits."""
    return MEASURES.get(view.measure, OTHER)


def settled(view: ChartView) -> ChartView:
    """The view with the y scale that its measure has, whatever was chosen."""
    scale = measure_of(view).scale
    if scale == "chosen" or view.log_y == (scale == "log"):
        return view
    return replace(view, log_y=scale == "log")


def short_number(value: float) -> str:
    """Four significant digits as a person would write them: 0.001, 20, 1e-4, 1.71e5."""
    if value == 0 or 1e-3 * (1 - 1e-9) <= abs(value) < 9999.5:
        return f"{value:.4g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
