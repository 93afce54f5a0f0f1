"""Answers: what the terminal answers to the link's question is heard, even that it does not know the mode."""

from __future__ import annotations

from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

UNKNOWN, RESET = "\x1b[?2026;0$y", "\x1b[?2026;4$y"
"""Synchronised output is not known; it is known and never on. Asked for it, a terminal without ignores that."""


class Hearing(XTermParser):
    """Textual's parser of what the terminal sends, which drops answers of terminals without synchronised output."""

    def feed(self, data: str) -> Iterable[Message]:
        return super().feed(data.replace(UNKNOWN, RESET))


def hear() -> None:
    """Read the terminal in this way from now on: the driver makes its parser by that name."""
    linux_driver.XTermParser = Hearing  # type: ignore[attr-defined]
