"""The sweep view: the curves of all values, the loss by value, and the table with the best value marked."""

from __future__ import annotations

from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size
from textual.strip import Strip

from engine.store import Run
from engine.sweep.outcome import ValueResult
from engine.text import clean, counted
from tui.chart import ChartView, Picture
from tui.chart.drawing.heat import draw_heat
from tui.chart.drawing.loss_by_value import ResponseView, draw_response
from tui.chart.values.metrics import METRICS
from tui.model import keymap
from tui.model.answer import Answer
from tui.model.chart_options import ChartOptions
from tui.model.keymap import Key
from tui.model.messages import (
    ChartClicked,
    ChartPointed,
    ChartRangeDragged,
    ChartScrolled,
    DialogRequested,
    LessonTold,
    RunPointed,
)
from tui.model.snapshot import Snapshot
from tui.model.sweep.sweep_messages import (
    RunShown,
    SweepLookedAt,
    SweepValuePointed,
)
from tui.model.sweep_seen import SweepSeen, Values
from tui.presenting.lessons import Lesson, of_sweep
from tui.presenting.offered_keys import sweep_keys
from tui.presenting.sweep_charts import curves_view, drawn_runs, heat_view, response_view
from tui.screens.keys.axis_keys import AxisKeys
from tui.screens.keys.key_parts import needs_sight, share_actions
from tui.screens.keys.pane_keys import LOW, PaneKeys
from tui.screens.keys.readout_keys import ReadoutKeys
from tui.screens.keys.sweep_keys import SweepKeys
from tui.widgets.chart_pane import ChartPane, ChartStyle
from tui.widgets.closing import Closing
from tui.widgets.footer import Footer, message_lines, too_small
from tui.widgets.header import header
from tui.widgets.lines import Lines, WrappedLines
from tui.widgets.picture_pane import PicturePane
from tui.widgets.sweep import head
from tui.widgets.sweep.table import HEADER, SweepTable
from tui.widgets.teaching.lesson_line import lesson_lines

LINES = 4
"""Rows besides charts and table, which share the rest: ten values fit on a terminal of 24 rows."""

LEAST_WIDTH, LEAST_HEIGHT = 30, 8


class SweepView(Closing, inherit_bindings=False):
    """Shows the sweep that the feed reads. Turns keys into messages, which the app answers."""

    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("sweepview")
    DEFAULT_CSS = """
    SweepView #charts { height: 1fr; }
    SweepView #small { height: 1fr; display: none; }
    SweepView #message, SweepView #lesson { display: none; }
    SweepView.-small > * { display: none; }
    SweepView.-small > #small { display: block; }
    """

    def __init__(
        self,
        sweep_id: int,
        store_name: str,
        snapshot: Snapshot,
        chart_style: ChartStyle,
        sentence: str = "",
        at: int | None = None,
        lessons: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__()
        self.sweep_id = sweep_id
        self._store_name = store_name
        self._snapshot = snapshot
        self._chart_style = chart_style
        self._sentence, self._failed = sentence, False
        self._start_sentence = sentence
        self._pointed: Values | None = None
        self._follows_best = True
        self._at = at
        self.chosen_options: ChartOptions | None = None
        self.filter_text = ""
        """The filter of the values; '' lists all of them."""
        self._lessons_shown = lessons
        self._lesson: Lesson | None = None
        self._chart = ChartPane(self._curves(), chart_style)
        self._axes = AxisKeys(self, self._chart)
        self._readout = ReadoutKeys(self, self._chart)
        self._panes = PaneKeys(self)
        share_actions(self, self._axes, self._readout, self._panes, SweepKeys(self))

    def resume(self, before: SweepView) -> None:
        """Begin with the charts, their options and the filter as they were in a view that was left."""
        self._panes.resume(before._panes)
        self.chosen_options, self.filter_text = before.chosen_options, before.filter_text

    @property
    def seen(self) -> SweepSeen:
        """The sweep as last read; an empty one before that."""
        found = self._snapshot.sweep
        return found if found is not None and found.sweep_id == self.sweep_id else SweepSeen(self.sweep_id)

    @property
    def chart_options(self) -> ChartOptions:
        """The chosen options of the curves, else those that the sweep was read with."""
        return self.chosen_options or self.seen.chart_options

    @property
    def pointed(self) -> ValueResult | None:
        """The result at the value under the cursor; None where the filter leaves none."""
        return next((result for result in self.seen.listed if result.values == self._pointed), None)

    @property
    def cursor(self) -> tuple[Values | None, bool]:
        """The value under the cursor, and whether the cursor stays with the best one."""
        return self._pointed, self._follows_best

    @property
    def is_reading(self) -> bool:
        """Whether the values that fit the filter are still being read."""
        return self.filter_text != self.seen.filter_text and not self.seen.complaint

    def compose(self) -> ComposeResult:
        yield Lines(lambda width, _: [header(self._snapshot, self._store_name, width)])
        yield Lines(lambda width, _: [head.title(self.seen, width, self._chart_style.written)], css_id="title")
        yield Lines(lambda width, _: [head.rungs(self.seen, width)], css_id="rungs")
        with Horizontal(id="charts"):
            yield self._chart
            yield PicturePane(self._response, css_id="response")
        yield SweepTable()
        yield Lines(lambda width, _: [head.best(self.seen, width)], css_id="best")
        yield WrappedLines(self._message, css_id="message")
        yield Lines(lambda width, _: lesson_lines(self._lesson, width), css_id="lesson")
        yield Footer(self._keys)
        yield Lines(self._too_small, css_id="small")

    def _keys(self) -> list[Key]:
        result = self.pointed
        pointed = [] if result is None else [self.seen.runs[run_id] for run_id in result.run_ids]
        return sweep_keys(self.seen, pointed, is_filtered=bool(self.filter_text))

    def on_mount(self) -> None:
        self.update(self._snapshot)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange(event.size)
        self.call_after_refresh(self.paint)

    def update(self, snapshot: Snapshot) -> None:
        """Show a snapshot. The cursor stays on the best value until the viewer moves it."""
        self._snapshot = snapshot
        seen = self.seen
        self._go_to_run(seen)
        self._set_lesson(seen)
        if seen.outcome is not None and seen.outcome.over and self._sentence == self._start_sentence:
            self._sentence = ""  # the sentence about the start is out of date
        best = None if seen.outcome is None else seen.outcome.best
        if self._follows_best and best is not None:
            self._pointed = best.values
        self._pointed = seen.nearest(self._pointed)
        self.paint()

    def filter_values(self, text: str, cursor: tuple[Values | None, bool] | None = None) -> None:
        """List the values that fit a filter; `cursor`: where the cursor is to be, as `cursor` tells it."""
        self.filter_text = text
        if cursor is not None:
            self._pointed, self._follows_best = cursor
        self.post_message(SweepLookedAt())

    def _set_lesson(self, seen: SweepSeen) -> None:
        """Once the sweep is over, set its lesson unless it was shown before."""
        before, found = self._lesson, of_sweep(seen)
        self._lesson = found if found is None or found.name not in self._lessons_shown else None
        if self._lesson is not None and before is None and self.app.size.height >= LOW:
            self.post_message(LessonTold(self._lesson.name))

    def _go_to_run(self, seen: SweepSeen) -> None:
        """Once the sweep is read, point the cursor at the value of the run that it was opened from."""
        values = next((result.values for result in seen.values if self._at in result.run_ids), None)
        if values is not None:
            self._pointed, self._follows_best, self._at = values, False, None

    def tell(self, sentence: str, *, failed: bool = False) -> None:
        """Show a cleaned sentence above the keys."""
        self._sentence, self._failed = sentence, failed
        self.paint()

    def handles(self, answer: Answer) -> bool:
        self.tell(answer.sentence, failed=answer.failed)
        return True

    def paint(self) -> None:
        """Update every widget; unchanged rows are not sent."""
        if not self.query(SweepTable):
            return
        self._arrange(self.app.size)
        self._chart.show(self._curves())
        self.query_one(SweepTable).show(self._snapshot, self.seen, self._pointed)
        for lines in self.query(Lines):
            if not isinstance(lines, SweepTable):
                lines.update()

    def _arrange(self, size: Size) -> None:
        if not self.query(SweepTable):
            return
        seen, panes = self.seen, self._panes.shown(size)
        self.set_class(size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT, "-small")
        self.query_one("#rungs").display = seen.outcome is not None and seen.outcome.plan.halving is not None
        self.query_one("#message").display = bool(self._sentence or self.filter_text)
        self.query_one("#lesson").display = self._lesson is not None and size.height >= LOW
        self.query_one("#charts").display = panes != "table"
        self._chart.display = panes in ("both", "curves")
        self.query_one("#response").display = panes in ("both", "response")
        table = self.query_one(SweepTable)
        table.display = panes == "table" or (size.height >= LOW and self._panes.whole != "charts")
        rows = max(len(seen.listed), 1) + HEADER
        table.styles.height = "1fr" if panes == "table" else min(rows, max((size.height - LINES) // 2, 3) + HEADER)

    def _curves(self) -> ChartView:
        return curves_view(self.seen, self._pointed, self.chart_options)

    def _response(self, width: int, height: int) -> Picture:
        charset = self._chart_style.charset
        if self.seen.outcome is None:
            hint = "it cannot be read" if self.seen.complaint else "reading …"
            return draw_response(ResponseView(empty_hint=hint), width, height, charset=charset)
        if len(self.seen.outcome.plan.axes) > 1:
            return draw_heat(heat_view(self.seen, self._pointed), width, height, charset=charset)
        view = response_view(self.seen, self._pointed, self.chart_options, width)
        return draw_response(view, width, height, charset=charset)

    def _message(self, width: int, height: int) -> list[Strip]:
        if self._sentence or not self.filter_text:
            return message_lines(self._sentence, width, height, failed=self._failed)
        counted_values = f"{len(self.seen.listed):,} of {counted(len(self.seen.values), 'value')}"
        return message_lines(f"filter: {clean(self.filter_text, 80)} · {counted_values}", width, height, "esc: clear")

    def _too_small(self, width: int, _: int) -> list[Strip]:
        is_over = self.seen.outcome is not None and self.seen.outcome.over
        return too_small((LEAST_WIDTH, LEAST_HEIGHT), "" if is_over else "the sweep goes on", width)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Steer no run that is not seen."""
        return not (self.has_class("-small") and needs_sight(action, parameters))

    def on_sweep_value_pointed(self, message: SweepValuePointed) -> None:
        message.stop()
        self._point(message.values)
        if message.pointing == "open":
            self.action_open()
        elif message.pointing == "commands":
            self.post_message(DialogRequested("commands"))

    def _point(self, values: Values) -> None:
        self._pointed, self._follows_best = values, False
        self._sentence = ""
        self.paint()

    def action_move(self, by: int) -> None:
        listed = self.seen.listed
        if listed:
            place = next((place for place, result in enumerate(listed) if result.values == self._pointed), 0)
            self._point(listed[max(0, min(place + by, len(listed) - 1))].values)

    def action_across(self, by: int) -> None:
        """Move the readout; else to the next value of the first parameter of a grid; with one parameter, pan."""
        if self.chart_options.cursor is not None:
            self._readout.move(by)
            return
        if self.seen.outcome is None or self._pointed is None:
            return
        if len(self.seen.outcome.plan.axes) < 2:
            self._axes.pan(by)
            return
        firsts = self.seen.outcome.plan.axes[0].ordered
        at = firsts.index(self._pointed[0]) if self._pointed[0] in firsts else 0
        wanted = (firsts[max(0, min(at + by, len(firsts) - 1))], *self._pointed[1:])
        if any(result.values == wanted for result in self.seen.listed):
            self._point(wanted)

    def action_edge(self, by: int) -> None:
        self.action_move(by * len(self.seen.values))

    def action_filter(self) -> None:
        """Ask for a filter."""
        self.post_message(DialogRequested("value filter"))

    def drawn_runs(self) -> list[Run]:
        return drawn_runs(self.seen)

    def with_options(self, chart_options: ChartOptions) -> None:
        """Show other options at once; missing data come with the next read."""
        if chart_options != self.chart_options:
            self.chosen_options = chart_options
            self._sentence = ""
            self.paint()
            self.post_message(SweepLookedAt())

    def action_metric(self) -> None:
        self.with_options(self.chart_options.with_next_metric(tuple(METRICS)))

    def action_zoom(self, factor: float) -> None:
        self._axes.zoom(factor, None)

    def on_chart_scrolled(self, message: ChartScrolled) -> None:
        message.stop()
        self._axes.zoom(message.factor, message.x)

    def on_chart_range_dragged(self, message: ChartRangeDragged) -> None:
        message.stop()
        self._axes.select(message.low, message.high)

    def on_chart_clicked(self, message: ChartClicked) -> None:
        message.stop()
        self._readout.click(message.x)

    def on_chart_pointed(self, message: ChartPointed) -> None:
        message.stop()
        self._readout.point(message.x)

    def on_run_pointed(self, message: RunPointed) -> None:
        """Point at the value of a run that was clicked in the readout."""
        message.stop()
        self._at = message.run_id
        self._go_to_run(self.seen)
        self.paint()

    def drawn(self) -> tuple[ChartView, Picture | None]:
        """What the chart of curves shows, without a readout."""
        return curves_view(self.seen, self._pointed, self.chart_options.reading(None)), self.query_one(
            ChartPane
        ).picture

    def drawn_beside(self) -> ResponseView | None:
        """The loss by value, as wide as a saved picture has room for; None for a grid and before it is read."""
        outcome = self.seen.outcome
        if outcome is None or len(outcome.plan.axes) > 1:
            return None
        return replace(response_view(self.seen, None, self.chart_options, self.app.size.width), pointed=None)

    def action_open(self) -> None:
        if self.pointed is not None:
            self.post_message(RunShown(self.pointed.run_ids[0], self.sweep_id))

    def action_back(self) -> None:
        """Clear the message, end the readout, show all parts again, clear the filter, or close."""
        if self._sentence:
            self.tell("")
        elif self.chart_options.cursor is not None:
            self._readout.action_readout()
        elif self._panes.whole != "all":
            self._panes.share()
        elif self.filter_text:
            self.filter_values("")
            self.paint()
        else:
            self.dismiss()
