"""Series: a run's decimated curve as values on an x axis, then as one line and one band per dot column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.chart.view import ChartRun, CurveColumns, Floats, Integers, XKind

Flags = NDArray[np.bool_]

NEGLIGIBLE_BITS = 40.0
"""Halvings after which what came before no longer shows in an average."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One run's values in units of the axes; all arrays have shape (n,), x does not fall.

    `line` is NaN in a gap. `low` and `high` bound the raw values, NaN where there is none. `gap` tells the rows
    whose losses were all non-finite. `steps` lines hold their value until the next point (best-so-far). `filled`
    bands reach from row to row, because a row stands for many iterations; the others are separate points.
    `x_end` is where the run ends or will end; `guessed` says that this is an estimate.
    """

    run: ChartRun
    x: Floats
    line: Floats
    low: Floats
    high: Floats
    gap: Flags
    steps: bool
    filled: bool
    x_end: float
    guessed: bool


def series_of(run: ChartRun, x_kind: XKind, smoothing: float) -> Series | None:
    """The series of a run on an axis kind, or None when it has no rows."""
    curve = run.curve
    if curve is None or not len(curve.iteration):
        return None
    gap = (curve.count <= 0) | ~np.isfinite(curve.mean)
    low, high = np.where(gap, np.nan, curve.low), np.where(gap, np.nan, curve.high)
    low[~np.isfinite(low)] = np.nan
    high[~np.isfinite(high)] = np.nan
    steps = run.kind == "search"
    if steps:
        line = best_so_far(low, curve.low_before)
    elif smoothing > 0:
        line = smoothed(curve.mean, np.where(gap, 0, curve.count), curve.width / smoothing)
        line[gap] = np.nan
    else:
        line = np.where(gap, np.nan, curve.mean)
    x, x_end = _x_values(run, curve, x_kind)
    guessed = run.growing and (run.planned_iterations is None or x_kind == "time")
    return Series(run, x, line, low, high, gap, steps, not steps and curve.width > 1, x_end, guessed)


def _x_values(run: ChartRun, curve: CurveColumns, x_kind: XKind) -> tuple[Floats, float]:
    """x of every row (its middle) and the end of the run on that axis."""
    width, planned = curve.width, run.planned_iterations
    done = float(curve.iteration[-1] + width)
    if planned is not None:
        done = min(done, max(float(planned), float(curve.iteration[-1] + 1)))
    end = done
    if run.growing:
        end = max(float(planned), done) if planned is not None else 1.5 * done
    if x_kind == "time":
        seconds = np.maximum.accumulate(np.nan_to_num(curve.elapsed_s, nan=0.0, posinf=0.0, neginf=0.0))
        before = np.concatenate([seconds[:1], seconds[:-1]])
        middle = seconds if width == 1 else (seconds + before) / 2
        return middle, float(seconds[-1]) * max(end / done, 1.0)
    middle = curve.iteration + (width - 1) / 2
    scale = max(run.examples_per_iteration, 1) if x_kind == "examples" else 1
    if x_kind == "examples":
        middle = middle + 1
    return np.minimum(middle, done) * scale, end * scale


def best_so_far(low: Floats, low_before: float) -> Floats:
    """The lowest value up to each row, shape (n,); NaN until there is one."""
    best = np.minimum.accumulate(np.concatenate([[low_before], np.where(np.isnan(low), np.inf, low)]))[1:]
    best[~np.isfinite(best)] = np.nan
    return best


def smoothed(values: Floats, weights: Integers | Floats, half_lives_per_row: float) -> Floats:
    """Exponential average of the rows so far, weighted by how many iterations each stands for, shape (n,).

    A row that lies `half_lives_per_row` further back counts half as often to that power. There is no warm-up
    bias: the weights are normalised. Rows of weight 0 are passed over.
    """
    if half_lives_per_row >= NEGLIGIBLE_BITS:
        return np.array(values, dtype=np.float64)
    known = np.asarray(weights, dtype=np.float64)
    products = np.where(known > 0, values, 0.0) * known
    out = np.empty(len(values))
    total = weight = 0.0
    # powers of two over a whole curve would overflow, so it is done in pieces with a carry
    chunk = max(1, min(len(values), int(500 / half_lives_per_row)))
    growth = np.exp2(np.arange(1, chunk + 1) * half_lives_per_row)
    for start in range(0, len(values), chunk):
        part = slice(start, min(start + chunk, len(values)))
        scale = growth[: part.stop - start]
        totals = total + np.cumsum(products[part] * scale)
        seen = weight + np.cumsum(known[part] * scale)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[part] = totals / seen
        total, weight = float(totals[-1] / scale[-1]), float(seen[-1] / scale[-1])
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A series on a grid of dot columns, in dot rows measured down from the top of the plot (floats).

    `line`, `low` and `high` have shape (dot columns,): NaN is empty, values outside of the plot are kept. `high`
    is above `low`, so it is the smaller number. `gap_starts` are the (column, row) where a run went non-finite.
    """

    line: Floats
    low: Floats
    high: Floats
    gap_starts: tuple[tuple[int, float], ...]


def to_columns(series: Series, x_dots: Floats, line: Floats, low: Floats, high: Floats, width: int) -> Columns:
    """Gather rows into `width` dot columns: the band keeps the extremes of each, the line runs through all.

    `x_dots`, `line`, `low`, `high` are the rows' positions in dots, shape (n,), x in columns, y in rows. The line
    is the mean of a column's rows (the lowest of a best-so-far) and is interpolated over columns without rows,
    but never across a gap.
    """
    inside = np.isfinite(x_dots)
    x_dots, line, low, high, gap = x_dots[inside], line[inside], low[inside], high[inside], series.gap[inside]
    first, last = _neighbourhood(x_dots, width)
    x_dots, line, low, high = (values[first:last] for values in (x_dots, line, low, high))
    gap = gap[first:last]
    empty = np.full(width, np.nan)
    if not len(x_dots):
        return Columns(empty, empty, empty, ())
    column = np.floor(x_dots).astype(np.int64)
    column[(column == width) & (x_dots <= width)] = width - 1
    starts = np.concatenate([[0], np.flatnonzero(column[1:] != column[:-1]) + 1])
    columns = column[starts]
    if series.steps:
        line_at = np.fmax.reduceat(line, starts)
    else:
        known = np.isfinite(line)
        counts = np.add.reduceat(known.astype(np.float64), starts)
        line_at = np.add.reduceat(np.where(known, line, 0.0), starts) / np.maximum(counts, 1.0)
        line_at[counts == 0] = np.nan
    low_at, high_at = np.fmax.reduceat(low, starts), np.fmin.reduceat(high, starts)
    seen = (columns >= 0) & (columns < width)
    full_low, full_high = empty.copy(), empty.copy()
    full_low[columns[seen]], full_high[columns[seen]] = low_at[seen], high_at[seen]
    if series.filled:
        grid = np.arange(max(int(columns[0]), 0), min(int(columns[-1]), width - 1) + 1)
        row = np.searchsorted(columns, grid, "right") - 1
        full_low[grid], full_high[grid] = low_at[row], high_at[row]
    full_line = _joined(columns, line_at, width, steps=series.steps)
    return Columns(full_line, full_low, full_high, _gap_starts(column, line, gap, width))


def _neighbourhood(x_dots: Floats, width: int) -> tuple[int, int]:
    """Rows first..last that are in the plot, with one more on each side so that lines reach its edges."""
    first = max(int(np.searchsorted(x_dots, 0.0, "left")) - 1, 0)
    last = int(np.searchsorted(x_dots, float(width), "right")) + 1
    return first, min(last, len(x_dots))


def _joined(columns: Integers, values: Floats, width: int, *, steps: bool) -> Floats:
    """Values of shape (width,): those of `columns` and what lies between them, empty across a gap and beyond."""
    grid = np.arange(width)
    known = np.isfinite(values)
    at, value = columns[known], values[known]
    if not len(at):
        return np.full(width, np.nan)
    behind = np.searchsorted(at, grid, "right") - 1
    if steps:
        out = value[np.maximum(behind, 0)]
    else:
        out = np.interp(grid, at, value)
        gaps_before = np.searchsorted(columns[~known], at)
        ahead = np.minimum(behind + 1, len(at) - 1)
        broken = gaps_before[ahead] != gaps_before[np.maximum(behind, 0)]
        out[broken & (at[np.maximum(behind, 0)] != grid)] = np.nan
    out[(grid < at[0]) | (grid > at[-1])] = np.nan
    return out


def _gap_starts(column: Integers, line: Floats, gap: Flags, width: int) -> tuple[tuple[int, float], ...]:
    """(column, row of the last finite value before it, or -1) of every stretch of non-finite rows in the plot."""
    if not gap.any():
        return ()
    starts = np.flatnonzero(gap & ~np.concatenate([[False], gap[:-1]]))
    out: dict[int, float] = {}
    for start in starts[(column[starts] >= 0) & (column[starts] < width)].tolist():
        before = line[start - 1] if start else np.nan
        out.setdefault(int(column[start]), float(before) if np.isfinite(before) else -1.0)
    return tuple(out.items())
