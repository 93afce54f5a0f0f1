"""The replay: the runs as they were at the time of a clock, with a scrubber to move it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from textual import events
from textual.app import ComposeResult

from tui.chart import Axes, ChartView, axes_of, held
from tui.model import keymap
from tui.model.choices import Choices
from tui.model.clock import Clock, Moment
from tui.model.keymap import Key
from tui.model.messages import (
    ClockTurned,
    DialogRequested,
    ForkRequested,
    ReplayLeft,
    ScrubberDragged,
    ScrubberScrolled,
    SentenceDismissed,
)
from tui.model.snapshot import Snapshot
from tui.model.sweep.sweep_messages import ProbeRequested
from tui.model.timelines import Recording, ReplayData
from tui.presenting.curves import chart_view
from tui.presenting.offered_keys import replay_keys
from tui.screens.keys.key_parts import share_actions
from tui.screens.keys.transport_keys import TransportKeys
from tui.screens.runs_screen import RunsScreen
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.scrubber import Scrubber, ScrubberState


class Replay(RunsScreen, inherit_bindings=False):
    """Shows past snapshots. It holds the clock; the app asks it for the moment to read."""

    BINDINGS = keymap.bindings("replay")
    place = "replay"
    fixed_rows = 3
    DEFAULT_CSS = "Replay.-small #scrubber { display: none; }"

    def __init__(
        self,
        store_name: str,
        snapshot: Snapshot,
        choices: Choices,
        clock: Clock,
        chart_style: ChartStyle,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(store_name, snapshot, choices, chart_style)
        self._lines = (
            *self._lines,
            Scrubber(lambda: ScrubberState(self.clock, self.replay_data, self.choices.pointed)),
        )
        self.transport = TransportKeys(self, clock, now)
        share_actions(self, self.transport)
        self._held: tuple[Snapshot | None, object, dict[str, Axes | None]] = (None, None, {})

    @property
    def clock(self) -> Clock:
        """The clock as of the last tick."""
        return self.transport.clock

    def tick(self) -> Clock:
        """The clock advanced to now."""
        return self.transport.tick()

    @property
    def replay_data(self) -> ReplayData:
        """The recordings and timelines of the runs; empty before the first read."""
        return self.snapshot.replay_data or ReplayData()

    def on_mount(self) -> None:
        self.call_after_refresh(self.paint)  # holding the axes needs the chart's width, known only after layout

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self.paint)

    def compose(self) -> ComposeResult:
        scrubber = self._lines[-1]
        for widget in super().compose():
            if widget.id == "footer":
                yield scrubber
            if widget is not scrubber:
                yield widget

    def show_turned(self) -> None:
        """Show a clock that was moved and tell the app."""
        self._painted = None  # after a jump the next update must paint everything
        if self._sentence:
            self.clear_message()
            self.paint()
        else:
            self._lines[-1].update()
        self.post_message(ClockTurned())

    @property
    def empty(self) -> bool:
        """False: a replay never shows the welcome."""
        return False

    def offered_keys(self) -> list[Key]:
        return replay_keys(
            self.snapshot.run(self.choices.pointed), self.choices, plays=self.clock.playing, stops=self.transport.stops
        )

    def moment(self) -> Moment:
        """The moment to show now."""
        clock = self.tick()
        return Moment(self.choices.marked, clock.kind, clock.position)

    def update(self, snapshot: Snapshot, choices: Choices) -> None:
        """Show a snapshot."""
        if self.clock.playing:
            super().update(snapshot, choices)
        else:
            self.snapshot, self.choices = snapshot, choices
            self.paint()

    def show_growth(self) -> None:
        """Show the rows of the moment that the clock and the chart show: they are compared, and can be stopped.

        Their small curves hold no numbers, and follow as those of a live list do.
        """
        self.show_rows(with_previews=False)

    def view(self, before: Sequence[ChartView] = ()) -> ChartView:
        """The chart's view, on its final axes if they are held."""
        view = super().view(before)
        if not self.clock.holds or self.choices.chart_options.window is not None:
            return view
        axes = self._final_axes()
        return held(view, lambda one: axes.get(one.metric))

    def _final_axes(self) -> dict[str, Axes | None]:
        """The axes of each shown metric at the end of the replay."""
        final, choices = self.snapshot.final, self.choices
        if final is None:
            return {}
        width = self._chart.size.width
        decisive = (width, choices.drawn, replace(choices.chart_options, cursor=None))
        if self._held[0] is not final or self._held[1] != decisive:
            view = chart_view(final, choices)
            self._held = final, decisive, {one.metric: axes_of(one, width) for one in (view, *view.panels)}
        return self._held[2]

    def action_back(self) -> None:
        """Clear the message, undo a choice of this screen, or leave the replay."""
        if self._sentence:
            self.post_message(SentenceDismissed())
        elif self.goes_back:
            super().action_back()
        else:
            self.action_live()

    def action_fork(self) -> None:
        """Fork from the iteration at the clock's position, even if the screen has not shown it yet."""
        one, at = self._here()
        if one is not None:
            checkpoint = one.checkpoint_before(at)
            self.post_message(
                ForkRequested(one.run_id, at, "" if checkpoint is None else f"weights kept of {checkpoint:,}; ")
            )

    def action_probe(self) -> None:
        one, at = self._here()
        if one is not None:
            self.post_message(ProbeRequested(one.run_id, at))

    def _here(self) -> tuple[Recording | None, int]:
        """The run under the cursor and its iterations at the clock's position; says so if it had not begun."""
        one = self.replay_data.recordings.get(self.choices.pointed or 0)
        at = (
            None
            if one is None
            else self.replay_data.timeline(self.clock.kind).cut_of_started(self.clock.position).get(one.run_id)
        )
        if at is None:
            self.tell("This run has not begun: there is nothing to go on from.")
            return None, 0
        return one, at

    def on_scrubber_dragged(self, message: ScrubberDragged) -> None:
        message.stop()
        self.transport.drag(message.share)

    def on_scrubber_scrolled(self, message: ScrubberScrolled) -> None:
        message.stop()
        self.transport.scroll(message.by)

    def action_find(self) -> None:
        """Ask for a run of the replay."""
        self.post_message(DialogRequested("run"))

    def action_live(self) -> None:
        self.post_message(ReplayLeft())
