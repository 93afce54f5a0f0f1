"""Surface: what should stand on the terminal and what does, cell by cell. Only the difference is written.

However often and however widely a screen repaints itself, the terminal gets the cells that changed. Frames may be
left out: the difference is always taken from what was written last to what is wanted now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from rich.cells import get_character_cell_size
from rich.segment import Segment

from tui.pen import PLAIN, RESET, Colours, Ink, change, ink_of
from tui.plain import plain

BRIDGE = 5
"""Equal cells between two changes that are written again: moving the cursor costs about as many bytes."""

ERASE_FROM = 8
"""Blank cells at the end of a row from which on erasing is shorter than writing them."""

Span = tuple[int, int, int]
"""(row, first cell, cell after the last)."""

Cell = tuple[str, Ink]
"""A character with what combines with it, and its ink. The second cell of a wide character holds ''."""

BLANK: Cell = (" ", PLAIN)
UNKNOWN: Cell = ("\0", PLAIN)


@lru_cache(maxsize=8192)
def split(text: str) -> tuple[str, ...]:
    """Text cell by cell."""
    if text.isascii():
        return tuple(text)
    cells: list[str] = []
    for character in text:
        size = get_character_cell_size(character)
        if size:
            cells.append(character)
            cells.extend([""] * (size - 1))
        elif cells:
            head = len(cells) - 1 if cells[-1] or len(cells) < 2 else len(cells) - 2
            cells[head] += character
    return tuple(cells)


class Surface:
    """A terminal of `width` x `height` cells.

    `colours` says what becomes of a style; `erases` whether erasing keeps the background colour; `ascii_only` that
    no other characters may be written.
    """

    def __init__(
        self, width: int, height: int, colours: Colours, *, erases: bool = True, ascii_only: bool = False
    ) -> None:
        self.width, self.height = width, height
        self._colours = colours
        self._say = plain if ascii_only else str
        self._erases = erases
        self._wanted = [[BLANK] * width for _ in range(height)]
        self._shown = [[UNKNOWN] * width for _ in range(height)]
        self._touched: set[int] = set(range(height))

    def put(self, x: int, y: int, segments: Iterable[Segment]) -> None:
        """Want these segments from a cell on; what reaches beyond the edges is dropped.

        Half of a wide character, here or beside, is a blank.
        """
        if not 0 <= y < self.height:
            return
        cells: list[Cell] = []
        for text, style, control in segments:
            if not control:
                ink = ink_of(style, self._colours)
                cells += [(character, ink) for character in split(self._say(text))]
        start, stop = max(-x, 0), max(self.width - x, 0)
        if cells[stop : stop + 1] and not cells[stop][0]:
            cells[stop - 1] = (" ", cells[stop - 1][1])
        if start < len(cells) and not cells[start][0]:
            cells[start] = (" ", cells[start][1])
        cells, x = cells[start:stop], max(x, 0)
        row, end = self._wanted[y], x + len(cells)
        if row[x:end] != cells:
            if not row[x][0]:
                row[x - 1] = (" ", row[x - 1][1])
            if end < self.width and not row[end][0]:
                row[end] = (" ", row[end][1])
            row[x:end] = cells
            self._touched.add(y)

    def forget(self) -> None:
        """Nobody knows what stands on the terminal: everything is to be written again."""
        self._shown = [[UNKNOWN] * self.width for _ in range(self.height)]
        self._touched = set(range(self.height))

    @property
    def is_behind(self) -> bool:
        """Whether rows were changed since the last `update`."""
        return bool(self._touched)

    def update(self) -> str:
        """What to write so that the terminal shows what is wanted; '' when it does. Taken as written."""
        pieces: dict[Ink, list[Span]] = {}
        for y in sorted(self._touched):
            wanted, shown = self._wanted[y], self._shown[y]
            if wanted != shown:
                for ink, start, stop in _changes(wanted, shown):
                    pieces.setdefault(ink, []).append((y, start, stop))
                self._shown[y] = wanted.copy()
        self._touched.clear()
        writer = _Writer(self.width, self._erases)
        # the ink of the topmost change first, because it is what somebody waits for; then others on the same ground
        grounds = list(dict.fromkeys(ink.background for ink in pieces))
        for ink in sorted(pieces, key=lambda ink: grounds.index(ink.background)):
            for y, start, stop in pieces[ink]:
                writer.write(y, start, stop, self._wanted[y])
        return writer.finished()


def _changes(wanted: Sequence[Cell], shown: Sequence[Cell]) -> Iterator[tuple[Ink, int, int]]:
    """The spans start..stop that differ, each of one ink, with no half of a wide character in them.

    Told ink by ink they need far fewer colours than row by row, and moving the cursor is shorter than a colour.
    """
    differing = {x for x, (new, old) in enumerate(zip(wanted, shown, strict=True)) if new != old}
    tails = {x for x, (new, old) in enumerate(zip(wanted, shown, strict=True)) if not (new[0] and old[0])}
    while tails and (more := _torn(differing, tails)):
        differing |= more
    start = last = -1
    ink = PLAIN
    for x in sorted(differing):
        if start >= 0 and x - last <= BRIDGE and all(_fits(wanted[at], ink) for at in range(last + 1, x + 1)):
            last = x
            continue
        if start >= 0:
            yield ink, start, last + 1
        start, last, ink = x, x, wanted[x][1]
    yield ink, start, last + 1


def _fits(cell: Cell, ink: Ink) -> bool:
    """Whether a cell looks as it should when it is written with an ink."""
    character, own = cell
    if own is ink or own == ink:
        return True
    blank = character == " " and own.background == ink.background
    return blank and not own.marks_blanks and not ink.marks_blanks


def _torn(differing: set[int], tails: set[int]) -> set[int]:
    """The other halves of wide characters, old or new, of which one half differs."""
    heads = {x - 1 for x in tails & differing if x}
    return (heads | {x for x in tails if x - 1 in differing}) - differing


class _Writer:
    """Writes spans, keeping count of where the cursor and the pen are."""

    def __init__(self, width: int, erases: bool) -> None:
        self._width = width
        self._erases = erases
        self._out: list[str] = []
        self._ink = PLAIN
        self._at: tuple[int, int] | None = None

    def write(self, y: int, start: int, stop: int, row: Sequence[Cell]) -> None:
        self._move(start, y)
        blank_from = self._blank_end(row, start) if stop == self._width and self._erases else stop
        for x in range(start, min(stop, blank_from)):
            character, ink = row[x]
            self._turn(ink, blank=character == " ")
            self._out.append(character)
        if blank_from < stop:
            self._turn(row[blank_from][1], blank=True)
            self._out.append("\x1b[K")
            stop = max(blank_from, start)
        uncertain = stop >= self._width or any(len(row[x][0]) != 1 for x in range(start, stop))
        self._at = None if uncertain else (stop, y)

    def finished(self) -> str:
        if self._ink != PLAIN:
            self._out.append(RESET)
        return "".join(self._out)

    def _blank_end(self, row: Sequence[Cell], start: int) -> int:
        """The first cell of the blanks that end a row, or its end where erasing them would be no shorter."""
        background = row[-1][1].background
        at = self._width
        while at > start:
            character, ink = row[at - 1]
            if character != " " or ink.background != background or ink.marks_blanks:
                break
            at -= 1
        return at if self._width - at >= ERASE_FROM else self._width

    def _move(self, x: int, y: int) -> None:
        if self._at == (x, y):
            return
        if self._at is not None and self._at[1] == y and self._at[0] < x:
            self._out.append(f"\x1b[{x - self._at[0]}C")
        else:
            self._out.append(f"\x1b[{y + 1};{x + 1}H")

    def _turn(self, ink: Ink, *, blank: bool) -> None:
        if ink is not self._ink:
            text, self._ink = change(self._ink, ink, blank=blank)
            self._out.append(text)
