"""Columns: the rows of all series, aggregated into the dot columns of a plot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.trace.decimation import Floats, Integers
from engine.trace.finite_checks import ALL, Flags, all_finite, changes, finite
from tui.chart.values.series import SeriesBundle

STRIDE = 2**23
"""Offset of each series on the common grid, in dot columns; larger than any clipped position."""

GapStarts = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """k series on a grid of dot columns; values are dot rows (floats) measured down from the top of the plot.

    `line`, `low` and `high` have shape (k, dot columns): NaN is empty, values outside the plot stay. `high` lies
    above `low`, so it is the smaller number. `gap_starts` holds for each series the (column, row) where it became
    non-finite; row -1 if no finite value precedes.
    """

    line: Floats
    low: Floats
    high: Floats
    gap_starts: tuple[GapStarts, ...]


def reaching(x: Floats, owner: Integers, low: float, high: float) -> Flags:
    """Return a mask (n,) of the rows in low..high and their neighbours, so that lines reach the edges."""
    if not len(x):
        return np.zeros(0, dtype=np.bool_)
    same = owner[1:] == owner[:-1]
    after, before = x.copy(), x.copy()
    after[:-1][same] = x[1:][same]
    before[1:][same] = x[:-1][same]
    return (after >= low) & (before <= high)


def to_columns(rows: SeriesBundle, x: Floats, line: Floats, low: Floats, high: Floats, width: int) -> Columns:
    """Aggregate rows into `width` dot columns.

    `x`, `line`, `low`, `high` (n,) are the bundle's rows in dots: x in columns, the others in rows. The band holds
    the extremes of each column. The line is the mean of a column's rows (the lowest value for step lines) and is
    interpolated over empty columns, but never across a gap.
    """
    count = len(rows.series)
    visible = _visible_rows(x, rows.owner, width)
    x, line, low, high = x[visible], line[visible], low[visible], high[visible]
    gap, owner = None if rows.gap is None else rows.gap[visible], rows.owner[visible]
    empty = np.full((count, width), np.nan)
    if not len(x):
        return Columns(empty, empty, empty, ((),) * count)
    column = np.floor(x).astype(np.int64)
    column[x == width] = width - 1
    key = owner * STRIDE + column
    starts = changes(key)
    keys, owners, columns = key[starts], owner[starts], column[starts]
    steps = np.array([one.steps for one in rows.series])
    line_at = _column_values(line, starts, steps[owners])
    grid = np.arange(count, dtype=np.int64)[:, None] * STRIDE + np.arange(width, dtype=np.int64)
    full_low, full_high = _bands(rows, low, high, starts, keys, owners, columns, grid)
    full_line = _joined(keys, owners, line_at, grid, steps)
    return Columns(full_line, full_low, full_high, _gap_starts(count, column, owner, line, gap, width))


def _visible_rows(x: Floats, owner: Integers, width: int) -> NDArray[np.intp] | slice:
    """Return the rows inside the plot, and their neighbours outside."""
    # NaN compares false
    if x.min(initial=0.0) >= 0 and x.max(initial=0.0) <= width:
        return ALL
    known = np.flatnonzero(np.isfinite(x))
    near: NDArray[np.intp] = known[reaching(x[known], owner[known], 0.0, float(width))]
    return near


def _column_values(line: Floats, starts: NDArray[np.intp], steps: Flags) -> Floats:
    """Return one value per group of rows: the mean, or the lowest value for step lines; NaN if none is finite."""
    if all_finite(line):
        out = np.add.reduceat(line, starts) / np.diff(np.concatenate([starts, [len(line)]]))
    else:
        known = np.isfinite(line)
        counts = np.add.reduceat(known.astype(np.float64), starts)
        out = np.add.reduceat(np.where(known, line, 0.0), starts) / np.maximum(counts, 1.0)
        out[counts == 0] = np.nan
    if steps.any():
        out[steps] = np.fmax.reduceat(line, starts)[steps]
    values: Floats = out
    return values


def _bands(
    rows: SeriesBundle,
    low: Floats,
    high: Floats,
    starts: NDArray[np.intp],
    keys: Integers,
    owners: Integers,
    columns: Integers,
    grid: Integers,
) -> tuple[Floats, Floats]:
    """Return lows and highs (k, width); filled bands also cover the empty columns between rows."""
    low_at, high_at = np.fmax.reduceat(low, starts), np.fmin.reduceat(high, starts)
    full_low, full_high = np.full(grid.shape, np.nan), np.full(grid.shape, np.nan)
    inside = int(columns.min()) >= 0 and int(columns.max()) < grid.shape[1]
    seen = ALL if inside else (columns >= 0) & (columns < grid.shape[1])
    full_low[owners[seen], columns[seen]] = low_at[seen]
    full_high[owners[seen], columns[seen]] = high_at[seen]
    filled = np.flatnonzero([one.filled and one.run.raw for one in rows.series])
    if len(filled):
        wanted = grid[filled]
        behind = np.searchsorted(keys, wanted, "right") - 1
        ahead = np.minimum(behind + 1, len(keys) - 1)
        covered = (behind >= 0) & (owners[behind] == filled[:, None])
        covered &= (owners[ahead] == filled[:, None]) & (keys[ahead] > wanted) | (keys[behind] == wanted)
        # a row of zero height is a point: it does not extend over empty columns
        covered &= (keys[behind] == wanted) | (low_at[behind] != high_at[behind])
        full_low[filled] = np.where(covered, low_at[behind], np.nan)
        full_high[filled] = np.where(covered, high_at[behind], np.nan)
    return full_low, full_high


def _joined(keys: Integers, owners: Integers, values: Floats, grid: Integers, steps: Flags) -> Floats:
    """Interpolate `values` at `keys` on the grid (k, width); NaN across gaps and beyond the ends."""
    known = finite(values)
    at, value, owner = keys[known], values[known], owners[known]
    if not len(at):
        return np.full(grid.shape, np.nan)
    line = np.arange(len(grid))[:, None]
    behind = np.searchsorted(at, grid, "right") - 1
    ahead = np.minimum(behind + 1, len(at) - 1)
    exact = (behind >= 0) & (at[behind] == grid)
    between = (behind >= 0) & (owner[behind] == line) & (owner[ahead] == line) & (at[ahead] > grid)
    share = (grid - at[behind]) / np.maximum(at[ahead] - at[behind], 1)
    share[steps] = 0.0
    if known is not ALL:
        gaps_before = np.searchsorted(keys[~np.isfinite(values)], at)
        between &= (gaps_before[ahead] == gaps_before[behind]) | steps[:, None]
    out: Floats = np.where(exact | between, value[behind] + (value[ahead] - value[behind]) * share, np.nan)
    out[exact] = value[behind[exact]]
    return out


def _gap_starts(
    count: int, column: Integers, owner: Integers, line: Floats, gap: Flags | None, width: int
) -> tuple[GapStarts, ...]:
    out: list[dict[int, float]] = [{} for _ in range(count)]
    if gap is not None and gap.any():
        first_row = np.concatenate([[True], owner[1:] != owner[:-1]])
        starts = np.flatnonzero(gap & (first_row | ~np.concatenate([[False], gap[:-1]])))
        for start in starts[(column[starts] >= 0) & (column[starts] < width)].tolist():
            before = np.nan if first_row[start] else line[start - 1]
            out[int(owner[start])].setdefault(int(column[start]), float(before) if np.isfinite(before) else -1.0)
    return tuple(tuple(starts.items()) for starts in out)
