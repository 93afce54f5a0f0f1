"""The scene lines: what the tour tells, above the keys; as much of it as the terminal has room for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual.strip import Strip

from tui.colours.theme import ACCENTED, DIM, FINISHED, RULES, STRONG, TEXT
from tui.presenting.learning.tour import Told
from tui.text.parts import Part, cells
from tui.text.widths import wrapped
from tui.widgets.lines import WrappedLines, strip

TALL, LOW = 30, 20
"""Terminal rows from which there is room for all sentences, and for more than one line."""

MOST_ROWS, FEWER_ROWS = 6, 4
"""Rows of the tour on a tall terminal, and on one of middle height."""

WORDS = (("N", "next scene"), ("F", "scene before"), ("Q", "leave the tour"))
SHORT = (("N", "next"), ("F", "before"), ("Q", "leave"))
"""The keys of the tour, which work in every view."""


class SceneLines(WrappedLines):
    """Shows what `show` was given last."""

    def __init__(self) -> None:
        super().__init__(lambda width, height: scene_lines(self.told, width, height), css_id="scene")
        self.told: Told | None = None
        """What is shown."""

    def show(self, told: Told) -> None:
        """Show this; unchanged rows are not sent."""
        if told != self.told:
            self.told = told
            self.update()

    def most_rows(self) -> int:
        """The rows that the terminal has for the tour."""
        height = self.app.size.height
        return MOST_ROWS if height >= TALL else FEWER_ROWS if height >= LOW else 1


def scene_lines(told: Told | None, width: int, height: int) -> list[Strip]:
    """Title and the tour's keys, what is said in whole sentences, what is to be done; one row has the last alone."""
    if told is None or height < 1:
        return []
    if height == 1:
        return [_one_line(told, width)]
    title: list[Part] = [(f" {told.number}/{told.count} ", ACCENTED), (f"{told.title} ", STRONG)]
    keys = _keys((WORDS if width >= 100 else SHORT) if told.turns else ())
    rule: Part = ("─" * max(width - cells(title) - cells(keys) - 1, 0), RULES)
    said = _whole_sentences(told.says, width - 6, height - 2)
    return [
        strip([*title, rule], width, keys),
        *(strip([("     ", TEXT), (line, TEXT)], width) for line in said),
        strip([("   ", TEXT), *_doing(told, told.does)], width),
    ]


def _one_line(told: Told, width: int) -> Strip:
    """What is to be done; title and keys where there is room for them, in brief where there is little."""
    number: Part = (f" {told.number}/{told.count} ", ACCENTED)
    title: Part = (f"{told.title}  ", STRONG)
    words = _keys(SHORT if told.turns else ())
    bare = _keys([(key, "") for key, _ in SHORT] if told.turns else ())
    whole, brief = _doing(told, told.does), _doing(told, told.brief)
    for left, right in (
        ([number, title, *whole], words),
        ([number, *whole], words),
        ([number, *whole], bare),
        ([number, *brief], bare),
    ):
        if cells([*left, *right]) < width:
            return strip(left, width, right)
    return strip([number, *brief], width)


def _doing(told: Told, does: str) -> list[Part]:
    """The keys to press and what they do, or what is waited for."""
    sign: Part = ("✓ ", FINISHED) if told.is_done else ("▸ ", ACCENTED)
    return [sign, (told.keys, ACCENTED), (f": {does}" if told.keys else does, TEXT)]


def _keys(words: Sequence[tuple[str, str]]) -> list[Part]:
    parts: list[Part] = []
    for key, word in words:
        parts += [(f" {key}", ACCENTED), (f" {word}".rstrip() + " ", DIM)]
    return parts


def _whole_sentences(text: str, width: int, height: int) -> list[str]:
    """The first sentences that fit into `height` rows, wrapped; the first one in any case, cut."""
    sentences = re.split(r"(?<=[\w%]\.) ", text)
    for count in range(len(sentences), 0, -1):
        lines = wrapped(" ".join(sentences[:count]), width)
        if len(lines) <= height:
            return lines
    *lines, last = ["", *wrapped(sentences[0], width)[:height]]
    return [*lines[1:], f"{last[: width - 2].rstrip()} …"] if lines else []
