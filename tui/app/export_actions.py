"""The desk: the part of the app that hands things out of it. The palette, copies, files, and the mouse."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from textual.message import Message

from engine.store import Listing, StoreError
from engine.text import clean, counted
from tui.app.orders import listing_with, top_of
from tui.app.part import Part
from tui.chart import ChartView, Picture
from tui.colours.themes import Theme
from tui.model.messages import (
    ChoicesChanged,
    CommandPicked,
    OrderAnswered,
    RunLookedUp,
    RunSought,
    SaveSubmitted,
    TopRead,
)
from tui.screens.board import Board
from tui.widgets.chart_pane import ChartPane

MOUSE_MODES = (1000, 1003, 1015, 1006)
"""What Textual turns on in a terminal."""

RELEASED = "The mouse is the terminal's: select text as usual. M takes it back."


class Desk(Part, inherit_bindings=False):
    """Answers the commands that concern the screen as a whole."""

    worn: Theme
    _board: Board
    _mouse_released = False
    sought: int | Listing | None = None
    """A run that is being looked up, or the list whose top is."""

    def action_palette(self) -> None:
        from tui.presenting.commands import commands, matching
        from tui.screens.pick import Pick

        known = commands(self.snapshot.runs, self._board.place)
        self.push_screen(Pick("do", lambda typed: matching(known, typed)))

    def action_copy(self) -> None:
        from tui.presenting.commands import copies, matching
        from tui.screens.pick import Pick

        self.push_screen(Pick("copy", lambda typed: matching(copies(), typed)))

    async def on_command_picked(self, message: CommandPicked) -> None:
        await self.run_action(message.action, self._board)

    def on_run_sought(self, message: RunSought) -> None:
        """To a run that need not be on the page, never to another one."""
        run_id, alone = message.run_id, message.alone
        if self._board.place == "replay":
            self.tell(f"Run {run_id} is not in this replay.", failed=True)
            return
        self.sought = run_id
        listing, judged = self.choices.listing, self.snapshot.judged

        def carry_out() -> Message:
            try:
                return RunLookedUp(run_id, listing_with(self.path, run_id, listing, judged), alone=alone)
            except (StoreError, ValueError) as error:
                return RunLookedUp(run_id, None, str(error))

        self.order(carry_out)

    def on_run_looked_up(self, message: RunLookedUp) -> None:
        self.sought = None
        listing = message.listing
        if listing is None:
            self.tell(clean(message.sentence, 300), failed=True)
            return
        is_same = listing.text == self.choices.listing.text
        self.tell("" if is_same else f"The filter is put away: run {message.run_id} does not fit it.")
        there = self.choices.listing_so(listing).pointing_at(message.run_id)
        self.post_message(ChoicesChanged(there.looking(alone=there.alone or message.alone)))

    def on_top_sought(self) -> None:
        self.sought = listing = self.choices.listing
        judged = self.snapshot.judged

        def carry_out() -> Message:
            try:
                return TopRead(top_of(self.path, listing, judged))
            except StoreError as error:
                return TopRead((), str(error))

        self.order(carry_out)

    def on_top_read(self, message: TopRead) -> None:
        self.sought = None
        if message.sentence:
            self.tell(clean(message.sentence, 300), failed=True)
        else:
            self._board.mark(message.run_ids)

    def action_copy_this(self, what: str) -> None:
        from tui.presenting.export import command_line, values_table

        run = self.snapshot.run(self.choices.pointed)
        view, picture = self._shown()
        if what == "command":
            if run is None or run.spec is None:
                self.tell("There is no run here whose spec can be read.")
                return
            text = command_line(run.spec, run.name if run.name != run.spec.label else "")
            told = f"the command that repeats run {run.run_id}"
        elif not view.runs or picture is None:
            self.tell("No run is drawn: mark one first (space).")
            return
        elif what == "table":
            text, told = values_table(view), f"the values of {counted(len(view.runs), 'run')}"
        else:
            text, told = picture.to_text() + "\n", "the chart as text"

        self.hand_over(text, f"{told}.")

    def action_save(self, end: str = "svg") -> None:
        from tui.presenting.export import file_name
        from tui.screens.prompt import Prompt, Question

        if not self._shown()[0].runs:
            self.tell("No run is drawn: mark one first (space).")
            return
        proposed = file_name(self.path, end, datetime.now())
        title = "Save what is shown, in the current folder or another one: .svg picture, .txt text, .csv values."
        self.push_screen(Prompt(title, (Question("file", "file", proposed),), SaveSubmitted))

    def on_save_submitted(self, message: SaveSubmitted) -> None:
        from tui.presenting.export import document, end_of, write_new

        view, picture = self._shown()
        scheme, title = self.worn.scheme, f"{clean(self.path.name, 60)}: {view.measure}"
        path = Path(message.texts["file"].strip()).expanduser()

        def carry_out() -> Message:
            end = end_of(path.name)
            if picture is None:
                raise ValueError("Nothing is drawn yet.")
            return OrderAnswered(write_new(path.absolute(), document(end, view, picture, scheme, title)))

        self.order(carry_out)

    def action_release_mouse(self) -> None:
        self._mouse_released = not self._mouse_released
        switch = "l" if self._mouse_released else "h"
        self.write("".join(f"\x1b[?{mode}{switch}" for mode in MOUSE_MODES))
        self._board.standing = RELEASED if self._mouse_released else ""
        self.tell(self._board.standing or "The mouse works here again: click a row, turn the wheel over the chart.")

    def _shown(self) -> tuple[ChartView, Picture | None]:
        return self._board.view(), self._board.query_one(ChartPane).picture
