"""The table of runs: one row a run, newest first, the cursor's row raised, marked rows barred in their colour."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from engine.store import Listing, Run
from tui import format as fmt
from tui.choices import Choices
from tui.messages import RunPointed
from tui.snapshot import Snapshot
from tui.theme import ACCENTED, DIM, POINTED, TEXT, run_style
from tui.widgets.columns import SIGNS, Column, fitting
from tui.widgets.lines import Lines, Part, strip

BAR = "▌"


class RunsTable(Lines):
    """Shows a snapshot's runs under a choice. Posts RunPointed when a row is clicked or the wheel turns."""

    DEFAULT_CSS = "RunsTable { height: auto; }"

    def __init__(self, snapshot: Snapshot, choices: Choices) -> None:
        super().__init__(self._table)
        self._snapshot = snapshot
        self._choices = choices
        self._top = 0

    @property
    def rows(self) -> int:
        """How many runs fit below the titles."""
        return max(self.size.height - 1, 1)

    def show(self, snapshot: Snapshot, choices: Choices) -> None:
        """Show these runs; the cursor's row is brought into view."""
        grown = len(snapshot.runs) != len(self._snapshot.runs)
        self._snapshot, self._choices = snapshot, choices
        self.update()
        if grown:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._snapshot.runs) + 1

    def on_click(self, event: events.Click) -> None:
        row = self._top + event.y - 1
        if event.y >= 1 and row < len(self._snapshot.runs):
            self.post_message(RunPointed(self._snapshot.runs[row].run_id))

    def on_mouse_scroll_down(self) -> None:
        self._point_beside(1)

    def on_mouse_scroll_up(self) -> None:
        self._point_beside(-1)

    def _point_beside(self, by: int) -> None:
        run = beside(self._snapshot, self._choices.pointed, by)
        if run is not None:
            self.post_message(RunPointed(run.run_id))

    def _table(self, width: int, height: int) -> list[Strip]:
        runs = self._snapshot.runs
        index = next((i for i, run in enumerate(runs) if run.run_id == self._choices.pointed), 0)
        self._top = max(0, min(self._top, index, len(runs) - self.rows))
        self._top = max(self._top, index - self.rows + 1)
        visible = runs[self._top : self._top + self.rows]
        columns = fitting(runs, width - 4)
        return [self._titles(columns, width), *(self._row(run, columns, width) for run in visible)]

    def _titles(self, columns: list[Column], width: int) -> Strip:
        """The titles, the one that the list is sorted by marked; at the right how far down the list the cursor is."""
        listing = self._choices.listing
        parts: list[Part] = [("   ", DIM)]
        for column in columns:
            is_order = column.order == listing.order and listing != Listing(listing.text)
            sign = ("▴" if listing.reverse else "▾") if is_order else ""
            title = fmt.fit(sign + column.title, column.width, right=column.right)
            parts.append((" " + title, ACCENTED if is_order else DIM))
        return strip(parts, width)

    def _row(self, run: Run, columns: list[Column], width: int) -> Strip:
        drawn = run.run_id in self._choices.drawn
        sign, sign_style = SIGNS[self._snapshot.status(run)]
        bar: Part = (BAR, run_style(self._choices.slot(run.run_id))) if drawn else (" ", TEXT)
        parts: list[Part] = [bar, (sign + " ", run_style(self._choices.slot(run.run_id)) if drawn else sign_style)]
        for column in columns:
            parts.append((" ", TEXT))
            parts.extend(_cell(run, column))
        return strip(parts, width, ground=POINTED if run.run_id == self._choices.pointed else None)


def beside(snapshot: Snapshot, run_id: int | None, by: int) -> Run | None:
    """The run `by` rows below another one, as far as there are rows; None when there is no run at all."""
    runs = snapshot.runs
    index = next((i for i, run in enumerate(runs) if run.run_id == run_id), 0)
    return runs[max(0, min(index + by, len(runs) - 1))] if runs else None


def _cell(run: Run, column: Column) -> list[Part]:
    parts = list(column.parts(run, column.width))
    if len(parts) == 1:
        text, style = parts[0]
        return [(fmt.fit(text, column.width, right=column.right), style)]
    missing = column.width - sum(cell_len(text) for text, _ in parts)
    return [(" " * max(missing, 0), TEXT), *parts]
