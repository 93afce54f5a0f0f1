"""Exhibit: what the inspector shows, as a text, a picture or values that leave the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.strip import Strip


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Rows of `width` cells, and the `table` of the numbers behind them as CSV, '' if there is none."""

    title: str
    rows: Sequence[Strip]
    width: int
    table: str = ""

    @property
    def text(self) -> str:
        """The rows as plain text."""
        return "".join(f"{row.text.rstrip()}\n" for row in self.rows)
