"""Histogram: counts as bars, in rows of text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tui.chart.values.view import Charset

EIGHTHS = " ▁▂▃▄▅▆▇█"


def histogram(counts: Sequence[int], width: int, height: int, charset: Charset = "unicode") -> list[str]:
    """Return bars as `height` rows of at most `width` cells, from the top; counts that share a cell are added up.

    The highest bar is as high as the rows; one of a single example is still seen.
    """
    width = min(width, len(counts))
    if width < 1 or height < 1:
        return []
    starts = np.arange(width) * len(counts) // width
    sums = np.add.reduceat(np.asarray(counts, np.float64), starts)
    eighths = np.ceil(sums / max(float(sums.max()), 1.0) * height * 8).astype(int)
    rows = []
    for row in range(height - 1, -1, -1):
        filled = np.clip(eighths - row * 8, 0, 8).tolist()
        rows.append("".join(EIGHTHS[one] if charset == "unicode" else "#" if one else " " for one in filled))
    return rows
