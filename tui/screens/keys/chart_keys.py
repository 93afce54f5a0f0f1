"""Chart keys: change the chart's options, zoom and pan."""

from __future__ import annotations

from engine.store import Run
from tui.model import x_extent
from tui.model.chart_options import ChartOptions, next_of
from tui.model.messages import DialogRequested
from tui.model.metrics.order import MOST_STEPPED, stepped
from tui.presenting.curves import chart_view, drawn_runs, metric_meant, metrics_drawn
from tui.screens.keys.axis_keys import AxisKeys
from tui.screens.keys.key_parts import KeyPort
from tui.screens.keys.readout_keys import ReadoutKeys
from tui.widgets.chart_pane import ChartPane

SEEDS_DRAWN = {
    "each": "each with its own curve",
    "range": "as their mean, with a band from the lowest to the highest",
    "interval": "as their mean, with its 95 % confidence interval (Student's t)",
}

BANDS_DRAWN = {
    "cursor": "behind the cursor's run only",
    "all": "behind all runs",
    "none": "behind no run",
}


class ChartKeys:
    """Turns keys and mouse events into other ChartOptions."""

    def __init__(self, screen: KeyPort, chart: ChartPane) -> None:
        self._screen = screen
        self._chart = chart
        self.axes = AxisKeys(self, chart)
        self.readout = ReadoutKeys(self, chart)
        self.parts = (self, self.axes, self.readout)
        """All that has actions."""

    @property
    def chart_options(self) -> ChartOptions:
        return self._screen.choices.chart_options

    def with_options(self, chart_options: ChartOptions) -> None:
        """Show the chart under other options."""
        self._screen.choose(self._screen.choices.with_chart_options(chart_options))

    def drawn_runs(self) -> list[Run]:
        return drawn_runs(self._screen.snapshot, self._screen.choices)

    def tell(self, sentence: str) -> None:
        self._screen.tell(sentence)

    def action_layout(self) -> None:
        self.with_options(self.chart_options.with_next_layout())

    def action_metric(self) -> None:
        """Show the next metric; in a grid of metrics, the next that has a panel. Of many one is picked from a list."""
        snapshot, choices = self._screen.snapshot, self._screen.choices
        panels = self._chart.metrics_of(chart_view(snapshot, choices))
        among = panels or stepped(metrics_drawn(snapshot, choices))
        if not panels and len(among) > MOST_STEPPED:
            self.action_choose_metric()
            return
        self.with_options(self.chart_options.with_metric(next_of(among, metric_meant(snapshot, choices).metric)))

    def action_choose_metric(self) -> None:
        """Open the list of metrics."""
        self._screen.post_message(DialogRequested("metric"))

    def action_bands(self) -> None:
        chart_options = self.chart_options.with_next_bands()
        self.with_options(chart_options)
        self._screen.tell(f"Raw values are drawn {BANDS_DRAWN[chart_options.bands]}.")

    def action_seeds(self) -> None:
        chart_options = self.chart_options.with_next_seeds()
        self.with_options(chart_options)
        self._screen.tell(f"Runs that differ in their seed alone are drawn {SEEDS_DRAWN[chart_options.seeds]}.")

    def action_zoom_y(self, factor: float) -> None:
        """Zoom the y axis around the middle of its visible range."""
        picture = self._chart.picture
        if picture is not None and picture.axes is not None:
            axes = picture.axes
            self.with_options(self.chart_options.y_zoomed(factor, (axes.y_low, axes.y_high), log=axes.log_y))

    def action_fit(self) -> None:
        self.with_options(self.chart_options.fitting())

    def action_follow(self) -> None:
        self.with_options(self.chart_options.with_other_following())

    def action_zoom(self, factor: float) -> None:
        """Zoom the x axis around the readout, else around the newest iteration if followed, else the middle."""
        chart_options = self.chart_options
        around = chart_options.cursor
        if around is None and chart_options.following:
            around = max((x_extent.newest(chart_options, run) for run in self.drawn_runs()), default=None)
        self.axes.zoom(factor, around)

    def action_across(self, by: int) -> None:
        """Move the readout by columns, or pan if there is none."""
        chart_options = self.chart_options
        if chart_options.cursor is None:
            self.axes.pan(by, x_extent.newest_going_on(chart_options, self.drawn_runs()))
        else:
            self.readout.move(by)

    def point_at_measure(self, metric: str, *, twice: bool) -> None:
        """Select the clicked panel of the grid; `twice` enlarges it."""
        chart_options = self.chart_options
        self.with_options(chart_options.enlarging(metric) if twice else chart_options.with_metric(metric))
