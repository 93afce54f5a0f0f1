"""Legend: a sign and a label for every run, in calm columns below the plot."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from tui.chart.picture import HINT, TITLE, Codepoints, StyleIds, strong
from tui.chart.text import cells, fit, place
from tui.chart.view import Charset
from tui.palette import marker

SPACE = 3
LEAST_LABEL = 8


@lru_cache(maxsize=64)
def draw_legend(
    runs: tuple[tuple[str, int], ...], width: int, most_rows: int, charset: Charset
) -> tuple[Codepoints, StyleIds]:
    """The legend of (label, slot) pairs as read-only codepoints and styles of shape (rows, width).

    It has at most `most_rows` rows, and 0 when there is nothing to say.

    Labels are cut before a run is left out; what is left out is counted at the end.
    """
    entries = [(slot, cells(label, charset)) for label, slot in runs]
    if not entries or most_rows < 1 or width < 4:
        return np.zeros((0, width), np.uint32), np.zeros((0, width), np.uint8)
    longest = max(len(codes) for _, codes in entries)
    across = _entries_across(longest, len(entries), width, most_rows)
    label_width = max(min(longest, (width + SPACE) // across - SPACE - 2), 1)
    rows = min(-(-len(entries) // across), most_rows)
    codepoints = np.full((rows, width), ord(" "), dtype=np.uint32)
    styles = np.zeros((rows, width), dtype=np.uint8)
    room = rows * across
    shown = len(entries) if len(entries) <= room else max(room - 1, 1)
    left_out = f"+{len(entries) - shown} more"
    if shown == room < len(entries):
        label_width = max(label_width - len(left_out) - 1, 1)
    for index, (slot, codes) in enumerate(entries[:shown]):
        row, place_in_row = divmod(index, across)
        column = place_in_row * (label_width + 2 + SPACE)
        sign = marker(slot, ascii_only=charset == "ascii")
        column = place(codepoints, styles, row, column, [ord(sign), ord(" ")], strong(slot))
        place(codepoints, styles, row, column, fit(codes, label_width, charset), TITLE)
    if shown < len(entries):
        row, place_in_row = divmod(min(shown, room - 1), across)
        column = place_in_row * (label_width + 2 + SPACE) if shown < room else label_width + 3
        place(codepoints, styles, row, column, cells(left_out, charset), HINT)
    codepoints.setflags(write=False)
    styles.setflags(write=False)
    return codepoints, styles


def _entries_across(longest: int, count: int, width: int, most_rows: int) -> int:
    whole = max((width + SPACE) // (longest + 2 + SPACE), 1)
    needed = -(-count // most_rows)
    possible = max((width + SPACE) // (LEAST_LABEL + 2 + SPACE), 1)
    return min(max(whole, needed), max(possible, whole), count)
