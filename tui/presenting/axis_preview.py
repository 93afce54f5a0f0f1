"""Axis preview: the values of a planned sweep on their axis, as two lines of text."""

from __future__ import annotations

import math
from decimal import Decimal

from tui.model.sweep.sweep_range import DEFAULT_RANGES, SweepRange
from tui.text.numbers import value_label

OUTSIDE, INSIDE, VALUE, END = "─", "━", "●", "◆"


def axis_preview(swept: SweepRange, width: int) -> tuple[str, str]:
    """The axis with a sign per value, and its labels, both `width` cells; ('', '') if they do not fit.

    The axis extends beyond the range, so that a moved end is seen to move.
    """
    values = [value for value in swept.values() if value is not None]
    log = swept.scale != "linear" and all(value > 0 for value in values)
    ends = [*map(float, values), *(float(end) for end in (swept.low, swept.high) if swept.scale != "list")]
    default_ends = [float(Decimal(end)) for end in DEFAULT_RANGES[swept.field][1:3]]
    reach = [end for end in (*ends, *default_ends) if end > 0 or not log]
    if width < 12 or not reach:
        return "", ""
    low, high = min(reach), max(reach)
    room = 1.0 if log else (high - low) * 0.1 or 1.0
    first, last = (math.log10(low) - room, math.log10(high) + room) if log else (low - room, high + room)

    def column(value: float) -> int:
        place = math.log10(value) if log else value
        return max(0, min(round((place - first) / (last - first) * (width - 1)), width - 1))

    line = [OUTSIDE] * width
    inside = [column(end) for end in ends if end > 0 or not log]
    if inside:
        for at in range(min(inside), max(inside) + 1):
            line[at] = INSIDE
    for value in values:
        line[column(value)] = VALUE
    if not values:  # the ends are shown although they give no values
        for at in inside:
            line[at] = END
    marks = values or [end for end in ends if end > 0 or not log]
    return "".join(line), _labels([(column(value), value_label(value)) for value in marks], width)


def _labels(marks: list[tuple[int, str]], width: int) -> str:
    """As many labels as do not touch: the first and the last, then the shortest, which are round numbers."""
    row = [" "] * width
    for at, text in [*marks[:1], *marks[-1:], *sorted(marks[1:-1], key=lambda mark: len(mark[1]))]:
        start = max(0, min(at - len(text) // 2, width - len(text)))
        around = row[max(start - 2, 0) : start + len(text) + 2]
        if all(cell == " " for cell in around):
            row[start : start + len(text)] = text
    return "".join(row)
