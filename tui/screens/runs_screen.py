"""The screen of runs: the list, the curves and the details of one. Board and replay derive from it."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size
from textual.strip import Strip
from textual.timer import Timer

from engine.text import clean
from tui.chart import ChartView
from tui.model import keymap
from tui.model.answer import Answer
from tui.model.choices import Choices
from tui.model.keymap import Key, Place
from tui.model.messages import (
    ChartClicked,
    ChartPointed,
    ChartRangeDragged,
    ChartScrolled,
    ChoicesChanged,
    LessonTold,
    ListScrolled,
    MetricPointed,
    RaceRequested,
    RowPointed,
    RunPointed,
    SentenceDismissed,
    SortRequested,
)
from tui.model.snapshot import Snapshot
from tui.presenting.curves import chart_view
from tui.presenting.lessons import Lesson, of_race
from tui.presenting.offered_keys import board_keys
from tui.presenting.race import racers, verdict
from tui.screens.keys.chart_keys import ChartKeys
from tui.screens.keys.key_parts import needs_sight, share_actions
from tui.screens.keys.list_keys import ListKeys
from tui.screens.keys.room_keys import LOW, WIDE, RoomKeys
from tui.terminal.textual_internals import OnceComposedScreen
from tui.widgets.chart_pane import ChartPane, ChartStyle
from tui.widgets.details import details
from tui.widgets.footer import Footer, message_lines, too_small
from tui.widgets.header import header
from tui.widgets.lines import Lines, WrappedLines
from tui.widgets.run_page import RunPage
from tui.widgets.runs_table import RunsTable
from tui.widgets.teaching.lesson_line import lesson_lines
from tui.widgets.welcome import WELCOME_KEYS, welcome

LONG_VERDICT = 75
"""Columns from which a race's verdict is the long sentence, which then takes at most two rows."""

UPDATE_S = 0.5
"""Least seconds between two updates of the numbers of growing runs: faster ones could not be read."""

LEAST_WIDTH, LEAST_HEIGHT = 40, 12
"""Smallest size, in cells, at which more than a sentence is shown."""


class RunsScreen(OnceComposedScreen, inherit_bindings=False):
    """Shows a snapshot under the viewer's choices, or the welcome if the store is empty."""

    ALLOW_SELECT = False
    place: Place = "board"
    fixed_rows = 2
    """Rows besides the body and the details: header and footer."""
    is_guided = False
    """Whether the tour says what to do on an empty store, so that the welcome has nothing to say."""
    DEFAULT_CSS = """
    #body { height: 1fr; layout: vertical; }
    RunsScreen.-wide #body { layout: horizontal; }
    RunsScreen.-unlisted RunsTable, RunsScreen.-unlisted #details, RunsScreen.-chartless ChartPane { display: none; }
    RunsScreen RunPage { display: none; }
    RunsScreen.-detailed RunPage { display: block; }
    #details { height: 2; }
    RunsScreen.-low #details { height: 1; }
    #welcome, #small { height: 1fr; }
    #message, #lesson, #small, #welcome { display: none; }
    RunsScreen.-teaching #lesson { display: block; }
    RunsScreen.-telling #message { display: block; }
    RunsScreen.-empty #body, RunsScreen.-empty #details { display: none; }
    RunsScreen.-empty #welcome { display: block; }
    RunsScreen.-small > * { display: none; }
    RunsScreen.-small > #small { display: block; }
    """

    def __init__(self, store_name: str, snapshot: Snapshot, choices: Choices, chart_style: ChartStyle) -> None:
        super().__init__()
        self.snapshot = snapshot
        self.choices = choices
        self.chart_style = chart_style
        self._store_name = store_name
        self._sentence, self._failed = "", False
        self._dismissed = self._news = ""
        self.standing = ""
        """The sentence shown while no other message is due."""
        self._lasting, self._painted_at = False, 0.0
        self._painted: Choices | None = None
        self._table = RunsTable(snapshot, choices)
        self._page = RunPage(snapshot, choices, chart_style.manner)
        self._chart = ChartPane(chart_view(snapshot, choices), chart_style)
        self._lines: tuple[Lines, ...] = (
            Lines(
                lambda width, _: [header(self.snapshot, self._store_name, width, is_replay=self.place == "replay")],
                css_id="header",
            ),
            Lines(welcome, css_id="welcome"),
            Lines(lambda width, _: details(self.snapshot, self.choices, width, chart_style.written), css_id="details"),
            WrappedLines(self._message, css_id="message"),
            Lines(lambda width, _: lesson_lines(self._lesson(width), width), css_id="lesson"),
            Footer(self._keys, css_id="footer"),
            Lines(self._too_small, css_id="small"),
        )
        self._paint_timer: Timer | None = None
        self._panels: tuple[ChartView, ...] = ()
        self._is_dragging = False
        self.chart_keys = ChartKeys(self, self._chart)
        self.list_keys = ListKeys(self, self._table, self._page)
        self.room_keys = RoomKeys(self)
        share_actions(self, *self.chart_keys.parts, self.list_keys, self.room_keys)

    def compose(self) -> ComposeResult:
        self._arrange(self.app.size)
        head, *others = self._lines
        yield head
        with Container(id="body"):
            yield self._table
            yield self._page
            yield self._chart
        yield from others

    def on_resize(self, event: events.Resize) -> None:
        self._arrange(event.size)

    def update(self, snapshot: Snapshot, choices: Choices) -> None:
        """Show a snapshot under the viewer's choices. Numbers that only grow are not updated at every read."""
        is_growth = choices == self._painted and snapshot.shape == self.snapshot.shape
        self.snapshot, self.choices = snapshot, choices
        since = monotonic() - self._painted_at
        if not is_growth or since >= UPDATE_S:
            self.paint()
            return
        view = self.view(self._panels)
        self._panels = view.panels
        self._chart.show(view)
        self.show_growth()
        if self._paint_timer is None:
            self._paint_timer = self.set_timer(2 * UPDATE_S - since, self.paint)

    def hold(self, snapshot: Snapshot, choices: Choices) -> None:
        """Take over a snapshot while another screen hides this one: it is painted when that has closed."""
        self.snapshot, self.choices = snapshot, choices

    def on_screen_resume(self) -> None:
        self.paint()

    def show_growth(self) -> None:
        """Show what is updated at every read besides the chart: nothing, because nobody could read such numbers."""

    def show_rows(self, *, with_previews: bool = True) -> None:
        """Update all besides the chart, and the list's small curves if they are wanted; unchanged rows are not sent."""
        self._table.show(self.snapshot, self.choices, with_previews=with_previews)
        self._page.show(self.snapshot, self.choices)
        for lines in self._lines:
            lines.update()

    def tell(self, sentence: str, *, failed: bool = False, lasting: bool = False) -> None:
        """Show a cleaned sentence above the keys until '' clears it or, unless `lasting`, a key takes effect."""
        self._sentence, self._failed, self._lasting = sentence, failed, lasting
        self.paint()

    def handles(self, answer: Answer) -> bool:
        """Show an answer; always True."""
        self.tell(answer.sentence, failed=answer.failed)
        return True

    def announce(self, news: str) -> None:
        """Show news unless another message is due; '' clears them."""
        self._news = news
        self.paint()

    def choose(self, choices: Choices) -> None:
        """Take over other choices at once, because the next key may arrive before the message does."""
        if choices != self.choices:
            self.clear_message()
            self.choices = choices
            self.post_message(ChoicesChanged(choices))

    def clear_message(self) -> None:
        """Clear the message unless it lasts."""
        if not self._lasting:
            self._sentence, self._failed = "", False

    @property
    def previewed_rows(self) -> int:
        """Number of table rows that show a preview of their run."""
        return self._table.previewed_rows

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that the list shows."""
        return tuple(column.name for column in self._table.columns)

    @property
    def empty(self) -> bool:
        """Whether the store has no run yet, and nobody but the welcome says what to do."""
        return not self.snapshot.counts and not self.is_guided

    def paint(self) -> None:
        """Update every widget; unchanged rows are not sent."""
        if self._paint_timer is not None:
            self._paint_timer.stop()
            self._paint_timer = None
        choices_changed = self.choices != self._painted
        self._painted_at, self._painted = monotonic(), self.choices
        self._arrange(self.app.size)
        view = self.view()
        self._panels = () if choices_changed else view.panels  # data for the new choices may not have been read yet
        self._chart.show(view)
        self.show_rows()

    def view(self, before: Sequence[ChartView] = ()) -> ChartView:
        """The chart's view; panels without the focus are taken from `before`."""
        return chart_view(self.snapshot, self.choices, before)

    def _arrange(self, size: Size) -> None:
        small = size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT
        self.set_class(size.width >= WIDE, "-wide")
        self.set_class(small, "-small")
        self.set_class(size.height < LOW, "-low")
        self.set_class(self.empty and not small, "-empty")
        choices = self.choices
        self.set_class(choices.alone or choices.room not in ("all", "list"), "-unlisted")
        self.set_class((choices.alone and choices.room == "all") or choices.room == "details", "-detailed")
        self.set_class(choices.room not in ("all", "chart"), "-chartless")
        width, height = self.room_keys.list_size(size, choices)
        for widget in (self._table, self._page):
            widget.styles.width, widget.styles.height = width or "100%", height or "100%"
        self.set_class(bool(self._message_and_hint(size.width)[0]) and not small, "-telling")
        self.set_class(self._teaches(self._lesson(size.width)) and not small, "-teaching")

    def _message_and_hint(self, width: int) -> tuple[str, str]:
        """The message above the keys, and a hint which key to press."""
        text = self.snapshot.listing.text
        sentence = self._sentence or (self._news if text and not self.snapshot.complaint else "")
        if sentence:
            return sentence, f"filter: {clean(text, max(width // 4, 8))}" if text else ""
        if self.snapshot.complaint:
            return clean(self.snapshot.complaint, 200), "esc: clear filter"
        if text:
            counted_runs = f"{self.snapshot.fitting:,} of {sum(self.snapshot.counts.values()):,} runs"
            return f"filter: {clean(text, 80)} · {counted_runs}", "esc: clear"
        if seen := self._verdict(width):
            lesson = self._lesson(width)
            is_hint = lesson is not None and not self._teaches(lesson) and width >= LONG_VERDICT
            return seen, f"{lesson.keys}: {lesson.next}" if lesson is not None and is_hint else ""
        return self._news or self.standing, ""

    def _verdict(self, width: int) -> str:
        """The verdict on the race; '' if it was dismissed."""
        seen = verdict(racers(self.snapshot), long=width >= LONG_VERDICT)
        return "" if seen == self._dismissed else seen

    def _lesson(self, width: int) -> Lesson | None:
        """The lesson of the race, while its verdict is shown and nobody has dismissed it."""
        lesson = of_race(racers(self.snapshot))
        is_due = lesson is not None and lesson.name not in self.choices.lessons
        is_said = not self._sentence and not self.snapshot.listing.text and bool(self._verdict(width))
        return lesson if is_due and is_said else None

    def _teaches(self, lesson: Lesson | None) -> bool:
        """Whether a lesson has its own line; otherwise its keys are beside the verdict."""
        return lesson is not None and bool(lesson.seen) and self.app.size.height >= LOW

    def _message(self, width: int, height: int) -> list[Strip]:
        sentence, hint = self._message_and_hint(width)
        return message_lines(sentence, width, height, hint, failed=self._failed)

    def _keys(self) -> list[Key]:
        if not self.empty:
            return self.offered_keys()
        keys = (key for key in keymap.keys_of(self.place) if key.action in WELCOME_KEYS)
        return [*keymap.keys_of("welcome"), *keys]

    def offered_keys(self) -> list[Key]:
        """The keys that work here and now, as the footer offers them."""
        return board_keys(self.snapshot, self.choices)

    def _too_small(self, width: int, _: int) -> list[Strip]:
        count = self.snapshot.going_on
        going_on = f"{count} run{' goes' if count == 1 else 's go'} on" if count else ""
        return too_small((LEAST_WIDTH, LEAST_HEIGHT), going_on, width)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Steer no run that is not seen."""
        return not (self.has_class("-small") and needs_sight(action, parameters))

    def action_open(self) -> None:
        """Start the race, fold a sweep, enlarge a panel, or show the run alone: the first that applies."""
        if self.empty:
            self.post_message(RaceRequested())
        elif self.list_keys.fold():
            return
        elif self.choices.chart_options.layout == "measures" and self.choices.room in ("all", "chart"):
            self.chart_keys.with_options(self.choices.chart_options.enlarging(self.choices.chart_options.metric))
        elif not self.choices.alone and self.choices.pointed is not None:
            self.choose(self.choices.looking(alone=True))

    def action_back(self) -> None:
        """Clear the message, or undo the last choice: readout, room, enlarged panel, run alone, filter, verdict."""
        if self._sentence:
            self.post_message(SentenceDismissed())
        elif self.choices.chart_options.cursor is not None:
            self.chart_keys.readout.action_readout()
        elif self.choices.room != "all":
            self.choose(self.choices.giving("all"))
        elif self.choices.chart_options.enlarged:
            self.chart_keys.action_layout()
        elif self.choices.alone:
            self.list_keys.leave_run()
        elif self.choices.listing.text:
            self.list_keys.clear_filter()
        else:
            lesson = self._lesson(self.app.size.width)
            self._dismissed = self._message_and_hint(self.app.size.width)[0]
            self.paint()
            if lesson is not None:
                self.post_message(LessonTold(lesson.name))

    @property
    def goes_back(self) -> bool:
        """Whether esc undoes a choice of this screen."""
        choices, options = self.choices, self.choices.chart_options
        return options.cursor is not None or choices.room != "all" or options.enlarged or choices.alone

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Start to drag the border: the columns on both sides of it, or the row of the chart's title."""
        region = self._chart.region
        beside, above = event.screen_x - region.x, event.screen_y - region.y
        is_border = beside in (-1, 0) if self.app.size.width >= WIDE else above == 0
        if (
            is_border
            and self.choices.room == "all"
            and not self.empty
            and self.query_one("#body").region.contains(event.screen_x, event.screen_y)
        ):
            self._is_dragging = True
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._is_dragging:
            body = self.query_one("#body").region
            self.room_keys.split_at(event.screen_x - body.x, event.screen_y - body.y)

    def on_mouse_up(self) -> None:
        if self._is_dragging:
            self._is_dragging = False
            self.release_mouse()

    def on_row_pointed(self, message: RowPointed) -> None:
        message.stop()
        self.list_keys.click(message.row, message.pointing)

    def on_list_scrolled(self, message: ListScrolled) -> None:
        message.stop()
        self.choose(self.choices.scrolling(message.row))

    def on_run_pointed(self, message: RunPointed) -> None:
        message.stop()
        self.list_keys.click_run(message.run_id, message.pointing)

    def on_sort_requested(self, message: SortRequested) -> None:
        message.stop()
        self.list_keys.action_sort_by(message.order)

    def on_chart_pointed(self, message: ChartPointed) -> None:
        message.stop()
        self.chart_keys.readout.point(message.x)

    def on_chart_clicked(self, message: ChartClicked) -> None:
        message.stop()
        self.chart_keys.readout.click(message.x)

    def on_chart_range_dragged(self, message: ChartRangeDragged) -> None:
        message.stop()
        self.chart_keys.axes.select(message.low, message.high)

    def on_metric_pointed(self, message: MetricPointed) -> None:
        message.stop()
        self.chart_keys.point_at_measure(message.metric, twice=message.twice)

    def on_chart_scrolled(self, message: ChartScrolled) -> None:
        message.stop()
        self.chart_keys.axes.zoom(message.factor, message.x)
