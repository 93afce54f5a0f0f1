"""Lines: a widget that is a list of strips, and sends only the rows that changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.format import fit
from tui.theme import TEXT

Part = tuple[str, Style]


def cells(parts: Iterable[Part]) -> int:
    """How many cells the parts take side by side."""
    return sum(cell_len(text) for text, _ in parts)


def strip(left: Sequence[Part], width: int, right: Sequence[Part] = (), ground: Style | None = None) -> Strip:
    """One row of exactly `width` cells: `left` is cut before `right` is; `ground` lies under both."""
    room = max(width, 0)
    ending = _cut(right, room)
    room -= cells(ending)
    beginning = _cut(left, max(room - 1, 0) if ending else room)
    gap = room - cells(beginning)
    segments = [Segment(text, style) for text, style in (*beginning, (" " * gap, TEXT), *ending) if text]
    if ground is not None:
        segments = list(Segment.apply_style(segments, post_style=ground))
    return Strip(segments, max(width, 0))


def _cut(parts: Iterable[Part], room: int) -> list[Part]:
    kept: list[Part] = []
    for text, style in parts:
        taken = cell_len(text)
        if taken > room:
            return [*kept, (fit(text, room), style)]
        kept.append((text, style))
        room -= taken
    return kept


class Lines(Widget):
    """Shows strips as they are; rows that equal what stands there are neither drawn nor sent."""

    DEFAULT_CSS = "Lines { height: 1; }"

    _strips: Sequence[Strip] = ()

    def show(self, strips: Sequence[Strip]) -> None:
        """Replace what is shown."""
        before, self._strips = self._strips, list(strips)
        width, height = self.size
        for row in range(min(max(len(before), len(strips)), height)):
            if before[row : row + 1] != self._strips[row : row + 1]:
                self.refresh(Region(0, row, width, 1))

    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join(row.text.rstrip() for row in self._strips)

    def render_line(self, y: int) -> Strip:
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)
