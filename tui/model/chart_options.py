"""Chart options: how the chart shows the drawn runs, as a frozen value with pure changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, get_args

from engine.trace.smoothing import HALF_LIFE
from tui.chart import Window
from tui.chart.values.view import SMOOTHING_STEPS, X_KINDS, XKind
from tui.chart.values.window import between, follow, pan, zoom, zoom_centred

One = TypeVar("One", bound=str)

Layout = Literal["together", "runs", "measures"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
"""All runs in one chart, a tile for each run, or a panel for each metric."""

Bands = Literal["cursor", "all", "none"]
BANDS: tuple[Bands, ...] = get_args(Bands)
"""The runs whose raw values are drawn behind the lines, in the order of the key."""

Seeds = Literal["each", "range", "interval"]
SEEDS: tuple[Seeds, ...] = get_args(Seeds)
"""How runs that differ in their seed alone are drawn: each, or their mean with a band, in the order of the key."""

LEAST_SEEN = 4.0
"""Shortest window in iterations, examples or losses, which are whole numbers."""


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """`window` is the shown part of the x axis in its units; None is all of it.

    `y_window` is that of the y axis; None fits the shown part of the curves. `following`: the window moves with the
    newest iterations. `cursor` is the x of the readout, None without one. `smoothing` of noisy losses is a half-life
    in iterations. `bands` selects the runs whose raw values are drawn. `metric` is drawn, or has the focus in the grid
    of metrics; `enlarged`: it was enlarged from the grid, to which the layout key returns.
    """

    layout: Layout = "together"
    enlarged: bool = False
    log_x: bool = False
    log_y: bool = True
    x_kind: XKind = "iteration"
    smoothing: float = HALF_LIFE
    bands: Bands = "cursor"
    seeds: Seeds = "each"
    window: Window | None = None
    y_window: Window | None = None
    following: bool = True
    cursor: float | None = None
    metric: str = "loss"

    def with_next_x_kind(self) -> ChartOptions:
        """Switch to the next kind of x axis; resets window and readout, whose units change."""
        return self.with_x_kind(next_of(X_KINDS, self.x_kind))

    def with_x_kind(self, kind: XKind) -> ChartOptions:
        """Switch to a kind of x axis; resets window and readout, whose units change."""
        return replace(self, x_kind=kind, window=None, cursor=None)

    def with_other_x(self) -> ChartOptions:
        """Switch the x axis between logarithmic and linear; resets the window."""
        return replace(self, log_x=not self.log_x, window=None)

    def with_other_y(self) -> ChartOptions:
        """Switch the y axis between logarithmic and linear; resets its window."""
        return replace(self, log_y=not self.log_y, y_window=None)

    def with_next_layout(self) -> ChartOptions:
        """Switch to the next layout; from an enlarged metric back to the grid of metrics."""
        return replace(self, layout="measures" if self.enlarged else next_of(LAYOUTS, self.layout), enlarged=False)

    def enlarging(self, metric: str) -> ChartOptions:
        """Enlarge a metric of the grid to the whole chart."""
        return replace(self.with_metric(metric), layout="together", enlarged=True)

    def smoothed(self, by: int) -> ChartOptions:
        """Change the half-life by `by` steps of SMOOTHING_STEPS."""
        steps = SMOOTHING_STEPS
        index = max(place for place, step in enumerate(steps) if step <= self.smoothing)
        return replace(self, smoothing=steps[max(0, min(index + by, len(steps) - 1))])

    def with_next_metric(self, among: Sequence[str], by: int = 1) -> ChartOptions:
        """Switch to the next metric of these."""
        return self.with_metric(next_of(among, self.metric, by))

    def with_metric(self, metric: str) -> ChartOptions:
        """Switch to a metric; another one resets the window of the y axis."""
        return replace(self, metric=metric, y_window=None if metric != self.metric else self.y_window)

    def with_next_bands(self) -> ChartOptions:
        """Switch the raw values between the cursor's run, all runs and none."""
        return replace(self, bands=next_of(BANDS, self.bands))

    def with_next_seeds(self) -> ChartOptions:
        """Switch runs that differ in their seed alone between a curve each and their mean with a band."""
        return replace(self, seeds=next_of(SEEDS, self.seeds))

    def zoomed(self, factor: float, around: float, limits: Window) -> ChartOptions:
        """Zoom the x axis by `factor`; `around` keeps its place."""
        return replace(self, window=zoom(self.window, factor, around, limits, log=self.log_x, least=self._least))

    @property
    def _least(self) -> float:
        """The shortest window of the x axis in its units."""
        return 0.0 if self.x_kind == "time" else LEAST_SEEN

    def seeing(self, one: float, other: float, limits: Window, newest: float | None) -> ChartOptions:
        """Show the x axis from one x to another; a range without the `newest` iteration ends following."""
        window = between(one, other, limits, log=self.log_x, least=self._least)
        is_newest_seen = newest is not None and (window is None or window[0] <= newest <= window[1])
        return replace(self, window=window, following=self.following and is_newest_seen)

    def y_zoomed(self, factor: float, visible: Window, *, log: bool) -> ChartOptions:
        """Zoom the y axis by `factor` around the middle of its `visible` range."""
        return replace(self, y_window=zoom_centred(visible, factor, log=log))

    def fitting(self) -> ChartOptions:
        """Fit the y axis to the shown part of the curves."""
        return replace(self, y_window=None)

    def panned(self, share: float, limits: Window, newest: float | None = None) -> ChartOptions:
        """Pan by a fraction of the window; panning left, or beyond the `newest` iteration, ends following."""
        moved = pan(self.window, share, limits, log=self.log_x)
        is_past = moved is not None and newest is not None and newest < moved[0]
        return replace(self, window=moved, following=self.following and share > 0 and not is_past)

    def whole(self) -> ChartOptions:
        """Show the whole x axis, and follow the newest iterations."""
        return replace(self, window=None, following=True)

    def with_other_following(self) -> ChartOptions:
        """Switch following on or off."""
        return replace(self, following=not self.following)

    def followed(self, newest: float | None) -> ChartOptions:
        """Move a following window to the `newest` x of running runs; it stays during a readout."""
        if not self.following or self.window is None or newest is None or self.cursor is not None:
            return self
        window = follow(self.window, newest, log=self.log_x)
        return self if window == self.window else replace(self, window=window)

    def reading(self, x: float | None) -> ChartOptions:
        """Set the readout to an x, or end it (None)."""
        return replace(self, cursor=x)


def next_of(among: Sequence[One], one: One, by: int = 1) -> One:
    """Return the element `by` places after `one`, cyclically; counts from the first if `one` is missing."""
    index = among.index(one) if one in among else 0
    return among[(index + by) % len(among)]
