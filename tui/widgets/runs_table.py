"""The runs table: one row per run, a title above each sweep, the cursor's row raised, a colour bar at marked rows."""

from __future__ import annotations

from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from engine.store import Run, SweepTitle
from engine.text import counted
from tui.colours.theme import ACCENTED, DIM, POINTED, RULES, STRONG, TEXT, WARNED, run_style
from tui.model.choices import Choices, Row, place_of
from tui.model.messages import ListScrolled, RowPointed, SortRequested
from tui.model.run_seen import RowPreview
from tui.model.snapshot import Snapshot
from tui.presenting.describe import sweep_words
from tui.presenting.explained.statuses import SIGNS
from tui.text import numbers
from tui.text.parts import Part, cells
from tui.text.widths import width_of
from tui.widgets.cell_widget import pointing_of
from tui.widgets.columns import Column, fitting
from tui.widgets.lines import Lines, strip

BAR = "▌"
PINNED = "‡"
MEMBER = "│"
ASCENDING, DESCENDING = "▴", "▾"
"""Signs of the order: the smallest value of the column first, or the largest."""

NOTHING_FITS = "No run fits: esc clears the filter."

MARK = 2
"""Cells of the mark column: a click on the bar or the status sign marks or unmarks the run."""

WHEEL = 3
"""Rows that one notch of the wheel scrolls."""

MARGIN = 3
"""Cells before the first column: the bar, the status sign, and the sign of a pinned run or of a sweep's member."""

NO_PREVIEW = RowPreview()

AGES_S = 60.0
"""Seconds between two updates of the ages of runs, which grow while nothing happens."""

MOST_HELD = 1000
"""Number of drawn rows to cache."""


class RunsTable(Lines):
    """Shows a snapshot's rows under the viewer's choices.

    Posts RowPointed on a click on a row, SortRequested on a click on a title, and ListScrolled where the wheel turns,
    so that the rows there are read.
    """

    DEFAULT_CSS = "RunsTable { height: auto; }"

    def __init__(self, snapshot: Snapshot, choices: Choices) -> None:
        super().__init__(self._table)
        self._snapshot = snapshot
        self._choices = choices
        self._previews = snapshot.previews
        self._top = 0
        self._seen: tuple[Row, ...] = ()
        self._drawn: dict[int, tuple[object, Strip]] = {}
        self._columns: tuple[Column, ...] = ()
        self._columns_for: object = None

    @property
    def rows(self) -> int:
        """Number of rows that fit below the titles."""
        return max(self.size.height - 1, 1)

    @property
    def previewed_rows(self) -> int:
        """Number of rows that show a preview of their run."""
        is_seen = self.display and any(column.previews for column in self.columns)
        return self.rows if is_seen else 0

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that fit."""
        snapshot = self._snapshot
        largest = max((run.run_id for run in (*snapshot.newest[:1], *snapshot.runs)), default=0)
        asked = len(str(largest)), snapshot.variety, self._choices.columns, self.size.width
        if self._columns_for != asked:
            digits, variety, choice, width = asked
            self._columns, self._columns_for = fitting(digits, width - MARGIN - 1, variety, choice), asked
        return self._columns

    def on_mount(self) -> None:
        self.set_interval(AGES_S, self.update)

    def show(self, snapshot: Snapshot, choices: Choices, *, with_previews: bool = True) -> None:
        """Show these rows, scrolled to the cursor's; without previews those of before stay."""
        grown = len(snapshot.rows) != len(self._snapshot.rows)
        self._snapshot, self._choices = snapshot, choices
        if with_previews:
            self._previews = snapshot.previews
        self.update()
        if grown:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line per row, and the titles; a list of nothing says so."""
        return max(len(self._snapshot.rows), self._nothing_fits) + 1

    @property
    def _nothing_fits(self) -> bool:
        """Whether a filter leaves nothing."""
        return not self._snapshot.rows and bool(self._snapshot.listing.text)

    def on_click(self, event: events.Click) -> None:
        if event.y >= 1:
            if event.y <= len(self._seen):
                pointing = pointing_of(event, twice="open")
                is_at_mark = event.x < MARK and pointing in ("select", "open")
                self.post_message(RowPointed(self._seen[event.y - 1], "mark" if is_at_mark else pointing))
        elif order := self._order_at(event.x):
            self.post_message(SortRequested(order))

    def _order_at(self, x: int) -> str:
        """The sort order of the title at a cell of the first line; '' beside the titles."""
        if x < MARGIN:
            return "status"
        end = MARGIN
        for column in self.columns:
            end += column.width + 1
            if x < end:
                return column.order
        return ""

    def on_mouse_scroll_down(self) -> None:
        self._scroll(WHEEL)

    def on_mouse_scroll_up(self) -> None:
        self._scroll(-WHEEL)

    def _scroll(self, by: int) -> None:
        """Scroll the rows and leave the cursor where it is, even out of sight, until it moves."""
        on_top, rows, room = self._on_top_and_below()
        top = max(0, min(self._top + by, len(rows) - room))
        row = self._row_before(on_top) + top
        self._choices = self._choices.scrolling(row)  # the next notch may come before the answer
        self.update()
        self.post_message(ListScrolled(row))

    def _row_before(self, on_top: tuple[Row, ...]) -> int:
        """The place in the list of the first row that scrolls, among those that were read."""
        return self._snapshot.first or len(on_top)

    def _table(self, width: int, height: int) -> list[Strip]:
        self._seen = self._rows_in_sight()
        columns = self.columns
        lines = [self._titles(columns, width)]
        if self._nothing_fits:
            lines.append(strip([(" " * MARGIN + NOTHING_FITS, WARNED)], width))
        drawn = frozenset(self._choices.drawn)
        place = place_of(self._seen, self._choices)
        for number, row in enumerate(self._seen):
            ground = POINTED if number == place else None
            if isinstance(row, Run):
                slot = self._choices.slot(row.run_id) if row.run_id in drawn else None
                lines.append(self._row(row, columns, slot, width, ground))
            else:
                lines.append(strip(*self._sweep(row, width), ground=ground))
        if len(self._drawn) > MOST_HELD:
            self._drawn.clear()
        return lines

    def _rows_in_sight(self) -> tuple[Row, ...]:
        """The pinned runs, which take at most half of the lines, and as many of the others as fit around the cursor."""
        on_top, rows, room = self._on_top_and_below()
        place, scrolled = place_of(rows, self._choices) or 0, self._choices.scrolled
        top = self._top if scrolled is None else scrolled - self._row_before(on_top)
        self._top = max(0, min(top, len(rows) - room))
        if scrolled is None:
            self._top = max(min(self._top, place), place - room + 1)
        return (*on_top, *rows[self._top : self._top + room])

    def _on_top_and_below(self) -> tuple[tuple[Row, ...], tuple[Row, ...], int]:
        """The pinned runs in sight, the rows that scroll below them, and the number of lines for these."""
        snapshot = self._snapshot
        on_top: tuple[Row, ...] = snapshot.pinned[: self.rows // 2]
        rows = snapshot.rows if snapshot.first else snapshot.rows[len(on_top) :]
        return on_top, rows, self.rows - len(on_top)

    def _titles(self, columns: tuple[Column, ...], width: int) -> Strip:
        """The titles, with a sign at the one that the list is sorted by: up if the smallest value comes first."""
        listing = self._choices.listing
        # a young run has a small age
        sign = DESCENDING if listing.downwards != (listing.order == "created") else ASCENDING
        by_status = listing.order == "status"
        parts: list[Part] = [((" " + sign if by_status else "").ljust(MARGIN), ACCENTED)]
        for column in columns:
            is_order = column.order == listing.order
            parts.append((_title(column, sign if is_order else ""), ACCENTED if is_order else DIM))
        return strip(parts, width)

    def _row(self, run: Run, columns: tuple[Column, ...], slot: int | None, width: int, ground: Style | None) -> Strip:
        """The row of a run, drawn again only if something in it has changed."""
        listing = self._choices.listing
        mark = PINNED if run.run_id in listing.pinned else MEMBER if listing.grouped and run.sweep_id else " "
        preview = self._previews.get(run.run_id, NO_PREVIEW)
        is_marked = run.run_id in self._choices.compared
        age = numbers.age(run.created_at) if any(column.order == "created" for column in columns) else ""
        wanted = run, preview, self._snapshot.status(run), mark, slot, is_marked, columns, width, ground, age
        held = self._drawn.get(run.run_id)
        if held is None or held[0] != wanted:
            parts = _cells(run, preview, wanted[2], mark, slot, columns, barred=is_marked)
            held = self._drawn[run.run_id] = wanted, strip(parts, width, ground=ground)
        return held[1]

    def _sweep(self, title: SweepTitle, width: int) -> tuple[list[Part], int, list[Part]]:
        folded = title.sweep_id in self._choices.listing.folded
        count, lowest = counted(title.runs, "run"), title.lowest_train_loss
        train = "" if lowest is None else f"train {numbers.loss(lowest)}"
        parts: list[Part] = [
            (" + " if folded else " - ", ACCENTED),
            (f" sweep {title.sweep_id}", STRONG),
            (f" · {sweep_words(title)}", DIM),
        ]
        ways = (f"{count} · lowest {train} ", f"{count} · {train} ", f"{train} ") if train else (f"{count} ",)
        fitting = next((way for way in ways if cells(parts) + width_of(way) < width), ways[-1])
        return parts, width, [(fitting, DIM)]


def beside(snapshot: Snapshot, choices: Choices, by: int) -> Row | None:
    """The row `by` rows below the cursor, within the page; None if the page is empty."""
    rows = snapshot.rows
    place = place_of(rows, choices) or 0
    return rows[max(0, min(place + by, len(rows) - 1))] if rows else None


def _title(column: Column, sign: str) -> str:
    """A column's title after a gap; the sign takes the gap if the column is too narrow for both."""
    title = column.shown_title
    if sign and width_of(sign + title) > column.width:
        return sign + numbers.fit(title, column.width, right=column.right)
    return " " + numbers.fit(sign + title, column.width, right=column.right)


def _cells(
    run: Run,
    preview: RowPreview,
    status: str,
    mark: str,
    slot: int | None,
    columns: tuple[Column, ...],
    *,
    barred: bool,
) -> list[Part]:
    """The row of a run: a drawn run's sign has the colour of its curve, a marked run also has a bar."""
    curve_style = None if slot is None else run_style(slot)
    sign, sign_style = SIGNS[status]
    parts: list[Part] = [
        (BAR, curve_style) if curve_style and barred else (" ", TEXT),
        (sign, curve_style or sign_style),
    ]
    parts.append((mark, ACCENTED if mark == PINNED else RULES))
    for column in columns:
        parts.append((" ", TEXT))
        parts.extend(_cell(run, preview, column))
    return parts


def _cell(run: Run, preview: RowPreview, column: Column) -> list[Part]:
    parts = list(column.parts(run, preview, column.width))
    if len(parts) == 1:
        text, style = parts[0]
        return [(numbers.fit(text, column.width, right=column.right), style)]
    missing = column.width - sum(width_of(text) for text, _ in parts)
    return [(" " * max(missing, 0), TEXT), *parts]
