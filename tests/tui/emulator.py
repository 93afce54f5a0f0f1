"""A terminal emulator: what a person would see after all that was written."""

from __future__ import annotations

import pyte

from tui.terminal.frame_pacing import QUESTION


class WithoutGround(pyte.Screen):
    """A screen that gives what it erases the terminal's own ground, as GNU screen does (no BCE)."""

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        drawn, self.cursor.attrs = self.cursor.attrs, self.default_char
        super().erase_in_line(how, private)
        self.cursor.attrs = drawn


class Emulator:
    """A terminal of `columns` x `rows` cells; `feed` takes what a program writes."""

    def __init__(self, columns: int, rows: int, *, keeps_ground: bool = True) -> None:
        self._screen = (pyte.Screen if keeps_ground else WithoutGround)(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._unread: list[str] = []

    def feed(self, text: str) -> None:
        self._unread.append(text)

    @property
    def screen(self) -> pyte.Screen:
        """The screen after all that was fed, which is read now: most tests never look at it."""
        text = "".join(self._unread)
        self._unread.clear()
        # the emulator would print the p of the question
        self._stream.feed(text.replace(QUESTION, ""))
        return self._screen

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)

    def text(self) -> str:
        """The screen, row by row."""
        return "\n".join(self.screen.display)

    def cells(self) -> list[list[tuple[object, ...]]]:
        """Every cell: what stands in it and how it looks; of a blank only what can be seen."""
        screen = self.screen
        return [[_seen(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)]


def _seen(cell: pyte.screens.Char) -> tuple[object, ...]:
    if cell.data == " " and not cell.underscore and not cell.reverse:
        return " ", cell.bg
    return tuple(cell)
