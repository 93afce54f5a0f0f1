"""Printed tabs of the inspector: their rows as text, and the numbers behind them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from rich.color import ColorSystem
from textual.strip import Strip

from tui.printing.paper import Paper


def print_rows(rows: Iterable[Strip], paper: Paper) -> str:
    """Return rows as text, in colours where the paper has them, without trailing blanks where it has not."""
    if not has_fills(paper):
        return "\n".join(row.text.rstrip() for row in rows)
    return "\n".join(
        "".join(
            segment.style.render(segment.text, color_system=paper.system) if segment.style else segment.text
            for segment in row
        )
        for row in rows
    )


def has_fills(paper: Paper) -> bool:
    """Whether the paper can show filled areas: light ground or sixteen colours would lose them."""
    return paper.scheme == "dark" and paper.system in (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT)


def as_data(table: str) -> list[dict[str, Any]]:
    """Return a table of CSV as JSON data: an object for each row, numbers as numbers."""
    return [{name: _number(value) for name, value in row.items()} for row in csv.DictReader(io.StringIO(table))]


def _number(text: str) -> float | int | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
