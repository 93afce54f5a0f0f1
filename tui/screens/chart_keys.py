"""What the board's keys do to the chart: how it is looked at, zoomed, moved and read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from textual.screen import Screen

from engine.store import Run
from tui.chart import Picture
from tui.chart.values.measures import MEASURES
from tui.chart.values.view import XKind
from tui.model import x_extent
from tui.model.chart_options import Look, next_of
from tui.model.choices import Choices
from tui.model.messages import ChartPointed, ChartScrolled, ChoicesChanged, MeasurePointed
from tui.model.snapshot import Snapshot
from tui.presenting.curves import chart_view, drawn_runs
from tui.widgets.chart_pane import ChartPane

BANDS_DRAWN = {
    "cursor": "behind the cursor's run only",
    "all": "behind all runs",
    "none": "behind no run",
}
WORDS = {"linear": "linear", "log": "logarithmic"}
PAN = 0.25
"""How much of what is shown one key moves it."""


def fixed_scale(measure: str, scale: str) -> str:
    """What is answered to who wants another y axis than a measure has."""
    return f"The axis of the {measure} is always {WORDS[scale]}."


def not_smoothed(look: Look, runs: Iterable[Run]) -> str:
    """What is answered to who smooths where nothing is noisy; '' where something is."""
    if MEASURES[look.measure].of_batches and any(run.spec is not None and run.spec.is_noisy for run in runs):
        return ""
    return f"Smoothing {look.smoothing:g} is for the losses of mini-batches; nothing here is one of them."


class ChartKeys(Screen[None], inherit_bindings=False):
    """The part of the board that turns keys and the mouse into another Look."""

    snapshot: Snapshot
    choices: Choices

    def hush(self) -> None:
        """Put away what was told, unless it still holds."""
        raise NotImplementedError

    def tell(self, sentence: str, *, failed: bool = False, lasting: bool = False) -> None:
        """Show a cleaned sentence above the keys."""
        raise NotImplementedError

    def _choose(self, choices: Choices) -> None:
        """Taken over at once: the next key may be here before the message is."""
        if choices != self.choices:
            self.hush()
            self.choices = choices
            self.post_message(ChoicesChanged(choices))

    def _look(self, look: Look) -> None:
        self._choose(self.choices.looking_so(look))

    @property
    def _picture(self) -> Picture | None:
        return self.query_one(ChartPane).picture

    def _limits(self) -> tuple[float, float]:
        """All that there is to see on the x axis: of a whole one what is drawn, so that a zoom keeps its place."""
        look, picture = self.choices.look, self._picture
        shown = None if picture is None else picture.axes
        if look.window is None and shown is not None and (shown.x_kind, shown.log_x) == (look.x_kind, look.log_x):
            return shown.x_low, shown.x_high
        return x_extent.limits(look, drawn_runs(self.snapshot, self.choices))

    def action_log_y(self) -> None:
        look = self.choices.look
        scale = MEASURES[look.measure].scale
        if scale == "chosen":
            self._look(look.with_other_y())
        else:
            self.tell(fixed_scale(look.measure, scale))

    def action_x_axis(self) -> None:
        self._look(self.choices.look.with_next_x_kind())

    def action_log_x(self) -> None:
        self._look(self.choices.look.with_other_x())

    def action_layout(self) -> None:
        self._look(self.choices.look.with_next_layout())

    def action_measure(self) -> None:
        """The next measure; in a grid of them the next one that has a panel."""
        look = self.choices.look
        seen = self.query_one(ChartPane).measures_of(chart_view(self.snapshot, self.choices))
        self._look(look.measuring(next_of(seen, look.measure)) if seen else look.with_measure())

    def action_show(self, measure: str) -> None:
        self._look(self.choices.look.measuring(measure))

    def action_along(self, kind: XKind) -> None:
        self._look(replace(self.choices.look, x_kind=kind, window=None, cursor=None))

    def action_smooth(self, by: int) -> None:
        look = self.choices.look.smoothed(by)
        self._look(look)
        is_grid = look.layout == "measures"
        answer = "" if is_grid else not_smoothed(look, drawn_runs(self.snapshot, self.choices))
        if answer:
            self.tell(answer)

    def action_bands(self) -> None:
        look = self.choices.look.with_next_bands()
        self._look(look)
        self.tell(f"Raw values are drawn {BANDS_DRAWN[look.bands]}.")

    def action_stretch(self, factor: float) -> None:
        """Closer on the y axis, or from further away, around the middle of what is shown of it."""
        picture = self._picture
        if picture is not None and picture.axes is not None:
            axes = picture.axes
            self._look(self.choices.look.stretched(factor, (axes.y_low, axes.y_high), log=axes.log_y))

    def action_fit(self) -> None:
        self._look(self.choices.look.fitting())

    def action_whole(self) -> None:
        self._look(self.choices.look.whole())

    def action_follow(self) -> None:
        self._look(self.choices.look.with_other_following())

    def action_zoom(self, factor: float) -> None:
        """Around the readout's line, else the newest iterations while they are followed, else the middle."""
        look = self.choices.look
        around = look.cursor
        if around is None and look.following:
            runs = drawn_runs(self.snapshot, self.choices)
            around = max((x_extent.newest(look, run) for run in runs), default=None)
        low, high = look.window or self._limits()
        self._look(look.zoomed(factor, (low + high) / 2 if around is None else around, self._limits()))

    def action_across(self, by: int) -> None:
        look = self.choices.look
        if look.cursor is None:
            newest = x_extent.newest_going_on(look, drawn_runs(self.snapshot, self.choices))
            self._look(look.panned(by * PAN, self._limits(), newest))
        else:
            self._read_beside(look.cursor, by)

    def action_readout(self) -> None:
        look, picture = self.choices.look, self._picture
        runs = drawn_runs(self.snapshot, self.choices)
        if look.cursor is not None or picture is None or picture.axes is None:
            self._look(look.reading(None).followed(x_extent.newest_going_on(look, runs)))
            return
        end = max((x_extent.newest(look, run) for run in runs), default=0.0)
        column = picture.column_at(end)
        last = picture.plot.left + picture.plot.width - 1
        self._look(look.reading(picture.x_at(last if column is None else max(column - 1, picture.plot.left))))

    def _read_beside(self, cursor: float, by: int) -> None:
        picture = self._picture
        if picture is None:
            return
        column = picture.column_at(cursor)
        plot = picture.plot
        column = plot.left + plot.width // 2 if column is None else column + by
        x = picture.x_at(max(plot.left, min(column, plot.left + plot.width - 1)))
        if x is not None:
            self._look(self.choices.look.reading(x))

    def on_chart_pointed(self, message: ChartPointed) -> None:
        message.stop()
        if self.choices.look.cursor is not None:
            self._look(self.choices.look.reading(message.x))

    def on_measure_pointed(self, message: MeasurePointed) -> None:
        message.stop()
        look = self.choices.look
        self._look(look.enlarging(message.measure) if message.twice else look.measuring(message.measure))

    def on_chart_scrolled(self, message: ChartScrolled) -> None:
        message.stop()
        low, high = self.choices.look.window or self._limits()
        around = (low + high) / 2 if message.x is None else message.x
        self._look(self.choices.look.zoomed(message.factor, around, self._limits()))
