"""Learning: the tour of `lossboard learn`, which watches what the dashboard shows, and starts its scenes' runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from textual.screen import Screen

from tui.app.actions import orders
from tui.app.actions.ports import OrderPort
from tui.app.state import AppState
from tui.model import keymap
from tui.model.choices import Choices
from tui.model.learning.progress import Progress
from tui.model.messages import RunsQueued
from tui.widgets.footer import Footer

if TYPE_CHECKING:
    from tui.app.actions.inspect_actions import InspectActions
    from tui.model.learning.observed import Observed
    from tui.screens.board import Board
    from tui.widgets.teaching.scene_lines import SceneLines


class LearningPort(OrderPort, Protocol):
    """What Learning needs of the app."""

    state: AppState
    live_board: Board
    inspect_actions: InspectActions

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """The open screens, topmost last."""

    @property
    def place(self) -> keymap.Place:
        """Whose keys and commands are offered."""

    @property
    def shows_board(self) -> bool:
        """Whether no other screen covers the board."""

    @property
    def is_replaying(self) -> bool:
        """Whether a replay is shown."""

    def choose(self, choices: Choices) -> None:
        """Show other choices and save them."""

    def back_to_board(self) -> None:
        """Close every screen above the live board."""

    def call_after_refresh(self, callback: Callable[[], object]) -> bool:
        """Call `callback` once the screen has been refreshed."""


class Learning:
    """Observes, and changes nothing by itself: only its keys start runs, turn scenes and leave."""

    def __init__(self, app: LearningPort, progress: Progress) -> None:
        self._app = app
        self.progress = progress
        self.is_open = False
        self._ordered = ""
        self._first: int | None = None

    def begin_with(self, number: int) -> None:
        """Open the tour at start-up, at the scene of that number; 0: where it was left."""
        self._first, self._app.live_board.is_guided = number, True

    def mounted(self) -> None:
        """Open the tour that the dashboard was started with."""
        if self._first is not None:
            self.begin(self._first or None)

    def begin(self, number: int | None = None) -> None:
        """Open the tour where it was left, or at the scene of that number."""
        from tui.presenting.learning.tour import begun

        self.is_open = self._app.live_board.is_guided = True
        self._app.live_board.paint()
        self._go_to(begun(self.progress, number))

    def turn(self, by: int) -> None:
        """Go to the next scene or the one before; open the tour if it is not."""
        from tui.presenting.learning.tour import turned

        self._app.tell("")
        if self.is_open:
            self._go_to(turned(self.progress, by))
        else:
            self.begin()

    def _go_to(self, progress: Progress) -> None:
        from tui.presenting.learning.tour import chosen

        self.progress, self._ordered = progress, ""
        self._app.back_to_board()
        self._app.choose(chosen(progress, self._seen(), self._app.choices))
        self.look_later()

    def leave(self) -> None:
        """Close the tour; it goes on from the present scene another time."""
        from tui.presenting.learning.tour import begun, place
        from tui.widgets.teaching.scene_lines import SceneLines

        self.is_open = self._app.live_board.is_guided = False
        for screen in self._app.screen_stack:
            screen.query(SceneLines).remove()
        self._app.tell(f"The tour is left. N goes on with scene {place(begun(self.progress)) + 1} another time.")

    def turns(self, by: int) -> bool:
        """Whether the keys of the tour work where somebody is; the one that opens it does where it is closed."""
        from tui.presenting.learning.tour import TURNING

        return (self.is_open or by > 0) and self._place() in TURNING

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of what is started now: that of the tour while it is open."""
        from tui.model.learning.observed import TAG

        return (TAG,) if self.is_open else ()

    def offers_runs(self) -> bool:
        """Whether enter starts the runs of the scene."""
        from tui.presenting.learning.tour import starts_runs

        app = self._app
        return self.is_open and app.shows_board and not app.is_replaying and starts_runs(self.progress)

    def start(self) -> None:
        """Start the runs of the scene, once, and draw them without those of other scenes."""
        from tui.model.learning.observed import TAG
        from tui.presenting.learning.tour import chosen, scene_of

        scene, path = scene_of(self.progress), self._app.path
        if self._ordered != scene.name:
            self._ordered = scene.name
            self._app.choose(chosen(self.progress, self._seen(), self._app.choices))
            self._app.order(lambda: RunsQueued(orders.start_named(path, scene.runs, TAG)))

    def failed(self) -> None:
        """Let enter start the runs again: they could not be started."""
        self._ordered = ""

    def look(self) -> None:
        """Follow what the dashboard shows now, and tell what is next on the screen in front."""
        if not self.is_open or not self._app.screen_stack:
            return
        from tui.presenting.learning.tour import followed, told

        seen = self._seen()
        self.progress = followed(self.progress, seen)
        lines = self._lines(self._app.screen_stack[-1])
        if lines is not None:
            lines.show(told(self.progress, seen))

    def look_later(self) -> None:
        """Look once a screen that has just come to the front is there."""
        if self.is_open:
            self._app.call_after_refresh(self.look)

    def _lines(self, screen: Screen[Any]) -> SceneLines | None:
        """The lines of the tour on a screen, put above its keys; None for a question that covers another screen."""
        from tui.widgets.teaching.scene_lines import SceneLines

        found = screen.query(SceneLines)
        footers = screen.query(Footer)
        if found or screen.is_modal or not footers:
            return found.first() if found else None
        lines = SceneLines()
        screen.mount(lines, before=footers.first())
        return lines

    def _seen(self) -> Observed:
        from tui.model.learning.observed import Observed

        app, inspector = self._app, self._app.inspect_actions.view
        state = app.state
        tab = None if inspector is None else inspector.tab.name
        replay = None if state.replay is None else state.replay.snapshot
        return Observed(state.live.snapshot, state.shown.choices, self._place(), tab, replay)

    def _place(self) -> keymap.Place:
        """The screen in front, questions and forms included."""
        return keymap.place_of(self._app.screen_stack[-1].BINDINGS) or self._app.place
