"""What keys and the wheel do to the axes of a chart of curves, on the board, in a replay and in the view of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from engine.store import Run
from tui.chart.values.metrics import metric_of
from tui.chart.values.view import USED, XKind
from tui.model import x_extent
from tui.model.chart_options import ChartOptions
from tui.widgets.chart_pane import ChartPane

WORDS = {"linear": "linear", "log": "logarithmic"}

PAN = 0.25
"""Share of the visible range by which one key press pans."""


class ChartPort(Protocol):
    """What the keys may ask of whoever shows the chart."""

    @property
    def chart_options(self) -> ChartOptions: ...

    def with_options(self, chart_options: ChartOptions) -> None:
        """Show the chart under other options."""

    def drawn_runs(self) -> Sequence[Run]:
        """The runs whose curves are drawn."""

    def tell(self, sentence: str) -> None:
        """Show a cleaned sentence above the keys."""


class AxisKeys:
    """Turns keys into other ChartOptions."""

    def __init__(self, port: ChartPort, chart: ChartPane) -> None:
        self._port = port
        self._chart = chart

    def limits(self) -> tuple[float, float]:
        """The x range of all data; that of the drawn axes if these are not zoomed, so that a zoom keeps its place."""
        chart_options, picture = self._port.chart_options, self._chart.picture
        axes = None if picture is None else picture.axes
        if (
            chart_options.window is None
            and axes is not None
            and (axes.x_kind, axes.log_x) == (chart_options.x_kind, chart_options.log_x)
        ):
            return axes.x_low, axes.x_high
        return x_extent.limits(chart_options, self._port.drawn_runs())

    def pan(self, by: int, newest: float | None = None) -> None:
        """Pan by steps; moving back, or past `newest`, ends the following."""
        self._port.with_options(self._port.chart_options.panned(by * PAN, self.limits(), newest))

    def zoom(self, factor: float, around: float | None) -> None:
        """Zoom around a place on the x axis; None: around the middle of the visible range."""
        limits = self.limits()
        low, high = self._port.chart_options.window or limits
        middle = (low + high) / 2 if around is None else around
        self._port.with_options(self._port.chart_options.zoomed(factor, middle, limits))

    def select(self, one: float, other: float) -> None:
        """Zoom the x axis to the range from one x to another."""
        newest = x_extent.newest_going_on(self._port.chart_options, self._port.drawn_runs())
        self._port.with_options(self._port.chart_options.seeing(one, other, self.limits(), newest))

    def action_log_y(self) -> None:
        metric = metric_of(self._chart.view)
        if metric.scale == "chosen":
            self._port.with_options(self._port.chart_options.with_other_y())
        else:
            self._port.tell(f"The axis of the {metric.name} is always {WORDS[metric.scale]}.")

    def action_x_axis(self) -> None:
        """Show the next x axis; of runs of programs of their own, what a step uses is not known."""
        chart_options, runs = self._port.chart_options.with_next_x_kind(), self._port.drawn_runs()
        while chart_options.x_kind in USED and runs and all(run.kind != "engine" for run in runs):
            chart_options = chart_options.with_next_x_kind()
        self._port.with_options(chart_options)

    def action_log_x(self) -> None:
        self._port.with_options(self._port.chart_options.with_other_x())

    def action_show(self, metric: str) -> None:
        self._port.with_options(self._port.chart_options.with_metric(metric))

    def action_along(self, kind: XKind) -> None:
        self._port.with_options(self._port.chart_options.with_x_kind(kind))

    def action_smooth(self, by: int) -> None:
        """Smooth more or less."""
        self._smooth(self._port.chart_options.smoothed(by))

    def action_smoothing(self, half_life: float) -> None:
        """Smooth with a half-life in iterations; 0 is not at all."""
        self._smooth(replace(self._port.chart_options, smoothing=float(half_life)))

    def _smooth(self, chart_options: ChartOptions) -> None:
        """Say so if that changes no curve. In a grid of metrics it always changes one."""
        self._port.with_options(chart_options)
        view = self._chart.view
        is_noisy = metric_of(view).of_batches and any(run.noisy for run in view.runs)
        if chart_options.layout != "measures" and not is_noisy:
            smoothing = f"Smoothing {chart_options.smoothing:g}"
            self._port.tell(f"{smoothing} is for the losses of mini-batches; nothing here is one of them.")

    def action_whole(self) -> None:
        self._port.with_options(self._port.chart_options.whole())
