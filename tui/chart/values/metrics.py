"""Metrics: what the y axis can show. One row says where its values come from, and how they are drawn and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Literal

from engine.text import loss_text
from engine.trace.curve import Samples
from engine.trace.decimation import Floats
from tui.chart.values.view import ChartView


@dataclass(frozen=True, slots=True)
class EvaluationSource:
    """Values of a whole split, now and then: a column of the evaluations."""

    split: Literal["train", "validation", "test"]
    column: Literal["loss", "accuracy"]


@dataclass(frozen=True, slots=True)
class IterationSource:
    """Values of single iterations; `of_searches` that take steps, too, not of descent alone."""

    values: Callable[[Samples], Floats]
    of_searches: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """What values of one kind are called, where they come from, and how they are drawn."""

    name: str
    source: EvaluationSource | IterationSource | None = None
    """None: the curve of losses."""
    companion: str = ""
    """The metric of evaluations that is drawn beside it as a dotted line."""
    of_objective: Literal["", "whole", "part"] = ""
    """The objective, or a part of it: such values mean the same only of one objective on the same data."""
    scale: Literal["chosen", "linear", "log"] = "chosen"
    """The y axis is as the viewer chooses, or always the same."""
    steps: bool = False
    """A value is held until the next one."""
    lower_is_better: bool = True
    cap_linear: float = inf
    """A run whose values grow beyond so many times the highest first value of all runs does not widen the axis."""
    cap_log: float = inf
    """The same on a logarithmic axis."""
    limits: tuple[float, float] = (-inf, inf)
    """What a value can be at all."""
    percent: bool = False
    """Shares of one, written as per cent."""
    of_batches: bool = False
    """A noisy run's values are each of one mini-batch, and are smoothed."""
    climbs: float = 0.0
    """Values in the first so many of all iterations do not widen the axis where later ones are shown."""

    def text(self, value: float) -> str:
        """A value for reading, in at most seven characters: 0.2143, 1.7e3, 97.2%, nan."""
        if not isfinite(value):
            return str(value)
        if self.percent:
            return f"{100 * value:.1f}%"
        # what a person has chosen is written as it was chosen
        return short_number(value) if self.steps else loss_text(value)


LOSS = Metric("", of_objective="whole", cap_linear=2.0, cap_log=100.0)
PART = replace(LOSS, of_objective="part")
# the way up from guessing is steep and short, and would hide how the best ones differ
ACCURACY = Metric("", scale="linear", lower_is_better=False, limits=(0.0, 1.0), percent=True, climbs=0.1)

_TABLE = (
    replace(LOSS, name="loss", of_batches=True),
    replace(LOSS, name="train loss", source=EvaluationSource("train", "loss"), companion="validation loss"),
    replace(LOSS, name="validation loss", source=EvaluationSource("validation", "loss")),
    replace(ACCURACY, name="validation accuracy", source=EvaluationSource("validation", "accuracy")),
    replace(ACCURACY, name="train accuracy", source=EvaluationSource("train", "accuracy")),
    # it shrinks by orders of magnitude on the way down, and a diverging run's explodes sooner than its loss
    Metric(
        "gradient norm", IterationSource(lambda one: one.gradient_norm), cap_linear=2.0, cap_log=30.0, of_batches=True
    ),
    # chosen by a person, so every value is meant to be seen
    Metric("step size", IterationSource(lambda one: one.step_size, of_searches=True), scale="log", steps=True),
    replace(PART, name="data loss", source=IterationSource(lambda one: one.data_loss), of_batches=True),
    # of the weights alone, so it has no noise
    replace(PART, name="regularization loss", source=IterationSource(lambda one: one.loss - one.data_loss)),
)
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}
"""What the y axis can show, in the order of its key."""

GRID = ("loss", "validation accuracy", "gradient norm", "step size", "train loss", "validation loss")
"""The metrics of a grid, those that stay in a small one first."""

OTHER = Metric("")
"""One that is not known: drawn as it comes, without caps or limits."""


def metric_of(view: ChartView) -> Metric:
    """The metric that a view shows."""
    return METRICS.get(view.metric, OTHER)


def companion_of(metric: Metric) -> EvaluationSource | None:
    """Where the dotted line beside a metric comes from; None where it has none."""
    beside = METRICS[metric.companion].source if metric.companion else None
    return beside if isinstance(beside, EvaluationSource) else None


def settled(view: ChartView) -> ChartView:
    """The view with the y scale that its metric has, whatever was chosen."""
    scale = metric_of(view).scale
    if scale == "chosen" or view.log_y == (scale == "log"):
        return view
    return replace(view, log_y=scale == "log")


def short_number(value: float) -> str:
    """Four significant digits as a person would write them: 0.001, 20, 1e-4, 1.71e5."""
    if value == 0 or 1e-3 * (1 - 1e-9) <= abs(value) < 9999.5:
        return f"{value:.4g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
