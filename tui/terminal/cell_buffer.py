"""CellBuffer: the cells that the terminal should show and those that it shows. Only the difference is written.

However often and widely a screen repaints itself, the terminal gets only the cells that changed. Frames may be skipped:
the difference is always that between the last write and now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style

from tui.colours.sgr import PLAIN, RESET, Colours, SgrStyle, change, sgr_style
from tui.text.ascii_only import plain
from tui.text.widths import FIRST_CLUSTER, TAIL, codes_of, text_of

BRIDGE = 5
"""Equal cells between two changes from which moving the cursor costs fewer bytes than writing them again."""

ERASE_FROM = 8
"""Blank cells at the end of a row from which erasing costs fewer bytes than writing them."""

BLANK = ord(" ")
UNKNOWN = 2**32 - 1

Codes = NDArray[np.uint32]
SgrStyles = NDArray[np.uint16]
Flags = NDArray[np.bool_]


class CellSpan(NamedTuple):
    """Cells start..stop of a row, all of one style; `style` is the style's number."""

    row: int
    start: int
    stop: int
    style: int


class BufferRow(NamedTuple):
    """A row to show: codes and style numbers of its cells. `text` is '' unless each cell is one narrow character."""

    codes: list[int]
    sgr_styles: list[int]
    text: str


class CellBuffer:
    """A terminal of `width` x `height` cells.

    `colours` maps styles to the terminal's colours; `erases`: erased cells keep the background colour; `ascii_only`: no
    other characters are written.
    """

    def __init__(
        self, width: int, height: int, colours: Colours, *, erases: bool = True, ascii_only: bool = False
    ) -> None:
        self.width, self.height = width, height
        self._colours = colours
        self._in_charset = plain if ascii_only else str
        self._erases = erases
        self.sgr_styles = [PLAIN]
        """The SGR style of each style number."""
        self._numbers: dict[Style | None, int] = {None: 0}
        self._numbers_on: dict[Style, dict[Style | None, int]] = {}
        shape = (height, width)
        self._codes: Codes = np.full(shape, BLANK, np.uint32)
        self._sgr_styles: SgrStyles = np.zeros(shape, np.uint16)
        self._shown_codes: Codes = np.full(shape, UNKNOWN, np.uint32)
        self._shown_styles: SgrStyles = np.zeros(shape, np.uint16)
        self._touched: Flags = np.ones(height, np.bool_)

    def style_number(self, style: Style | None) -> int:
        """The number of a style in this buffer."""
        number = self._numbers.get(style)
        if number is None:
            sgr = sgr_style(style, self._colours)
            if sgr not in self.sgr_styles:
                self.sgr_styles.append(sgr)
            number = self._numbers[style] = self.sgr_styles.index(sgr)
        return number

    def put(self, x: int, y: int, segments: Iterable[Segment], ground: Style | None = None) -> None:
        """Set the cells from (x, y) to these segments; cells beyond the edges are dropped.

        A `ground` is the style that those of the segments stand on. Half of a wide character, in the segments or beside
        them, becomes a blank.
        """
        codes: list[int] = []
        sgr_styles: list[int] = []
        numbers = self._numbers if ground is None else self._numbers_on.setdefault(ground, {})
        for text, style, control in segments:
            if not control:
                found = codes_of(self._in_charset(text))
                codes += found
                number = numbers.get(style)
                if number is None:
                    number = numbers[style] = self.style_number(style if ground is None else ground + style)
                sgr_styles += [number] * len(found)
        self.paste(x, y, np.array([codes], np.uint32), np.array([sgr_styles], np.uint16))

    def paste(self, x: int, y: int, codes: Codes, sgr_styles: SgrStyles) -> None:
        """Set the cells from (x, y): codes and style numbers, both of shape (rows, columns)."""
        rows, columns = slice(max(-y, 0), max(self.height - y, 0)), slice(max(-x, 0), max(self.width - x, 0))
        if columns.stop < codes.shape[1]:
            codes = codes.copy()
            codes[codes[:, columns.stop] == TAIL, columns.stop - 1 : columns.stop] = BLANK
        codes, sgr_styles = codes[rows, columns], sgr_styles[rows, columns]
        height, width = codes.shape
        if not height or not width:
            return
        y, x = max(y, 0), max(x, 0)
        bottom, right = y + height, x + width
        area = np.s_[y:bottom, x:right]
        changed = ((self._codes[area] != codes) | (self._sgr_styles[area] != sgr_styles)).any(axis=1)
        if not changed.any():
            return
        self._touched[y:bottom] |= changed
        if x > 0:
            beside = self._codes[y:bottom, x - 1]
            beside[changed & (self._codes[y:bottom, x] == TAIL)] = BLANK
        if right < self.width:
            beside = self._codes[y:bottom, right]
            beside[changed & (beside == TAIL)] = BLANK
        self._codes[area], self._sgr_styles[area] = codes, sgr_styles
        first = self._codes[y:bottom, x]
        first[first == TAIL] = BLANK

    def forget(self) -> None:
        """Write every cell again: what the terminal shows is unknown."""
        self._shown_codes.fill(UNKNOWN)
        self._touched.fill(True)

    @property
    def is_behind(self) -> bool:
        """Whether rows changed since the last `update`."""
        return bool(self._touched.any())

    def update(self) -> str:
        """The text that brings the terminal up to date, '' if it is. The buffer takes it as written."""
        touched = np.flatnonzero(self._touched)
        codes, sgr_styles = self._codes[touched], self._sgr_styles[touched]
        shown_codes, shown_styles = self._shown_codes[touched], self._shown_styles[touched]
        differing = (codes != shown_codes) | (sgr_styles != shown_styles)
        tails = (codes == TAIL) | (shown_codes == TAIL)
        if tails.any():
            _with_other_halves(differing, tails)
        lines = {
            place: _line(codes[place], sgr_styles[place]) for place in np.flatnonzero(differing.any(axis=1)).tolist()
        }
        pieces: dict[int, list[CellSpan]] = {}
        for span in self._spans(differing, sgr_styles, lines):
            pieces.setdefault(span.style, []).append(span)
        self._shown_codes[touched], self._shown_styles[touched] = codes, sgr_styles
        self._touched.fill(False)
        writer = _Writer(self.width)
        # the style of the topmost change first, because the viewer waits for it; then others on its background
        backgrounds = list(dict.fromkeys(self.sgr_styles[style].background for style in pieces))
        for style in sorted(pieces, key=lambda style: backgrounds.index(self.sgr_styles[style].background)):
            for span in pieces[style]:
                line = lines[span.row]
                writer.write(
                    int(touched[span.row]), span, line, self.sgr_styles[style], self._erasable_from(span, line)
                )
        return writer.finished()

    def _spans(self, differing: Flags, sgr_styles: SgrStyles, lines: dict[int, BufferRow]) -> Iterator[CellSpan]:
        """The spans to write; they include equal cells where writing these is shorter than moving the cursor.

        Spans are then written style by style: that takes far fewer colour changes than row by row, and moving the
        cursor is shorter than a colour change.
        """
        last: CellSpan | None = None
        for row, start, stop, style in _runs(differing, sgr_styles):
            if last is not None and row == last.row and start - last.stop < BRIDGE:
                line = lines[row]
                alike = style == last.style
                # checked first, because the first cell decides for most neighbours
                if (alike or line.codes[start] == BLANK) and self._fit(
                    line, last.style, last.stop, start if alike else stop
                ):
                    last = CellSpan(row, last.start, stop, last.style)
                    continue
            if last is not None:
                yield last
            last = CellSpan(row, start, stop, style)
        if last is not None:
            yield last

    def _fit(self, line: BufferRow, style: int, start: int, stop: int) -> bool:
        """Whether the cells start..stop of a row look right when written in one style."""
        for at in range(start, stop):
            own = line.sgr_styles[at]
            if own != style and (
                line.codes[at] != BLANK or not self.sgr_styles[own].blanks_like(self.sgr_styles[style])
            ):
                return False
        return True

    def _erasable_from(self, span: CellSpan, line: BufferRow) -> int:
        """The first of the blanks at the end of a row that are shorter to erase; the span's end if none are."""
        if span.stop < self.width or not self._erases:
            return span.stop
        background, at = self.sgr_styles[line.sgr_styles[-1]], self.width
        while (
            at > span.start
            and line.codes[at - 1] == BLANK
            and self.sgr_styles[line.sgr_styles[at - 1]].blanks_like(background)
        ):
            at -= 1
        return at if self.width - at >= ERASE_FROM else span.stop


def _line(codes: Codes, sgr_styles: SgrStyles) -> BufferRow:
    listed = codes.tolist()
    simple = codes.min() > TAIL and codes.max() < FIRST_CLUSTER
    text = codes.astype("<u4").tobytes().decode("utf-32-le", "replace") if simple else ""
    return BufferRow(listed, sgr_styles.tolist(), text)


def _runs(differing: Flags, sgr_styles: SgrStyles) -> Iterator[tuple[int, int, int, int]]:
    """(row, start, stop, style number) of each run of neighbouring cells that differ and have one style."""
    rows, columns = np.nonzero(differing)
    if not len(rows):
        return iter(())
    styles = sgr_styles[rows, columns]
    breaks = (np.diff(rows) != 0) | (np.diff(columns) != 1) | (np.diff(styles) != 0)
    firsts = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    lasts = np.append(firsts[1:], len(rows)) - 1
    found = rows[firsts], columns[firsts], columns[lasts] + 1, styles[firsts]
    return zip(*(part.tolist() for part in found), strict=True)


def _with_other_halves(differing: Flags, tails: Flags) -> None:
    """Add the other half of each wide character, old or new, of which one half differs."""
    while True:
        more = np.zeros_like(differing)
        more[:, :-1] |= (tails & differing)[:, 1:]
        more[:, 1:] |= differing[:, :-1] & tails[:, 1:]
        more &= ~differing
        if not more.any():
            return
        differing |= more


class _Writer:
    """Writes spans, and keeps track of the cursor and the style that the terminal has."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._out: list[str] = []
        self._style = PLAIN
        self._at: tuple[int, int] | None = None

    def write(self, y: int, span: CellSpan, line: BufferRow, style: SgrStyle, blank_from: int) -> None:
        """Write a span in its style; from `blank_from` on, erase."""
        self._move(span.start, y)
        text = line.text[span.start : blank_from] if line.text else text_of(line.codes[span.start : blank_from])
        if text:
            self._set_style(style, blank=text.isspace())
            self._out.append(text)
        if blank_from < span.stop:
            self._set_style(style, blank=True)
            self._out.append("\x1b[K")
        # terminals differ in where the cursor is after a wide or combined character
        self._at = (blank_from, y) if line.text and blank_from < self._width else None

    def finished(self) -> str:
        if self._style != PLAIN:
            self._out.append(RESET)
        return "".join(self._out)

    def _move(self, x: int, y: int) -> None:
        if self._at == (x, y):
            return
        there = f"\x1b[{y + 1};{x + 1}H"
        if self._at is not None:
            there = min(_steps(x - self._at[0], y - self._at[1]), there, key=len)
        self._out.append(there)

    def _set_style(self, style: SgrStyle, *, blank: bool) -> None:
        if style is not self._style:
            text, self._style = change(self._style, style, blank=blank)
            self._out.append(text)


def _steps(right: int, down: int) -> str:
    """The shortest relative cursor movement."""
    across = "\b" * -right if -4 < right < 0 else _step(right, "C", "D")
    return _step(down, "B", "A") + across


def _step(by: int, ahead: str, back: str) -> str:
    if not by:
        return ""
    return f"\x1b[{abs(by) if abs(by) > 1 else ''}{ahead if by > 0 else back}"
