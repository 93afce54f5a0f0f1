"""Look: how the viewer looks at the drawn runs, as one frozen value with pure changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, get_args

from engine.trace.smoothing import HALF_LIFE
from tui.chart import Window
from tui.chart.values.metrics import GRID, METRICS
from tui.chart.values.view import SMOOTHING_STEPS, X_KINDS, XKind
from tui.chart.values.window import follow, pan, stretch, zoom

One = TypeVar("One", bound=str)

Layout = Literal["together", "runs", "measures"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
"""All runs over each other, a tile for each run, or a panel for each metric."""

Bands = Literal["cursor", "all", "none"]
BANDS: tuple[Bands, ...] = get_args(Bands)
"""Whose raw values are drawn behind the lines, in the order of the key."""

LEAST_SEEN = 4.0
"""Iterations or examples that a window shows at least: between two of them there is nothing."""


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """`window` is the shown part of the x axis, in its own units; None is all of it.

    `y_window` is that of the y axis; None is what fits the shown part of the curves.
    `following`: a window moves on with the newest iterations. `cursor` is the x at which values are read out, None
    without a readout. `smoothing` of noisy losses is a half-life in iterations. `bands` tells whose raw values are
    drawn. `metric` has the focus in a grid of metrics; `enlarged`: it came out of one, and goes back there.
    """

    layout: Layout = "together"
    enlarged: bool = False
    log_x: bool = False
    log_y: bool = True
    x_kind: XKind = "iteration"
    smoothing: float = HALF_LIFE
    bands: Bands = "cursor"
    window: Window | None = None
    y_window: Window | None = None
    following: bool = True
    cursor: float | None = None
    metric: str = "loss"

    def with_next_x_kind(self) -> ChartOptions:
        """The next of iteration, time, examples; seen whole, because a window means something else there."""
        kind = X_KINDS[(X_KINDS.index(self.x_kind) + 1) % len(X_KINDS)]
        return replace(self, x_kind=kind, window=None, cursor=None)

    def with_other_x(self) -> ChartOptions:
        """The x axis logarithmic, or linear; seen whole."""
        return replace(self, log_x=not self.log_x, window=None)

    def with_other_y(self) -> ChartOptions:
        """The y axis logarithmic, or linear."""
        return replace(self, log_y=not self.log_y, y_window=None)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is drawn, and so has to be read."""
        if self.layout != "measures":
            return (self.metric,)
        return GRID if self.metric in GRID else (*GRID, self.metric)

    def with_next_layout(self) -> ChartOptions:
        """Runs over each other, then a tile for each, then a grid of metrics; from what was enlarged the grid."""
        return replace(self, layout="measures" if self.enlarged else next_of(LAYOUTS, self.layout), enlarged=False)

    def enlarging(self, metric: str) -> ChartOptions:
        """A metric of the grid in the whole chart."""
        return replace(self.with_metric(metric), layout="together", enlarged=True)

    def smoothed(self, by: int) -> ChartOptions:
        """A longer half-life (by > 0), or a shorter one."""
        steps = SMOOTHING_STEPS
        index = max(place for place, step in enumerate(steps) if step <= self.smoothing)
        return replace(self, smoothing=steps[max(0, min(index + by, len(steps) - 1))])

    def with_next_metric(self, by: int = 1) -> ChartOptions:
        """The next thing on the y axis."""
        return self.with_metric(next_of(tuple(METRICS), self.metric, by))

    def with_metric(self, metric: str) -> ChartOptions:
        """Another thing on the y axis, as high as it is."""
        return replace(self, metric=metric, y_window=None if metric != self.metric else self.y_window)

    def with_next_bands(self) -> ChartOptions:
        """Raw values behind the line of the cursor's run, behind all of them, or behind none."""
        return replace(self, bands=next_of(BANDS, self.bands))

    def zoomed(self, factor: float, around: float, limits: Window) -> ChartOptions:
        """`factor` times as close, with `around` where it is."""
        least = 0.0 if self.x_kind == "time" else LEAST_SEEN
        return replace(self, window=zoom(self.window, factor, around, limits, log=self.log_x, least=least))

    def stretched(self, factor: float, shown: Window, *, log: bool) -> ChartOptions:
        """`factor` times as close on the y axis, around the middle of what is `shown` of it."""
        return replace(self, y_window=stretch(shown, factor, log=log))

    def fitting(self) -> ChartOptions:
        """The y axis as high as what is shown needs."""
        return replace(self, y_window=None)

    def panned(self, share: float, limits: Window, newest: float | None = None) -> ChartOptions:
        """Moved by a share of what is shown. Whoever moves back from the `newest` iterations, or past them, stays."""
        moved = pan(self.window, share, limits, log=self.log_x)
        is_past = moved is not None and newest is not None and newest < moved[0]
        return replace(self, window=moved, following=self.following and share > 0 and not is_past)

    def whole(self) -> ChartOptions:
        """The whole axis, following the newest iterations."""
        return replace(self, window=None, following=True)

    def with_other_following(self) -> ChartOptions:
        """Whether a window moves on with the newest iterations."""
        return replace(self, following=not self.following)

    def followed(self, newest: float | None) -> ChartOptions:
        """The same after runs have grown up to `newest`; what is being read stays in the window."""
        if not self.following or self.window is None or newest is None or self.cursor is not None:
            return self
        window = follow(self.window, newest, log=self.log_x)
        return self if window == self.window else replace(self, window=window)

    def reading(self, x: float | None) -> ChartOptions:
        """A readout at an x, or none."""
        return replace(self, cursor=x)


def next_of(among: Sequence[One], one: One, by: int = 1) -> One:
    """What comes so many places after one, round and round."""
    index = among.index(one) if one in among else 0
    return among[(index + by) % len(among)]
