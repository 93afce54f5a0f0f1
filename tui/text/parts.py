"""Parts: the pieces of a line, each a text with a style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.style import Style

from tui.text.widths import width_of

Part = tuple[str, Style]


def cells(parts: Iterable[Part]) -> int:
    """Return the total width of the parts in cells."""
    return sum(width_of(text) for text, _ in parts)


def cut_at_word(parts: Sequence[Part], width: int) -> list[Part]:
    """Return the parts, those that do not fit into `width` cells cut behind a word, with an ellipsis.

    What stands between dots stays whole, unless that leaves less than half of the room to be read.
    """
    if not parts or cells(parts) <= width:
        return list(parts)
    text = "".join(text for text, _ in parts)
    whole, words = (
        max((at for at in _ends(text, mark) if width_of(text[:at]) <= width - 2), default=0) for mark in (" · ", " ")
    )
    kept, at = (whole if width_of(text[:whole]) * 2 >= width else words), 0
    found: list[Part] = []
    for text, style in parts:
        found.append((text[: max(kept - at, 0)], style))
        at += len(text)
    return [*(part for part in found if part[0]), (" …", parts[-1][1])]


def _ends(text: str, mark: str) -> Iterable[int]:
    """Yield the places in a text at which a mark stands."""
    at = text.find(mark)
    while at >= 0:
        yield at
        at = text.find(mark, at + 1)
