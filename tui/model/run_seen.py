"""RunSeen: what is read of a run besides its row: curves, evaluations, events; its preview and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.store import Evaluation, Event, LoggedBackground, Metric
from engine.store.read.widths import spacing_for
from engine.store.records import Printed
from engine.store.records.config import Scalar
from engine.trace.curve import NO_ROWS, Curve, Samples

if TYPE_CHECKING:
    from engine.analysis.templates import Templates


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The weights of a run after `iteration` iterations; if they cannot be shown, `trouble` says why."""

    run_id: int
    iteration: int
    templates: Templates | None = None
    trouble: str = ""


Scale = tuple[float, float] | None
"""The losses at the bottom and at the top of previews; None if there is nothing to draw."""


@dataclass(frozen=True, slots=True)
class RowPreview:
    """`shape` is a run's losses, oldest first (best-so-far for a search); NaN is a gap.

    All previews on the screen have the same `scale`, so they compare. `values` are those of logged fields that the
    list may show, by the text of the field.
    """

    shape: tuple[float, ...] = ()
    scale: Scale = None
    values: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProgramSeen:
    """What a program said of its run, the metrics that it has logged, and the end of what it printed.

    `standing` is the metric that stands for the run, and `others` are the configs of the other marked runs. Metrics are
    those of now: at a moment of a replay before the run's end there are none.
    """

    run_id: int
    said: LoggedBackground
    others: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    standing: str | None = None
    printed: tuple[Printed, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampled:
    """Single iterations of a run's `attempt` from `first` to `last`, sampled for `columns` points."""

    samples: Samples
    attempt: int
    first: int
    last: int
    columns: int

    @property
    def spacing(self) -> int:
        """Iterations between two samples, a power of two."""
        return spacing_for(self.last - self.first + 1, self.columns)


Beginnings = Mapping[tuple[int, int, int], Curve]
"""Curves by (first iteration, iteration after the last one, columns that they were read for)."""


@dataclass(frozen=True, slots=True)
class MetricPart:
    """What a chart's window shows of a logged metric, its whole curve if it `is_whole`; see VisiblePart."""

    curve: Curve = NO_ROWS
    is_whole: bool = True
    log_x_detail: Beginnings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoggedMetrics:
    """The metrics that a run has logged, by their names on the board, which are cleaned.

    `standing` is the one that stands for the run on a chart of losses, None without any. `config` is what its program
    was started with, as a JSON object.
    """

    by_name: Mapping[str, Metric] = field(default_factory=dict)
    standing: str | None = None
    config: str = ""

    def shown_as(self, name: str) -> str | None:
        """The name of what this run shows where a chart shows the metric `name`; None where it has nothing."""
        return name if name in self.by_name else self.standing if name == LOSS_NAME else None


NOTHING_LOGGED = LoggedMetrics()

LOSS_NAME = "loss"
"""The metric of a chart of losses, which every run has: a run without a loss shows the metric that stands for it."""


@dataclass(frozen=True, slots=True)
class VisiblePart:
    """What a chart's window shows of a run.

    `log_x_detail` are finer curves of the first iterations, for a log x axis. `samples` are single iterations, for
    metrics that curves do not hold; `further` is what the next read continues from. `logged` are the metrics of a
    logged run that are drawn, by name.
    """

    curve: Curve = NO_ROWS
    log_x_detail: Beginnings = field(default_factory=dict)
    samples: Samples | None = None
    further: Sampled | None = None
    logged: Mapping[str, MetricPart] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunSeen:
    """What one read found of a run that is drawn or under the cursor: now, or at a moment of a replay."""

    whole: Curve = NO_ROWS
    """The curve of all its iterations."""
    visible: VisiblePart = VisiblePart()
    evaluations: tuple[Evaluation, ...] = ()
    """Oldest first."""
    events: tuple[Event, ...] = ()
    before: tuple[Curve, ...] = ()
    """Curves of a fork's ancestors: its parent's up to the fork, that one's parent's, and so on."""
    gradient_norm: float | None = None
    """Of the newest iteration; None unless the run is under the cursor and has recorded one."""
    logged: LoggedMetrics = NOTHING_LOGGED

    @property
    def curve(self) -> Curve:
        """The curve in the window of the chart."""
        return self.visible.curve


UNSEEN = RunSeen()
