"""The app: holds the state, and passes each message from screens, feed and signals to the part that answers it.

It is long because each message has its handler here: this file alone shows who answers which message, in which order.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.filter import LineFilter
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen

from engine.own_code.failures import told
from engine.spec import SpecError
from engine.store import StoreError
from engine.text import clean
from tui.app.actions import orders
from tui.app.actions.export_actions import ExportActions
from tui.app.actions.find_actions import FindActions
from tui.app.actions.inspect_actions import InspectActions
from tui.app.actions.list_actions import ListActions
from tui.app.actions.metric_actions import MetricActions
from tui.app.actions.ports import AnswerHandler
from tui.app.actions.probe_actions import ProbeActions
from tui.app.actions.run_actions import RunActions
from tui.app.actions.script_actions import ScriptActions
from tui.app.actions.sweep_actions import SweepActions
from tui.app.key_queue import KeyQueue
from tui.app.learning import Learning
from tui.app.mouse import Mouse
from tui.app.notices import Notices
from tui.app.recovery import Recovery
from tui.app.replay_control import ReplayControl
from tui.app.state import AppState, Shown
from tui.app.theming import Theming
from tui.app.view_saver import ViewFile, ViewSaver
from tui.chart import ChartView, Picture
from tui.chart.drawing.loss_by_value import ResponseView
from tui.chart.values.metrics import METRICS
from tui.colours.theme import INPUT_CSS, THEME
from tui.colours.themes import Theme
from tui.model import keymap, messages
from tui.model.answer import Answer, Deleted, Undo
from tui.model.choices import Choices, place_of
from tui.model.inspection.inquiry_messages import InquiryAnswered, InquiryMade
from tui.model.learning.progress import Progress
from tui.model.snapshot import ReadRequest, Snapshot
from tui.model.sweep import sweep_messages
from tui.reading.feed import Feed, Outcome
from tui.screens.board import Board
from tui.screens.runs_screen import RunsScreen
from tui.terminal.frame_output import FrameOutput
from tui.terminal.textual_internals import send
from tui.view_state.conversion import choices_of, view_of
from tui.view_state.saved_view import View
from tui.widgets.chart_pane import ChartPane, ChartStyle

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from tui.presenting.explained.blocks import Block
    from tui.screens.inspector.exhibit import Exhibit
    from tui.screens.keys.transport_keys import TransportKeys

SMALLEST_READ = 64
"""Smallest number of points per curve to request, however narrow the chart."""


class Dashboard(FrameOutput, inherit_bindings=False):
    """The dashboard of one store. `first` is the feed's first snapshot; the feed is started and waits.

    `view` is the saved view of the store; `theme`, if not '', overrides its theme. With `ascii_only` only ASCII is
    written.
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
        self.output.ascii_only = ascii_only
        self.path = path
        self.store_name = clean(path.name, 40)
        self.notice = ""
        """What opening the store changed in it, for the user; '' if nothing."""
        view = view.of_store(first.created_at)
        self.state = AppState(Shown(first, choices_of(view).follow(first.newest, first.runs, first.others)))
        self._feed = feed
        self._unreadable = False
        self._waits_for_frame = False
        self._recent = view.recent
        self._recovery = Recovery()
        self.theming = Theming(self, view.theme, theme or view.theme)
        self.chart_style = ChartStyle(
            "ascii" if ascii_only else "unicode",
            markers=self.active_theme.scheme == "none",
            grounds=self.active_theme.colours.paints,
        )
        self.live_board = Board(self.store_name, first, self.choices, self.chart_style)
        self.learning = Learning(self, Progress(view.scene, learned=view.learned))
        self.key_queue = KeyQueue(self)
        self.notices = Notices(self, first)
        self.view_saver = ViewSaver(self, ViewFile(path, self.view(), first.created_at))
        self.mouse = Mouse(self)
        self.export_actions = ExportActions(self)
        self.list_actions = ListActions(self)
        self.metric_actions = MetricActions(self)
        self.run_actions = RunActions(self)
        self.script_actions = ScriptActions(self)
        self.sweep_actions = SweepActions(self, self.script_actions.repeat_sweep)
        self.probe_actions = ProbeActions(self)
        self.inspect_actions = InspectActions(self)
        self.find_actions = FindActions(self)
        self.replay_control = ReplayControl(self)

    @property
    def snapshot(self) -> Snapshot:
        """The last snapshot of the view that is shown, live or replay."""
        return self.state.shown.snapshot

    @property
    def choices(self) -> Choices:
        """The viewer's choices in the view that is shown."""
        return self.state.shown.choices

    @property
    def board(self) -> RunsScreen:
        """The board that is shown: the live one, or that of the replay."""
        return self.replay_control.screen or self.live_board

    def get_default_screen(self) -> Board:
        """The live board."""
        return self.live_board

    def get_line_filters(self) -> tuple[LineFilter, ...]:
        """No filters: TerminalOutput alone decides what becomes of a colour."""
        return ()

    def on_mount(self) -> None:
        """Connect the feed, and start the rest after the first frame."""
        self._feed.deliver = self._deliver
        self.screen_change_signal.subscribe(self, lambda _: self.learning.look_later())
        self.call_after_refresh(self._after_first_frame)

    def _after_first_frame(self) -> None:
        """Start what the first frame did not need: garbage collection, recovery, the next read."""
        if not gc.isenabled():
            gc.freeze()  # imported modules are never freed: the collector need not visit them again
            gc.enable()
        if self.notice:
            self.tell(clean(self.notice, 300))
        self._recover_runs()
        self.learning.mounted()
        self.ask()

    def on_unmount(self) -> None:
        """Stop the feed and save the view."""
        self._feed.stop()
        self.view_saver.save()

    async def on_event(self, event: events.Event) -> None:
        """Pass input through the key queue; a key clears the news."""
        if isinstance(event, events.InputEvent) and not self.screen_stack:
            return  # the app is exiting: no screen is left to take the key
        if isinstance(event, events.Key):
            self.output.pacing.pressed()
            self.notices.put_away()
        if not self.key_queue.takes(event):
            await super().on_event(event)

    def _recover_runs(self) -> None:
        """Recover runs that have no worker any more, in a thread."""
        if self._recovery.is_needed(self.snapshot):
            self.in_thread(self._recover_in_store, "recovery")

    def _recover_in_store(self) -> None:
        if not orders.recover(self.path):
            self._recovery.failed()

    # Reading

    def ask(self) -> None:
        """Ask the feed for what the screen needs now, unless the next frame of a replay is not due yet."""
        if not self.replay_control.is_early():
            self._feed.ask(self._wanted(max(2 * self.size.width, SMALLEST_READ)))

    def _wanted(self, columns: int) -> ReadRequest:
        of_replay = self.replay_control.wanted(columns)
        if of_replay is not None:
            return of_replay
        sweep, rows = self.sweep_actions.view, self.live_board.previewed_rows
        if sweep is None:
            return ReadRequest(self.choices, columns, rows)
        options = sweep.chosen_options  # a readout reads nothing: it is of what is drawn
        options = None if options is None else options.reading(None)
        return ReadRequest(self.choices, columns, rows, sweep.sweep_id, options, sweep.filter_text)

    def ask_after_refresh(self) -> None:
        """Ask the feed once Textual has refreshed the screen."""
        self.call_after_refresh(self.ask)

    def ask_when_drawn(self) -> None:
        """Ask the feed for news once the terminal shows the previous read."""
        self._waits_for_frame = not self.output.is_open
        if not self._waits_for_frame:
            self.ask()

    def written(self) -> None:
        """Ask the feed if a read waited for this frame to be written."""
        if self._waits_for_frame:
            self.call_next(self.ask_when_drawn)

    def _deliver(self, outcome: Outcome) -> None:
        if isinstance(outcome, Snapshot):
            self.post_message(messages.SnapshotRead(outcome))
        else:
            self.post_message(messages.ReadFailed(clean(str(outcome), 300)))

    def on_snapshot_read(self, message: messages.SnapshotRead) -> None:
        """Show a snapshot, unless the replay handles it."""
        if not self.screen_stack:
            return  # the app is exiting
        if self._unreadable:
            self._unreadable = False
            self.tell("The store can be read again.")
        read = message.snapshot
        if self.replay_control.takes(read):
            return
        if read.created_at != self.view_saver.file.created_at:
            self._change_store(read)
        before = self.choices
        self.state = self.state.reading(read)
        self._recover_runs()
        self.notices.tell_marks(before, self.choices)
        self.notices.tell_gone(before, self.choices)
        self.show()
        self.list_actions.show_complaint()
        self.notices.compare(read)
        self.view_saver.settle()

    def _change_store(self, read: Snapshot) -> None:
        """Drop marks, news and undo of the store that this one has replaced: its run numbers mean other runs."""
        view = replace(self.view(), created_at=self.view_saver.file.created_at).of_store(read.created_at)
        self.state, self._recent = self.state.choosing(choices_of(view)), view.recent
        self.view_saver.file = ViewFile(self.path, self.view(), read.created_at)
        self.notices.begin_anew(read)
        self.run_actions.forget()
        self.learning.progress = Progress(view.scene, learned=view.learned)
        self.tell("Another store has the place of the one that was shown: it begins with marks of its own.")

    def on_read_failed(self, message: messages.ReadFailed) -> None:
        """Say why the store cannot be read, and try again."""
        self._unreadable = True
        self.board.tell(message.sentence, failed=True, lasting=True)
        self.call_after_refresh(self.ask)
        self.show_live(visible=True)

    def is_reading(self) -> bool:
        """Whether a read that the next key depends on is still under way: keys of another screen need no list."""
        choices, snapshot = self.choices, self.snapshot
        looks_for = choices.edge or choices.listing != snapshot.listing or self.list_actions.looked_up is not None
        is_elsewhere = place_of(snapshot.rows, choices) is None and snapshot.looked_up != choices.cursor
        is_looking = self.shows_board and (looks_for or (snapshot.rows and is_elsewhere))
        is_filtering = (
            (view := self.sweep_actions.view) is self.screen_stack[-1] and view is not None and view.is_reading
        )
        is_finding = self.find_actions.is_looking
        return not self._unreadable and bool(self.replay_control.is_opening or is_looking or is_filtering or is_finding)

    # Showing

    def show(self) -> None:
        """Update the screen, then ask the feed for news."""
        show = self.board.update if self.inspect_actions.view is None else self.board.hold
        show(self.snapshot, self.choices)
        self.sweep_actions.show(self.snapshot)
        self.inspect_actions.show(self.snapshot, self.choices)
        self.learning.look()
        self.output.flush()
        self.ask_when_drawn()

    def choose(self, choices: Choices) -> None:
        """Show other choices and save them."""
        self.state = self.state.choosing(choices)
        self.show()
        self.view_saver.settle()

    def view(self) -> View:
        """The live view as it is to be saved."""
        return view_of(self.state.live.choices, self.theming.chosen, self._recent, self.learning.progress)

    def tell(self, sentence: str, *, failed: bool = False) -> None:
        """Show a cleaned sentence on the inspector, or else on the board."""
        (self.inspect_actions.view or self.board).tell(sentence, failed=failed)

    def answer(self, answer: Answer) -> None:
        """Pass an answer to the topmost screen that handles it."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, AnswerHandler) and screen.handles(answer):
                return

    def announce(self, news: str) -> None:
        """Show news on the board; '' clears them."""
        self.board.announce(news)

    def remind(self, sentence: str) -> None:
        """Show this sentence on the board whenever no other message is due."""
        self.board.standing = sentence

    def clear_message(self) -> None:
        """Clear the board's message."""
        self.board.clear_message()

    def drawn(self) -> tuple[ChartView, Picture | None]:
        """The chart that is looked at: its view, and the picture if one is drawn."""
        if (view := self.sweep_actions.view) is not None:
            return view.drawn()
        return self.board.view(), self.board.query_one(ChartPane).picture

    def drawn_beside(self) -> ResponseView | None:
        """The loss by value in the view of a sweep; None elsewhere."""
        view = self.sweep_actions.view
        return None if view is None else view.drawn_beside()

    def exhibit(self) -> Exhibit | None:
        """What the inspector shows; None elsewhere."""
        view = self.inspect_actions.view
        return None if view is None else view.exhibit()

    @property
    def place(self) -> keymap.Place:
        """Whose keys and commands are offered: the inspector's, the probe's, the sweep view's, or the board's."""
        if self.inspect_actions.view is not None:
            return "inspector"
        if self.probe_actions.view is not None:
            return "probe"
        return "sweepview" if self.sweep_actions.view is not None else self.board.place

    @property
    def active_theme(self) -> Theme:
        """The theme that is in use."""
        return self.theming.active

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of a sweep that is started now."""
        return self.learning.tags

    @property
    def transport(self) -> TransportKeys | None:
        """The keys of the replay's clock; None in the live view."""
        return None if self.replay_control.screen is None else self.replay_control.screen.transport

    @property
    def is_replaying(self) -> bool:
        """Whether a replay is shown."""
        return self.replay_control.screen is not None

    @property
    def shows_board(self) -> bool:
        """Whether no other screen covers the board."""
        return self.screen_stack[-1:] == [self.board]

    def show_live(self, *, visible: bool) -> None:
        """Draw the live board or hide it."""
        self.live_board.visible = visible

    def open_screen(self, screen: Screen[None]) -> None:
        """Put a screen on top of the others."""
        self.push_screen(screen)

    def back_to_board(self) -> None:
        """Close every screen above the live board."""
        self.replay_control.leave()
        while len(self.screen_stack) > 1:
            self.pop_screen()

    # Orders and threads

    def order(self, carry_out: Callable[[], Message]) -> None:
        """Carry an order out in a thread and post the message it returns, or one that says why it failed."""

        def work() -> None:
            try:
                self.post_message(carry_out())
            except SpecError as error:
                self.post_message(messages.RunRejected(error.field, error.message))
            except Exception as error:  # a failed order must not end the dashboard
                text = told(error) if isinstance(error, StoreError | ValueError) else f"It failed: {error!r}"
                self.post_message(messages.OrderAnswered(text, failed=True))

        self._orders.submit(work)

    @cached_property
    def _orders(self) -> ThreadPoolExecutor:
        """One thread, so that orders run in sequence: pause then resume must not become resume then pause."""
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(1, "orders")

    def in_thread(self, work: Callable[[], None], group: str) -> None:
        """Run work in a thread; an error in it does not end the app."""
        self.run_worker(work, thread=True, exit_on_error=False, group=group)

    def write(self, text: str) -> None:
        """Write a control sequence to the terminal, between frames."""
        send(self, text)

    def write_from_thread(self, text: str) -> None:
        """Write a control sequence from another thread, so that it does not land inside a frame."""
        self.call_from_thread(self.write, text)

    def pumps(self) -> Iterator[MessagePump]:
        """The app, its screens and all their widgets."""
        yield self
        for screen in self.screen_stack:
            yield from screen.walk_children(with_self=True)

    # Keys that work everywhere

    def action_help(self) -> None:
        """Explain the screen on top; close an open help."""
        from tui.screens.help import Help

        if isinstance(self.screen, Help):
            self.screen.dismiss()
        else:
            place = keymap.place_of(self.screen.BINDINGS) or self.place
            inspector = self.inspect_actions.view
            if inspector is not None and self.screen_stack[-1] is inspector:
                self.push_screen(Help(place, self.chart_style.manner, inspector.explained(), inspector.tab.name))
            else:
                self.push_screen(Help(place, self.chart_style.manner, self._explained_field()))

    def _explained_field(self) -> Block | None:
        """The help of the field that has the focus; None without one."""
        from tui.presenting.explained.field import field_block
        from tui.widgets.form.form_pane import FormPane

        pane = next(iter(self.screen.query(FormPane)), None)
        return field_block(pane.form, pane.focused) if pane is not None and pane.focused else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether the keys of the tour do something now; N opens it."""
        if action == "start_scene":
            return self.learning.offers_runs()
        if action in ("turn_scene", "leave_tour"):
            return self.learning.turns(1 if parameters == (1,) else 0)
        return super().check_action(action, parameters)

    def action_start_scene(self) -> None:
        self.learning.start()

    def action_turn_scene(self, by: int) -> None:
        self.learning.turn(by)

    def action_leave_tour(self) -> None:
        self.learning.leave()

    def action_leave(self) -> None:
        self.exit(0)

    def action_palette(self) -> None:
        from tui.presenting.commands import commands, knobs, matching, runs_beyond
        from tui.presenting.metrics.rows import metrics_named
        from tui.screens.pick import Pick

        metrics = metrics_named(self.snapshot, self.choices) if self.place != "sweepview" else tuple(METRICS)
        of_run = knobs(self.snapshot.run(self.choices.pointed), self.place)
        known = [*of_run, *commands(self.snapshot.runs, self.place, metrics)]
        beyond = runs_beyond(self.snapshot, self.place)
        self.push_screen(Pick("do", partial(matching, known, recent=self._recent, beyond=beyond)))

    def action_knob(self, run_id: int, name: str) -> None:
        self.run_actions.ask_knob(run_id, name)

    def action_copy(self) -> None:
        from tui.presenting.commands import copies, matching
        from tui.screens.pick import Pick

        self.push_screen(Pick("copy", partial(matching, copies(self.place)), verb="copy"))

    async def on_command_picked(self, message: messages.CommandPicked) -> None:
        from tui.presenting.commands import used

        self._recent = used(self._recent, message.action)
        self.view_saver.settle()
        view = self.inspect_actions.view or self.probe_actions.view or self.sweep_actions.view or self.board
        await self.run_action(message.action, view)

    def action_copy_this(self, what: str) -> None:
        if what == "moment":
            command = self.replay_control.command()
            self.export_actions.hand_over(command, clean(command, 200))
        else:
            self.export_actions.copy(what)

    def action_save(self, end: str = "svg") -> None:
        self.export_actions.ask_file(end)

    def action_release_mouse(self) -> None:
        self.mouse.toggle()

    def action_apply_theme(self, name: str) -> None:
        self.theming.choose(name)
        self._restyle()

    def action_next_theme(self) -> None:
        self.theming.choose_next()
        self._restyle()

    def _restyle(self) -> None:
        """Draw areas of many colours as the theme that is in use can show them."""
        self.chart_style = replace(self.chart_style, grounds=self.active_theme.colours.paints)
        self.inspect_actions.restyle(self.chart_style)

    def action_sweep(self) -> None:
        script = self.script_actions.pointed
        if script is None:
            self.sweep_actions.open_dialog(self.choices.pointed)
        else:
            self.script_actions.sweep(script)

    def _new_run(self) -> None:
        """Open the form for a new run; with the cursor on a script, ask for what changes in its command."""
        script = self.script_actions.pointed
        if script is None:
            self.run_actions.open_form()
        else:
            self.script_actions.launch_again(script)

    def action_open_sweep(self) -> None:
        self.sweep_actions.open_pointed()

    def action_probe(self) -> None:
        self.probe_actions.probe_pointed()

    def action_inspect(self) -> None:
        self.inspect_actions.open()

    # Message handlers

    def on_signal_caught(self, message: messages.SignalCaught) -> None:
        self.exit(128 + message.number)

    def on_choices_changed(self, message: messages.ChoicesChanged) -> None:
        self.choose(message.choices)

    def on_lesson_told(self, message: messages.LessonTold) -> None:
        self.choose(self.choices.having_told(message.name))

    def on_sentence_dismissed(self) -> None:
        self.tell("")

    def on_order_answered(self, message: messages.OrderAnswered) -> None:
        self.run_actions.remember(message.undo)
        if message.failed:
            self.learning.failed()
        self.answer(Answer(clean(message.sentence, 300), message.failed, of_sweep=message.of_sweep))

    def on_run_rejected(self, message: messages.RunRejected) -> None:
        self.answer(Answer(clean(message.sentence, 300), failed=True, field=message.field))

    def on_dialog_requested(self, message: messages.DialogRequested) -> None:
        """Open the dialog of that name."""
        dialogs: Mapping[messages.Dialog, Callable[[], None]] = {
            "new run": self._new_run,
            "filter": self.list_actions.ask_filter,
            "value filter": self.sweep_actions.ask_filter,
            "run": self.find_actions.ask,
            "order": self.list_actions.ask_order,
            "columns": self.list_actions.ask_columns,
            "metric": self.metric_actions.ask,
            "workers": self.run_actions.set_workers,
            "commands": self.action_palette,
        }
        dialogs[message.dialog]()

    def on_column_toggled(self, message: messages.ColumnToggled) -> None:
        self.list_actions.toggle_column(message.name)

    def on_metric_picked(self, message: messages.MetricPicked) -> None:
        """Show a metric, or let it stand for runs."""
        (self.metric_actions.make_main if message.as_main else self.metric_actions.show)(message.metric)

    def on_run_sought(self, message: messages.RunSought) -> None:
        self.list_actions.look_up(message.run_id, alone=message.alone)

    def on_run_looked_up(self, message: messages.RunLookedUp) -> None:
        self.list_actions.point_at_found(message)

    def on_runs_sought(self, message: messages.RunsSought) -> None:
        self.find_actions.look_for(message.text)

    def on_runs_found(self, message: messages.RunsFound) -> None:
        self.find_actions.show(message)

    def on_run_picked(self, message: messages.RunPicked) -> None:
        self.find_actions.go_to(message.run_id)

    def on_top_sought(self) -> None:
        self.list_actions.read_top()

    def on_top_read(self, message: messages.TopRead) -> None:
        self.list_actions.looked_up = None
        if message.sentence:
            self.tell(clean(message.sentence, 300), failed=True)
        else:
            self.board.list_keys.mark(message.run_ids)

    def on_race_requested(self) -> None:
        self.run_actions.start_race()

    def on_draft_kept(self, message: messages.DraftKept) -> None:
        self.run_actions.draft = message.texts

    def on_run_submitted(self, message: messages.RunSubmitted) -> None:
        self.run_actions.start(message.spec, message.name, message.named)

    def on_fork_submitted(self, message: messages.ForkSubmitted) -> None:
        self.run_actions.start_fork(message.run_id, message.changes)

    def on_runs_queued(self, message: messages.RunsQueued) -> None:
        """Return to the board, with the cursor on the newest of the queued runs."""
        self.back_to_board()
        self.tell("")
        self.state = self.state.choosing(self.choices.pointing_at(max(message.run_ids)))
        self.ask()

    def on_steering_requested(self, message: messages.SteeringRequested) -> None:
        self.run_actions.steer(message.run_id, message.verb)

    def on_step_size_scaled(self, message: messages.StepSizeScaled) -> None:
        self.run_actions.scale_step_size(message.run_id, message.factor)

    def on_undo_requested(self) -> None:
        self.run_actions.undo()

    def on_undo_due(self) -> None:
        self.run_actions.take_back()

    def on_fork_requested(self, message: messages.ForkRequested) -> None:
        self.run_actions.fork(message)

    def on_edit_requested(self, message: messages.EditRequested) -> None:
        self.run_actions.edit(message.run_id)

    def on_replay_requested(self, message: messages.ReplayRequested) -> None:
        self.replay_control.request(message.run_ids)

    def on_clock_turned(self) -> None:
        self.replay_control.hurry()

    def on_replay_left(self) -> None:
        """Close the replay."""
        if self.is_replaying:
            self.back_to_board()
        self.ask()

    def on_sweep_requested(self, message: sweep_messages.SweepRequested) -> None:
        self.sweep_actions.open_dialog(message.run_id, message.step_sizes)

    def on_sweep_draft_kept(self, message: sweep_messages.SweepDraftKept) -> None:
        self.sweep_actions.draft = message.draft

    def on_sweep_submitted(self, message: sweep_messages.SweepSubmitted) -> None:
        self.sweep_actions.start(message.plan)

    def on_sweep_started(self, message: sweep_messages.SweepStarted) -> None:
        self.sweep_actions.show_started(message.sweep_id, message.sentence)

    def on_sweep_opened(self, message: sweep_messages.SweepOpened) -> None:
        self.sweep_actions.open(message.sweep_id, at=message.at)

    def on_sweep_looked_at(self) -> None:
        self.ask()

    def on_run_shown(self, message: sweep_messages.RunShown) -> None:
        """Leave the sweep to show one of its runs alone."""
        self.sweep_actions.leave_for(message.run_id)
        self.list_actions.look_up(message.run_id, alone=True, from_sweep=message.sweep_id)

    def on_sweep_steered(self, message: sweep_messages.SweepSteered) -> None:
        self.sweep_actions.steer(message.sweep_id, message.verb)

    def on_sweep_gone(self, message: sweep_messages.SweepGone) -> None:
        """Return to the board; u restores the sweep."""
        self.back_to_board()
        deleted: Deleted = ("sweep", message.sweep_id)
        self.run_actions.remember(
            Undo(f"deleting sweep {message.sweep_id}", lambda: orders.undelete(self.path, *deleted), deleted)
        )
        self.tell(clean(f"{message.sentence.removesuffix('.')}, and so does u.", 300))

    def on_values_continued(self, message: sweep_messages.ValuesContinued) -> None:
        self.sweep_actions.go_on(message.run_ids)

    def on_sweep_grown(self, message: sweep_messages.SweepGrown) -> None:
        actions = self.sweep_actions
        ways = {"refinement": actions.refine, "more values": actions.add_values, "repetition": actions.repeat}
        ways[message.into](message.sweep_id)

    def on_repetition_submitted(self, message: sweep_messages.RepetitionSubmitted) -> None:
        self.sweep_actions.start_again(message.sweep_id, message.changes)

    def on_default_spec_chosen(self, message: sweep_messages.DefaultSpecChosen) -> None:
        self.choose(self.choices.pointing_at(message.run_id))
        self.run_actions.draft = {}  # it was filled from the previous default spec
        self.sweep_actions.set_default_spec(message.run_id)

    def on_probe_requested(self, message: sweep_messages.ProbeRequested) -> None:
        self.probe_actions.probe(message.run_id, message.iteration)

    def on_inquiry_made(self, message: InquiryMade) -> None:
        self.inspect_actions.ask(message.inquiry)
        self.learning.look()

    def on_inquiry_answered(self, message: InquiryAnswered) -> None:
        self.inspect_actions.answer(message)

    def on_probe_answered(self, message: sweep_messages.ProbeAnswered) -> None:
        self.probe_actions.show(message)

    def on_probed_run_requested(self, message: sweep_messages.ProbedRunRequested) -> None:
        self.probe_actions.start(message)
