"""Lines: a widget that is a list of strips, or of strips and pictures; WrappedLines: one as high as its strips."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import overload

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui.chart.drawing.filled import FilledPicture
from tui.colours.theme import TEXT, filled_style
from tui.terminal.output import TerminalOutput
from tui.text.numbers import fit
from tui.text.parts import Part
from tui.text.widths import width_of
from tui.widgets.cell_widget import CellWidget

MOST_TOLD = 4
"""Largest number of rows of a sentence: a longer one would take too much of what is above it."""

Build = Callable[[int, int], Sequence[Strip]]
"""(width, height) to rows from the top; missing rows are blank."""


def strip(left: Sequence[Part], width: int, right: Sequence[Part] = (), ground: Style | None = None) -> Strip:
    """One row of exactly `width` cells: `left` is cut before `right` is; `ground` is the background of both."""
    ending, room = _cut(right, max(width, 0))
    spare = 1 if ending and room else 0
    beginning, gap = _cut(left, room - spare)
    gap += spare
    segments = [Segment(text, style) for text, style in _joined((*beginning, (" " * gap, TEXT), *ending))]
    if ground is not None:
        segments = list(Segment.apply_style(segments, post_style=ground))
    return Strip(segments, max(width, 0))


def _joined(parts: Iterable[Part]) -> list[Part]:
    """The parts with neighbours of one style as one, because each segment costs as much as its text."""
    joined: list[Part] = []
    for text, style in parts:
        if joined and joined[-1][1] is style:
            joined[-1] = joined[-1][0] + text, style
        elif text:
            joined.append((text, style))
    return joined


def _cut(parts: Iterable[Part], room: int) -> tuple[list[Part], int]:
    """The parts that fit into `room` cells, the last one cut, and the room that they leave."""
    kept: list[Part] = []
    for text, style in parts:
        taken = width_of(text)
        if taken > room:
            kept.append((fit(text, room), style))
            return kept, 0
        kept.append((text, style))
        room -= taken
    return kept, room


@cache
def _on_ground(ground: Style, pair: int) -> Style:
    """The style of a style id (the high byte of the pair) on a ground id, both on the screen's own ground."""
    return ground + filled_style(pair >> 8, pair & 0xFF)


class FilledRows(Sequence[Strip]):
    """Rows that are strips, and filled pictures among them: their cells are painted as they are.

    A row of a picture becomes a strip when it is asked for, which takes longer than painting all of them.
    """

    def __init__(self, *parts: Strip | FilledPicture) -> None:
        self.parts = parts
        heights = [1 if isinstance(part, Strip) else part.height for part in parts]
        self._places = [(number, row) for number, height in enumerate(heights) for row in range(height)]

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> Strip: ...

    @overload
    def __getitem__(self, at: slice) -> list[Strip]: ...

    def __getitem__(self, at: int | slice) -> Strip | list[Strip]:
        """The strip of a row, or those of several."""
        if isinstance(at, slice):
            return [self._row(*place) for place in self._places[at]]
        return self._row(*self._places[at])

    def _row(self, number: int, row: int) -> Strip:
        part = self.parts[number]
        if isinstance(part, Strip):
            return part
        return Strip([Segment(text, filled_style(*styles)) for text, *styles in part.row(row)], part.width)

    def paint(self, output: TerminalOutput, region: Region, ground: Style) -> None:
        """Put all of it on the terminal, whose buffer finds the cells that changed."""
        y = 0
        for part in self.parts:
            if isinstance(part, Strip):
                output.put(region.x, region.y + y, part, ground)
                y += 1
                continue
            shown = np.s_[: max(region.height - y, 0)]
            pairs = np.bitwise_or(part.styles[shown].astype(np.uint16) << 8, part.grounds[shown], dtype=np.uint16)
            output.paste(
                region.x, region.y + y, part.codepoints[shown], pairs,
                partial(_on_ground, ground),
            )  # fmt: skip
            y += part.height


def grounded(widget: Widget, row: Strip) -> Strip:
    """The row on its widget's background; without it the terminal's own would show between the letters."""
    return row.apply_style(Style(bgcolor=widget.background_colors[1].rich_color))


class Lines(CellWidget):
    """Shows the strips that a function makes for its size. `update` sends only rows that changed."""

    DEFAULT_CSS = "Lines { height: 1; }"

    def __init__(self, build: Build, *, css_id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=css_id, classes=classes)
        self._build = build
        self._strips: Sequence[Strip] = ()
        self._built_for: Size | None = None

    def update(self) -> None:
        """Build the strips again and paint the rows that changed."""
        if self._built_for != self.size:
            self._built_for = None  # not drawn at this size: row() will build them
            return
        before, self._strips = self._strips, self._build(*self.size)
        if isinstance(self._strips, FilledRows):
            if self._strips is not before:
                self._paint_cells(self._strips, before)
            return
        rows = range(min(max(len(before), len(self._strips)), self.size.height))
        self.paint_rows([row for row in rows if before[row : row + 1] != self._strips[row : row + 1]])

    def _paint_cells(self, rows: FilledRows, before: Sequence[Strip]) -> None:
        """Put rows on the terminal, and blanks below where there were more; where Textual composes it, ask for all."""
        place = self.place()
        if place is None:
            self.refresh()
            return
        rows.paint(place[0], place[1], self.ground)
        self.paint_rows([*range(len(rows), min(len(before), self.size.height))])

    def text(self) -> str:
        """The widget's rows as plain text."""
        return "\n".join(row.text.rstrip() for row in self._build(*self.size))

    def row(self, y: int, ground: Style) -> Strip:
        return self._strip(y).apply_style(ground)

    def cells_of_row(self, y: int, ground: Style) -> tuple[Strip, Style | None]:
        """Row `y` as it was built: the terminal's buffer knows a style on this ground without adding them up."""
        return self._strip(y), ground

    def _strip(self, y: int) -> Strip:
        """Row `y`, blank after the last strip; all strips are built first if the size has changed."""
        if self._built_for != self.size:
            self._strips, self._built_for = self._build(*self.size), self.size
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)


class WrappedLines(Lines):
    """As high as it has strips, so that a long sentence wraps where there is room."""

    DEFAULT_CSS = "WrappedLines { height: auto; }"
    _wanted = 0

    def update(self) -> None:
        """Build the strips, and lay out again if their number has changed."""
        super().update()
        if self.size and self._rows(self.size.width) != self._wanted:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of rows at this width."""
        self._wanted = self._rows(width)
        return self._wanted

    def _rows(self, width: int) -> int:
        """The number of rows, at most so many that the rest of the screen stays visible."""
        return len(self._build(width, self.most_rows()))

    def most_rows(self) -> int:
        """The largest number of rows."""
        return max(min(MOST_TOLD, self.app.size.height // 4), 1)
