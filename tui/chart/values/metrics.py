"""Metrics: one table of what the y axis can show: where values come from, how they are drawn and formatted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf, isfinite
from typing import Literal

from engine.text import loss_text
from engine.trace import metric_names
from engine.trace.curve import Samples
from engine.trace.decimation import Floats
from tui.chart.values.view import ChartView


@dataclass(frozen=True, slots=True)
class EvaluationSource:
    """A column of the evaluations, which are sparse and cover a whole split."""

    split: str
    column: Literal["loss", "accuracy"]


@dataclass(frozen=True, slots=True)
class IterationSource:
    """A column of single iterations of gradient descent; if `of_searches`, of searches that have a step size, too."""

    values: Callable[[Samples], Floats]
    of_searches: bool = False


@dataclass(frozen=True, slots=True)
class LoggedSource:
    """A metric that a program has logged under this name."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One quantity of the y axis: its name, its source and how it is drawn."""

    name: str
    source: EvaluationSource | IterationSource | LoggedSource | None = None
    """None: the loss curve."""
    companion: str = ""
    """Name of the evaluation metric drawn beside it as a dotted line."""
    of_objective: Literal["", "whole", "part"] = ""
    """Value of the objective, whole or in part: comparable only between runs of one objective on the same data."""
    scale: Literal["chosen", "linear", "log"] = "chosen"
    """Scale of the y axis: the viewer's choice, or fixed."""
    steps: bool = False
    """The line is a step function: each value holds until the next."""
    lower_is_better: bool = True
    cap_linear: float = inf
    """Values above this multiple of the highest first value of all runs do not widen a linear axis."""
    cap_log: float = inf
    """The same for a logarithmic axis."""
    limits: tuple[float, float] = (-inf, inf)
    """Lowest and highest possible value."""
    percent: bool = False
    """Fractions, formatted as per cent."""
    of_batches: bool = False
    """In noisy runs each value is of one mini-batch; it is smoothed."""
    climbs: float = 0.0
    """Values in this first fraction of the iterations do not widen the axis if later ones are shown."""

    def text(self, value: float) -> str:
        """Format a value in at most seven characters: 0.2143, 1.7e3, 97.2%, nan."""
        if not isfinite(value):
            return str(value)
        if self.percent:
            return f"{100 * value:.1f}%"
        # a setting is written as a person chose it
        return short_number(value) if self.steps else loss_text(value)


LOSS = Metric("", of_objective="whole", cap_linear=2.0, cap_log=100.0)
PART = replace(LOSS, of_objective="part")
# the first iterations rise steeply from chance level and would hide how the best runs differ
ACCURACY = Metric("", scale="linear", lower_is_better=False, limits=(0.0, 1.0), percent=True, climbs=0.1)

_TABLE = (
    replace(LOSS, name="loss", of_batches=True),
    replace(LOSS, name="train loss", source=EvaluationSource("train", "loss"), companion="validation loss"),
    replace(LOSS, name="validation loss", source=EvaluationSource("validation", "loss")),
    replace(ACCURACY, name="validation accuracy", source=EvaluationSource("validation", "accuracy")),
    replace(ACCURACY, name="train accuracy", source=EvaluationSource("train", "accuracy")),
    # shrinks by orders of magnitude during descent; in a diverging run it explodes before the loss does
    Metric(
        "gradient norm", IterationSource(lambda one: one.gradient_norm), cap_linear=2.0, cap_log=30.0, of_batches=True
    ),
    # no cap: a person chose every value
    Metric("step size", IterationSource(lambda one: one.step_size, of_searches=True), scale="log", steps=True),
    replace(PART, name="data loss", source=IterationSource(lambda one: one.data_loss), of_batches=True),
    # a function of the weights alone, so not noisy
    replace(PART, name="regularization loss", source=IterationSource(lambda one: one.loss - one.data_loss)),
)
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}
"""All metrics by name, in the order of the metric key."""

GRID = ("loss", "validation accuracy", "gradient norm", "step size", "train loss", "validation loss")
"""The metrics of the grid; the first ones stay in a small grid."""


def metric_of(view: ChartView) -> Metric:
    """Return the metric that a view shows."""
    return metric_named(view.metric, fractions=view.fractions, signed=view.signed)


@lru_cache(maxsize=256)
def metric_named(name: str, *, fractions: bool = False, signed: bool = False) -> Metric:
    """Return the metric of this name: one of the table, or what its name says of one that a program has logged.

    `fractions`: all values of a logged metric lie within 0 and 1; these are per cent where its name says so. `signed`:
    some are negative, which a logarithmic axis would not show.
    """
    known = METRICS.get(name)
    if known is not None:
        return known
    if metric_names.is_step_size(name):
        return Metric(name, LoggedSource(), scale="linear" if signed else "log", steps=True)
    is_measured = not metric_names.is_chosen(name)
    of_batches = is_measured and not metric_names.is_held_out(name)
    if not is_measured or metric_names.more_is_better(name):
        percent = fractions and metric_names.is_fraction(name)
        limits = (0.0, 1.0) if percent else (-inf, inf)
        return Metric(
            name, LoggedSource(), scale="linear", lower_is_better=not is_measured, limits=limits, percent=percent,
            steps=not is_measured, of_batches=of_batches, climbs=ACCURACY.climbs if percent else 0.0,
        )  # fmt: skip
    if signed:
        return Metric(name, LoggedSource(), scale="linear", of_batches=of_batches)
    # what is no loss may well grow all the time: memory, tokens, a norm of the weights
    if not metric_names.is_loss(name):
        return Metric(name, LoggedSource(), of_batches=of_batches)
    # one run that explodes would flatten the others
    return Metric(name, LoggedSource(), cap_linear=LOSS.cap_linear, cap_log=LOSS.cap_log, of_batches=of_batches)


def evaluation_beside(metric: Metric) -> EvaluationSource | None:
    """Return the evaluations of the dotted line beside a metric of the table; None if it has none."""
    beside = METRICS[metric.companion].source if metric.companion else None
    return beside if isinstance(beside, EvaluationSource) else None


def name_on_board(name: str) -> str:
    """Return the name under which the board has a logged metric: a recorded column of the engine has its words."""
    spelled = name.replace("_", " ")
    known = METRICS.get(spelled)
    return spelled if known is not None and isinstance(known.source, IterationSource) else name


def settled(view: ChartView) -> ChartView:
    """Return the view with the fixed y scale of its metric, if it has one."""
    scale = metric_of(view).scale
    if scale == "chosen" or view.log_y == (scale == "log"):
        return view
    return replace(view, log_y=scale == "log")


def short_number(value: float) -> str:
    """Format with up to four significant digits, as a person would: 0.001, 20, 1e-4, 1.71e5."""
    if value == 0 or 1e-3 * (1 - 1e-9) <= abs(value) < 9999.5:
        return f"{value:.4g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
