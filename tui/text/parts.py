"""Parts: the pieces of a line, each a text with a style."""

from __future__ import annotations

from collections.abc import Iterable

from rich.style import Style

from tui.text.widths import width_of

Part = tuple[str, Style]


def cells(parts: Iterable[Part]) -> int:
    """Return the total width of the parts in cells."""
    return sum(width_of(text) for text, _ in parts)
