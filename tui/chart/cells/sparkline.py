"""Sparkline: the shape of a curve in one row of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.trace.decimation import Floats
from tui.chart.cells.raster import BRAILLE, line_bits
from tui.chart.values.view import Charset

ASCII_LEVELS = "_.-'"


def sparkline(
    values: Sequence[float] | Floats,
    width: int,
    charset: Charset = "unicode",
    *,
    log: bool = False,
    limits: tuple[float, float] | None = None,
) -> str:
    """Return values (oldest first) as exactly `width` cells of text.

    A cell is two braille columns of four heights; in ASCII one of `_.-'`. Several values of a column are averaged.
    Non-finite values (with `log`: also non-positive ones) are gaps. A constant curve is drawn at the bottom. `limits`
    are the values at the bottom and the top, by default the lowest and the highest; values beyond are clipped.
    """
    data = np.asarray(values, dtype=np.float64)
    if width <= 0:
        return ""
    if log:
        data = np.log10(np.where(data > 0, data, np.nan))
    known = np.isfinite(data)
    columns = width * (1 if charset == "ascii" else 2)
    if not known.any():
        return " " * width
    means = _means(np.where(known, data, np.nan), columns)
    if limits is None:
        low, high = float(np.nanmin(means)), float(np.nanmax(means))
    else:
        low, high = (math.log10(limit) if log else limit for limit in limits)
    share = (means - low) / (high - low) if math.isfinite(high - low) and high > low else means * 0.0
    share = np.minimum(np.maximum(share, 0.0), 1.0)
    if charset == "ascii":
        return "".join(" " if math.isnan(s) else ASCII_LEVELS[min(int(s * 4), 3)] for s in share).ljust(width)
    rows = np.full(columns, np.nan)
    rows[: len(share)] = 3 - np.minimum(np.floor(share * 4), 3)
    bits = line_bits(rows[None, :], 1)[0, 0]
    return "".join(chr(BRAILLE + int(cell)) if cell else " " for cell in bits)


def _means(data: Floats, columns: int) -> Floats:
    """Return at most `columns` means of equally many values each; NaN if none of them is finite."""
    if len(data) <= columns:
        return data
    starts = np.arange(columns) * len(data) // columns
    known = np.isfinite(data)
    counts = np.add.reduceat(known.astype(np.float64), starts)
    # divide before the sum, which could overflow
    weights = np.maximum(np.repeat(counts, np.diff(np.append(starts, len(data)))), 1.0)
    means: Floats = np.add.reduceat(np.where(known, data, 0.0) / weights, starts)
    means[counts == 0] = np.nan
    return means
