"""The app: holds what was read and what was chosen, and answers the messages of screens, feed and signals."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message

from engine.spec import SpecError
from engine.store import FilterError, StoreError
from engine.text import clean
from tui.app import orders
from tui.app.export_actions import Desk
from tui.app.key_queue import Turnstile
from tui.app.notices import Announcing
from tui.app.playback import Playback
from tui.app.probe_actions import ProbeHelm
from tui.app.recovery import Rescue
from tui.app.sweep_actions import SweepHelm
from tui.app.theming import Wardrobe
from tui.app.view_saver import Keeper, Keeping
from tui.colours.theme import INPUT_CSS, THEME
from tui.model import keymap, x_extent
from tui.model.choices import place_of
from tui.model.messages import (
    ChoicesChanged,
    DraftKept,
    FilterSubmitted,
    LessonTold,
    OrderAnswered,
    ReadFailed,
    RunRejected,
    RunsQueued,
    RunSubmitted,
    SignalCaught,
    SnapshotRead,
)
from tui.model.snapshot import Snapshot
from tui.presenting.curves import drawn_runs
from tui.reading.feed import Feed, Outcome
from tui.screens.board import Board
from tui.view_state.recall import choices_of, view_of
from tui.view_state.remembered import View
from tui.widgets.chart_pane import Brush

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

SMALLEST_READ = 64
"""Points per curve that are asked for at least, however narrow the chart."""


class Dashboard(Announcing, Playback, Keeping, Wardrobe, Desk, SweepHelm, ProbeHelm, Turnstile, inherit_bindings=False):
    """The dashboard on one store. `first` is what the feed has read already; the feed is started and waits.

    `view` is how it was last looked at, `theme` another theme than it says; with `ascii_only` only ASCII is written.
    """

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = keymap.bindings("app")
    CSS = INPUT_CSS

    def __init__(
        self, path: Path, feed: Feed, first: Snapshot, view: View, theme: str = "", *, ascii_only: bool = False
    ) -> None:
        super().__init__()
        self.register_theme(THEME)
        self.theme = THEME.name
        self.path = path
        self.snapshot = first
        view = view.of_store(first.born)
        self.choices = choices_of(view).follow(first.newest, first.runs, first.others)
        self._feed = feed
        self._compared = first
        self._draft: Mapping[str, str] = {}
        self._unreadable = False
        self._unanswered = False
        self.notice = ""
        """What was done to the store on opening that its user should know."""
        self._rescue = Rescue()
        self.rim.ascii_only = ascii_only
        self.theme_chosen = view.theme
        self.keeper = Keeper(path, view_of(self.choices, view.theme), first.born)
        self.dress(theme or view.theme)
        self.store_name = clean(path.name, 40)
        self.brush = Brush("ascii" if ascii_only else "unicode", markers=self.worn.scheme == "none")
        self._board = self.live_board = Board(self.store_name, first, self.choices, self.brush)

    def get_default_screen(self) -> Board:
        return self.live_board

    def on_mount(self) -> None:
        self._feed.deliver = self._deliver
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """The first picture is there: what it did not need may come now."""
        if not gc.isenabled():
            gc.freeze()  # what was imported stays: looking at it again and again would only take time
            gc.enable()
        if self.notice:
            self._board.tell(clean(self.notice, 300))
        self._see_to_workers()
        self._ask()

    def _see_to_workers(self) -> None:
        """Have runs that nobody works on taken up again, in a thread."""
        if self._rescue.is_needed(self.snapshot):
            self.run_worker(self._take_up, thread=True, exit_on_error=False, group="rescue")

    def _take_up(self) -> None:
        if not orders.take_up(self.path):
            self._rescue.failed()

    def is_reading(self) -> bool:
        choices, snapshot = self.choices, self.snapshot
        looks_for = choices.edge or choices.listing != snapshot.listing or self.sought is not None
        is_elsewhere = place_of(snapshot.rows, choices) is None and snapshot.sought != choices.cursor
        return not self._unreadable and bool(self.is_opening or looks_for or (snapshot.rows and is_elsewhere))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            self.rim.link.pressed()
        await super().on_event(event)

    def on_unmount(self) -> None:
        self._feed.stop()

    def _deliver(self, outcome: Outcome) -> None:
        if isinstance(outcome, Snapshot):
            self.post_message(SnapshotRead(outcome))
        else:
            self.post_message(ReadFailed(clean(str(outcome), 300)))

    def written(self) -> None:
        if self._unanswered:
            self.call_next(self._ask_when_drawn)

    def _ask_when_drawn(self) -> None:
        """Ask the feed for what is new once the terminal shows what was read before."""
        self._unanswered = not self.rim.is_open
        if not self._unanswered:
            self._ask()

    def _ask(self) -> None:
        if not self.is_early():
            self._feed.ask(self.wanted(max(2 * self.size.width, SMALLEST_READ)))

    def _show(self) -> None:
        self._board.update(self.snapshot, self.choices)
        self.show_sweep(self.snapshot)
        self.rim.flush()
        self._ask_when_drawn()

    def on_snapshot_read(self, message: SnapshotRead) -> None:
        if not self.screen_stack:
            return  # on the way out
        if self._unreadable:
            self._unreadable = False
            self._board.tell("The store can be read again.")
        if self.takes(message.snapshot):
            message.prevent_default()
            return
        read = message.snapshot
        if read.born != self.keeper.born:
            self._begin_anew(read)
        self.snapshot = read
        self._see_to_workers()
        before = self.choices
        self.choices = before.follow(read.newest, read.rows, read.others, read.sought, read.instead)
        self.tell_marks(before, self.choices)
        self.choices = self.choices.looking_so(self.choices.look.followed(self._newest()))
        self._show()

    def _begin_anew(self, read: Snapshot) -> None:
        """Another store has the place: what was chosen, compared or can be undone tells of runs of the one before."""
        view = replace(view_of(self.lasting(), self.theme_chosen), born=self.keeper.born).of_store(read.born)
        self.choices = choices_of(view)
        self.keeper = Keeper(self.path, view_of(self.choices, view.theme), read.born)
        self._compared = read
        self.deleted.clear()
        self._board.tell("Another store has the place of the one that was shown: it begins with marks of its own.")

    def _newest(self) -> float | None:
        """Where the newest iteration of a drawn run that goes on stands on the x axis."""
        return x_extent.newest_going_on(self.choices.look, drawn_runs(self.snapshot, self.choices))

    def on_read_failed(self, message: ReadFailed) -> None:
        self._unreadable = True
        self._board.tell(message.sentence, failed=True, lasting=True)
        self.call_after_refresh(self._ask)

    def on_choices_changed(self, message: ChoicesChanged) -> None:
        self.choices = message.choices
        self._show()

    def on_filter_requested(self) -> None:
        from tui.screens.prompt import Prompt, Question

        asked = Question("filter", "filter", self.choices.listing.text)
        title = "Which runs? Such as sgd loss<0.5 | tag:keep -step_size>=1; empty: all of them."
        self.push_screen(Prompt(title, (asked,), FilterSubmitted))

    def on_filter_submitted(self, message: FilterSubmitted) -> None:
        listing = replace(self.choices.listing, text=message.texts["filter"].strip())
        try:
            listing.check()
        except FilterError as error:
            self.post_message(OrderAnswered(str(error), failed=True))
            return
        self.screen.dismiss()
        self._board.hush()  # how many runs fit is said in its place
        self.choices = self.choices.listing_so(listing)
        self._show()

    def on_sentence_dismissed(self) -> None:
        self._board.tell("")

    def on_lesson_told(self, message: LessonTold) -> None:
        self.choices = self.choices.having_told(message.name)
        self._notice()
        self._show()

    def on_race_requested(self) -> None:
        self.order(lambda: RunsQueued(orders.start_race(self.path)))

    def on_new_run_requested(self) -> None:
        from tui.screens.new_run import NewRun  # brings Textual's Input in, which the first frame does not need

        self.push_screen(NewRun(self._draft or self.usual_texts()))

    def on_draft_kept(self, message: DraftKept) -> None:
        self._draft = message.texts

    def on_run_submitted(self, message: RunSubmitted) -> None:
        self.order(lambda: RunsQueued(orders.start(self.path, message.spec, message.name)))

    def on_runs_queued(self, message: RunsQueued) -> None:
        self.leave_replay()
        while self.screen is not self._board:
            self.pop_screen()
        self._board.tell("")
        self.choices = self.choices.pointing_at(max(message.run_ids))
        self._ask()

    def on_order_answered(self, message: OrderAnswered) -> None:
        from tui.screens.new_run import NewRun
        from tui.screens.prompt import Prompt

        if isinstance(self.screen, NewRun) and self.screen.waits and message.failed:
            self.screen.reject("", clean(message.sentence, 300))
            return
        if isinstance(self.screen, Prompt) and self.screen.waits:
            if message.failed:
                self.screen.complain(clean(message.sentence, 300))
                return
            self.screen.dismiss()
        self.tell(clean(message.sentence, 300), failed=message.failed)

    def tell(self, sentence: str, *, failed: bool = False) -> None:
        self._board.tell(sentence, failed=failed)

    def on_signal_caught(self, message: SignalCaught) -> None:
        self.exit(128 + message.number)

    @cached_property
    def _clerk(self) -> ThreadPoolExecutor:
        """Carries orders out one after the other: pause, then resume, must not become resume, then pause."""
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(1, "orders")

    def order(self, carry_out: Callable[[], Message]) -> None:
        def work() -> None:
            try:
                self.post_message(carry_out())
            except SpecError as error:
                self.post_message(RunRejected(error.field, error.message))
            except Exception as error:  # whatever it is, the dashboard stays and says it
                told = str(error) if isinstance(error, StoreError | ValueError) else f"It failed: {error!r}"
                self.post_message(OrderAnswered(told, failed=True))

        self._clerk.submit(work)

    def on_run_rejected(self, message: RunRejected) -> None:
        from tui.screens.new_run import NewRun
        from tui.screens.prompt import Prompt

        if isinstance(self.screen, NewRun):
            self.screen.reject(message.field, message.sentence)
        elif isinstance(self.screen, Prompt):
            self.screen.complain(clean(message.sentence, 300))
        else:
            self._board.tell(message.sentence, failed=True)

    def action_help(self) -> None:
        from tui.screens.help import Help

        self.push_screen(Help("sweepview" if self.sweep_id is not None else self._board.place))

    def action_leave(self) -> None:
        self.exit(0)
