"""Chart keys: change the chart's options, zoom, pan and read values."""

from __future__ import annotations

from collections.abc import Iterable

from engine.store import Run
from tui.chart.values.metrics import METRICS
from tui.chart.values.view import XKind
from tui.model import x_extent
from tui.model.chart_options import ChartOptions, next_of
from tui.presenting.curves import chart_view, drawn_runs
from tui.screens.keys.key_parts import KeyPort
from tui.widgets.chart_pane import ChartPane

BANDS_DRAWN = {
    "cursor": "behind the cursor's run only",
    "all": "behind all runs",
    "none": "behind no run",
}
WORDS = {"linear": "linear", "log": "logarithmic"}
PAN = 0.25
"""Share of the visible range by which one key press pans."""


def fixed_scale(metric: str, scale: str) -> str:
    """The sentence that says why the y axis of a metric cannot change its scale."""
    return f"The axis of the {metric} is always {WORDS[scale]}."


def not_smoothed(chart_options: ChartOptions, runs: Iterable[Run]) -> str:
    """The sentence that says that smoothing changes none of these curves; '' if it changes one."""
    if METRICS[chart_options.metric].of_batches and any(run.spec is not None and run.spec.is_noisy for run in runs):
        return ""
    return f"Smoothing {chart_options.smoothing:g} is for the losses of mini-batches; nothing here is one of them."


class ChartKeys:
    """Turns keys and mouse events into other ChartOptions."""

    def __init__(self, screen: KeyPort, chart: ChartPane) -> None:
        self._screen = screen
        self._chart = chart

    @property
    def _chart_options(self) -> ChartOptions:
        return self._screen.choices.chart_options

    def with_options(self, chart_options: ChartOptions) -> None:
        """Show the chart under other options."""
        self._screen.choose(self._screen.choices.with_chart_options(chart_options))

    def _runs(self) -> list[Run]:
        return drawn_runs(self._screen.snapshot, self._screen.choices)

    def _limits(self) -> tuple[float, float]:
        """The x range of all data; that of the drawn axes if these are not zoomed, so that a zoom keeps its place."""
        chart_options, picture = self._chart_options, self._chart.picture
        shown = None if picture is None else picture.axes
        if (
            chart_options.window is None
            and shown is not None
            and (shown.x_kind, shown.log_x) == (chart_options.x_kind, chart_options.log_x)
        ):
            return shown.x_low, shown.x_high
        return x_extent.limits(chart_options, self._runs())

    def action_log_y(self) -> None:
        chart_options = self._chart_options
        scale = METRICS[chart_options.metric].scale
        if scale == "chosen":
            self.with_options(chart_options.with_other_y())
        else:
            self._screen.tell(fixed_scale(chart_options.metric, scale))

    def action_x_axis(self) -> None:
        self.with_options(self._chart_options.with_next_x_kind())

    def action_log_x(self) -> None:
        self.with_options(self._chart_options.with_other_x())

    def action_layout(self) -> None:
        self.with_options(self._chart_options.with_next_layout())

    def action_metric(self) -> None:
        """Show the next metric; in a grid of metrics, the next that has a panel."""
        chart_options = self._chart_options
        seen = self._chart.metrics_of(chart_view(self._screen.snapshot, self._screen.choices))
        self.with_options(
            chart_options.with_metric(next_of(seen, chart_options.metric)) if seen else chart_options.with_next_metric()
        )

    def action_show(self, metric: str) -> None:
        self.with_options(self._chart_options.with_metric(metric))

    def action_along(self, kind: XKind) -> None:
        self.with_options(self._chart_options.with_x_kind(kind))

    def action_smooth(self, by: int) -> None:
        """Smooth more or less; say so if that changes no curve."""
        chart_options = self._chart_options.smoothed(by)
        self.with_options(chart_options)
        is_grid = chart_options.layout == "measures"
        answer = "" if is_grid else not_smoothed(chart_options, self._runs())
        if answer:
            self._screen.tell(answer)

    def action_bands(self) -> None:
        chart_options = self._chart_options.with_next_bands()
        self.with_options(chart_options)
        self._screen.tell(f"Raw values are drawn {BANDS_DRAWN[chart_options.bands]}.")

    def action_stretch(self, factor: float) -> None:
        """Zoom the y axis around the middle of its visible range."""
        picture = self._chart.picture
        if picture is not None and picture.axes is not None:
            axes = picture.axes
            self.with_options(self._chart_options.stretched(factor, (axes.y_low, axes.y_high), log=axes.log_y))

    def action_fit(self) -> None:
        self.with_options(self._chart_options.fitting())

    def action_whole(self) -> None:
        self.with_options(self._chart_options.whole())

    def action_follow(self) -> None:
        self.with_options(self._chart_options.with_other_following())

    def action_zoom(self, factor: float) -> None:
        """Zoom the x axis around the readout, else around the newest iteration if followed, else the middle."""
        chart_options = self._chart_options
        around = chart_options.cursor
        if around is None and chart_options.following:
            runs = self._runs()
            around = max((x_extent.newest(chart_options, run) for run in runs), default=None)
        low, high = chart_options.window or self._limits()
        self.with_options(chart_options.zoomed(factor, (low + high) / 2 if around is None else around, self._limits()))

    def action_across(self, by: int) -> None:
        """Move the readout by columns, or pan if there is none."""
        chart_options = self._chart_options
        if chart_options.cursor is None:
            newest = x_extent.newest_going_on(chart_options, self._runs())
            self.with_options(chart_options.panned(by * PAN, self._limits(), newest))
        else:
            self._read_beside(chart_options.cursor, by)

    def action_readout(self) -> None:
        """Open the readout at the newest value, or close it."""
        chart_options, picture = self._chart_options, self._chart.picture
        runs = self._runs()
        if chart_options.cursor is not None or picture is None or picture.axes is None:
            self.with_options(chart_options.reading(None).followed(x_extent.newest_going_on(chart_options, runs)))
            return
        end = max((x_extent.newest(chart_options, run) for run in runs), default=0.0)
        column = picture.column_at(end)
        last = picture.plot.left + picture.plot.width - 1
        self.with_options(
            chart_options.reading(picture.x_at(last if column is None else max(column - 1, picture.plot.left)))
        )

    def _read_beside(self, cursor: float, by: int) -> None:
        picture = self._chart.picture
        if picture is None:
            return
        column = picture.column_at(cursor)
        plot = picture.plot
        column = plot.left + plot.width // 2 if column is None else column + by
        x = picture.x_at(max(plot.left, min(column, plot.left + plot.width - 1)))
        if x is not None:
            self.with_options(self._chart_options.reading(x))

    def point(self, x: float) -> None:
        """Move the readout, if there is one, to the mouse at `x`."""
        if self._chart_options.cursor is not None:
            self.with_options(self._chart_options.reading(x))

    def point_at_measure(self, metric: str, *, twice: bool) -> None:
        """Select the clicked panel of the grid; `twice` enlarges it."""
        chart_options = self._chart_options
        self.with_options(chart_options.enlarging(metric) if twice else chart_options.with_metric(metric))

    def scroll(self, factor: float, x: float | None) -> None:
        """Zoom by the mouse wheel around `x`; None, beside the plot, means the middle."""
        low, high = self._chart_options.window or self._limits()
        self.with_options(self._chart_options.zoomed(factor, (low + high) / 2 if x is None else x, self._limits()))
