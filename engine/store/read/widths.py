"""Widths: how many iterations one row of a curve covers, so that a chart gets enough rows and no more."""

from __future__ import annotations

import math

from engine.store.write.pyramid import LEVELS

MOST_RAW = 6
"""Iterations per column up to which a curve is made from rows instead of buckets: 1,440 rows take about 1 ms."""


def width_for(span: int, columns: int) -> int:
    """Iterations per row of a curve over `span` iterations: 1 or 4 (made from rows), or the bucket width of a level."""
    level = max((level for level in LEVELS if span >> level >= columns), default=0)
    if level:
        return 1 << level
    if span > MOST_RAW * columns:
        return 1 << LEVELS[0]
    return 1 if span <= 4 * columns else 4


def longest(width: int, columns: int) -> int:
    """The longest span, in iterations, whose curve has rows of this width."""
    if width < 1 << LEVELS[0]:
        return (4 if width == 1 else MOST_RAW) * columns
    return int(1e18) if width == 1 << LEVELS[-1] else 4 * width * columns - 1


def spacing_for(span: int, count: int) -> int:
    """The smallest power-of-two spacing at which `span` iterations give at most `count` samples.

    Powers of two keep the samples in place while a run grows.
    """
    return 1 << max(math.ceil(math.log2(max(span / max(count, 1), 1))), 0)
