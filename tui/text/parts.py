"""Parts of a line: text with a style, before they become cells."""

from __future__ import annotations

from collections.abc import Iterable

from rich.style import Style

from tui.text.widths import width_of

Part = tuple[str, Style]


def cells(parts: Iterable[Part]) -> int:
    """How many cells the parts take side by side."""
    return sum(width_of(text) for text, _ in parts)
