"""Widths: how many iterations a row of a curve stands for, so that a chart gets enough rows and no more."""

from __future__ import annotations

import math

from engine.store.write.pyramid import LEVELS

MOST_RAW = 6
"""Iterations per column up to which a chart is made from the rows themselves: 1,440 of them take about 1 ms."""


def width_for(span: int, columns: int) -> int:
    """Iterations in a row of a curve of `span` iterations: 1 or 4, made from the rows, or those of a level."""
    level = max((level for level in LEVELS if span >> level >= columns), default=0)
    if level:
        return 1 << level
    if span > MOST_RAW * columns:
        return 1 << LEVELS[0]
    return 1 if span <= 4 * columns else 4


def longest(width: int, columns: int) -> int:
    """The longest span whose curve has rows of this width."""
    if width < 1 << LEVELS[0]:
        return (4 if width == 1 else MOST_RAW) * columns
    return int(1e18) if width == 1 << LEVELS[-1] else 4 * width * columns - 1


def spacing_for(span: int, count: int) -> int:
    """The power of two that at most `count` evenly spread ones of `span` iterations are apart.

    Multiples of one spacing stay where they are while a run grows.
    """
    return 1 << max(math.ceil(math.log2(max(span / max(count, 1), 1))), 0)
