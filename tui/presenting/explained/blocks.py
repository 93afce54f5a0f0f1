"""Blocks: groups of entries, each a sign or a key and its meaning; narrowed by words, laid out in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rich.style import Style

from tui.colours.theme import STRONG, TEXT
from tui.text.parts import Part, cells
from tui.text.widths import wrapped

TWO_COLUMNS = 110
"""Width in cells from which blocks stand in two columns."""

MOST_SHOWN = 20
"""Most cells of the signs of a block; the meanings stand beside the widest."""

Line = list[Part]


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands on the screen, in its own colours, and what it means in one sentence."""

    sample: tuple[Part, ...]
    meaning: str

    @property
    def text(self) -> str:
        """What a search looks through."""
        return f"{''.join(text for text, _ in self.sample)} {self.meaning}".casefold()


def entry(sample: str, meaning: str, style: Style = TEXT) -> Entry:
    """What stands on the screen in one style, and what it means."""
    return Entry(((sample, style),), meaning)


@dataclass(frozen=True, slots=True)
class Block:
    """A group of entries below a title."""

    title: str
    entries: tuple[Entry, ...]


def narrowed(blocks: Iterable[Block], query: str) -> list[Block]:
    """The entries that hold every word of the query, in their own text or in the title of their block."""
    words = query.casefold().split()
    found = (
        replace(
            block,
            entries=tuple(
                entry
                for entry in block.entries
                if all(word in entry.text or word in block.title.casefold() for word in words)
            ),
        )
        for block in blocks
    )
    return [block for block in found if block.entries]


def counted_entries(blocks: Iterable[Block]) -> int:
    """The number of entries in all blocks."""
    return sum(len(block.entries) for block in blocks)


def laid_out(blocks: Sequence[Block], width: int) -> list[Line]:
    """The lines of all blocks at `width` cells: in two columns of about the same height if they fit, and wrapped.

    One block alone has the whole width: beside it a column would be empty.
    """
    if width < TWO_COLUMNS or len(blocks) < 2:
        return _joined([_lines(block, width) for block in blocks])
    half = width // 2
    drawn = [_lines(block, half - 1) for block in blocks]
    heights = [len(_joined(drawn[:count])) for count in range(len(drawn) + 1)]
    middle = min(range(len(drawn) + 1), key=lambda count: max(heights[count], heights[-1] - heights[count]))
    left, right = _joined(drawn[:middle]), _joined(drawn[middle:])
    rows = max(len(left), len(right))
    left += [[] for _ in range(rows - len(left))]
    right += [[] for _ in range(rows - len(right))]
    return [[*one, (" " * (half - cells(one)), TEXT), *other] for one, other in zip(left, right, strict=True)]


def _joined(drawn: Iterable[list[Line]]) -> list[Line]:
    """The lines of some blocks with an empty line between any two."""
    lines: list[Line] = []
    for one in drawn:
        lines += [*([[]] if lines else []), *one]
    return lines


def _lines(block: Block, width: int) -> list[Line]:
    beside = min(max(cells(entry.sample) for entry in block.entries), MOST_SHOWN, max(width // 3, 1))
    room = max(width - beside - 4, 8)
    lines: list[Line] = [[(f" {block.title}", STRONG)]]
    for entry in block.entries:
        first, *others = wrapped(entry.meaning, room) or [""]
        sample_width = cells(entry.sample)
        if sample_width > beside:
            lines.append([("  ", TEXT), *entry.sample])
            others = [first, *others]
        else:
            lines.append([("  ", TEXT), *entry.sample, (" " * (beside - sample_width + 2), TEXT), (first, TEXT)])
        lines += [[(" " * (beside + 4), TEXT), (line, TEXT)] for line in others]
    return lines
