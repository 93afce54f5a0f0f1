"""Metrics: curves by the name of a metric, from whichever table holds it. Bounded reads."""

from __future__ import annotations

import numpy as np

from engine.store.file.connection import Connection
from engine.store.programs.measurements import DENSEST, levels_from
from engine.store.programs.run_metrics import primary_of
from engine.store.read.widths import MOST_RAW
from engine.store.records import Metric
from engine.trace.block import COLUMNS
from engine.trace.curve import NO_ROWS, Curve, Samples
from engine.trace.decimation import Floats, decimate
from engine.trace.finite_checks import changes

EVALUATED = ("loss", "accuracy")
RECORDED = tuple(name for name in COLUMNS if name not in ("loss", "elapsed_s"))
"""Columns of the engine's iterations that are metrics, besides the loss."""

METRICS = "SELECT name, n, first_step, last_step, last, low, high FROM metrics WHERE run_id = ? ORDER BY metric_id"
NAMED = (
    "SELECT name, (SELECT primary_metric FROM runs r WHERE r.run_id = m.run_id) FROM metrics m WHERE run_id = ? "
    "ORDER BY metric_id"
)
ONE = "SELECT metric_id, first_step, last_step, level FROM metrics WHERE run_id = ? AND name = ?"
ROWS = "FROM measurements WHERE run_id = ? AND metric_id = ? AND step BETWEEN ? AND ?"


def metrics_of(connection: Connection, run_id: int) -> list[Metric]:
    """The metrics that a run has logged, in the order in which they came."""
    rows = connection.rows(METRICS, (run_id,))
    return [Metric(*row[:4], *(np.nan if value is None else value for value in row[4:])) for row in rows]


def standing(connection: Connection, run_id: int) -> str | None:
    """The metric that stands for a logged run; None where it has none."""
    rows = connection.rows(NAMED, (run_id,))
    names = {name: None for name, _ in rows}
    return primary_of(names, rows[0][1] if rows else "")


def logged_curve(
    connection: Connection, run_id: int, name: str, columns: int, first: int | None = None, last: int | None = None
) -> Curve:
    """A logged metric from step `first` to `last` (inclusive; None: all it has) in at most about 6 * `columns` rows.

    Row i covers `width` steps from iteration[i]; with width 1 it is one step, and steps without a value have no row.
    The first and last bucket may extend beyond the range. Empty where the run has no such metric.
    """
    known = connection.rows(ONE, (run_id, name))
    if not known:
        return NO_ROWS
    metric_id, least, most, lowest = known[0]
    first = least if first is None else max(first, least)
    last = most if last is None else min(last, most)
    span, columns = last - first + 1, max(columns, 1)
    if span <= 0:
        return NO_ROWS
    level = _level_for(span, columns, lowest)
    low_before = _low_before(connection, run_id, metric_id, lowest, first, least)
    if level is None:
        return _from_rows(_rows(connection, run_id, metric_id, first, last), columns, low_before)
    return _from_buckets(connection, run_id, metric_id, level, first, last, low_before)


def logged_tail(connection: Connection, run_id: int, name: str, width: int, first: int) -> Curve:
    """A logged metric from step `first` on in buckets of `width` steps; empty where it is not kept so wide."""
    known = connection.rows(ONE, (run_id, name))
    if not known:
        return NO_ROWS
    metric_id, _, last, lowest = known[0]
    if width == 1:
        return _single(_rows(connection, run_id, metric_id, first, last), np.inf)
    level = width.bit_length() - 1
    if lowest is None or level not in levels_from(lowest):
        return NO_ROWS
    return _from_buckets(connection, run_id, metric_id, level, first, last, np.inf)


def _rows(connection: Connection, run_id: int, metric_id: int, first: int, last: int) -> Floats:
    return connection.table(
        f"SELECT step, elapsed_us, value {ROWS} ORDER BY step", (run_id, metric_id, first, last), width=3
    )


def _from_buckets(
    connection: Connection, run_id: int, metric_id: int, level: int, first: int, last: int, low_before: float
) -> Curve:
    bucket, n, low, high, total, at_end, elapsed_us = connection.table(
        "SELECT bucket, n, low, high, total, last, elapsed_us FROM metric_buckets "
        "WHERE run_id = ? AND metric_id = ? AND level = ? AND bucket BETWEEN ? AND ? ORDER BY bucket",
        (run_id, metric_id, level, first >> level, last >> level),
        width=7,
    )
    return Curve(
        width=1 << level,
        iteration=bucket.astype(np.int64) << level,
        elapsed_s=elapsed_us / 1e6,
        count=n.astype(np.int64),
        low=low,
        high=high,
        mean=np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0),
        last=at_end,
        low_before=low_before,
    )


def standing_curve(connection: Connection, run_id: int, columns: int, first: int, last: int | None) -> Curve:
    """The curve of the metric that stands for a logged run; empty where it has none."""
    name = standing(connection, run_id)
    return NO_ROWS if name is None else logged_curve(connection, run_id, name, columns, first, last)


def whole_bucket(curve: Curve, first: int, stop: int) -> Curve:
    """The rows of a curve that lie within first..stop - 1 as a curve of one row."""
    there = (curve.iteration >= first) & (curve.iteration + curve.width <= stop)
    count = curve.count[there]
    held = count > 0
    total = int(count.sum())
    mean = float((curve.mean[there][held] * (count[held] / total)).sum()) if total else np.nan
    lows, highs, lasts, ends = (getattr(curve, name)[there] for name in ("low", "high", "last", "elapsed_s"))
    return Curve(
        width=stop - first,
        iteration=np.array([first], dtype=np.int64),
        elapsed_s=ends[-1:] if len(ends) else np.array([np.nan]),
        count=np.array([total], dtype=np.int64),
        low=np.array([lows[held].min() if total else np.nan]),
        high=np.array([highs[held].max() if total else np.nan]),
        mean=np.array([mean]),
        last=lasts[-1:] if len(lasts) else np.array([np.nan]),
        low_before=np.inf,
    )


def evaluated_curve(connection: Connection, run_id: int, split: str, column: str) -> Curve:
    """The evaluations of a split, `column` loss or accuracy, one row each; their time is not recorded."""
    table = connection.table(
        f"SELECT iteration, NULL, {EVALUATED[EVALUATED.index(column)]} FROM evaluations WHERE run_id = ? AND split = ? "
        "ORDER BY iteration",
        (run_id, split),
        width=3,
    )
    return _single(table, np.inf)


def sampled_curve(samples: Samples, name: str) -> Curve:
    """One recorded column of single iterations, one row each."""
    return _single(np.array([samples.iteration, samples.elapsed_s * 1e6, getattr(samples, name)]), np.inf)


def _level_for(span: int, columns: int, lowest: int | None) -> int | None:
    """The level of the pyramid that gives a chart enough rows; None: its rows are read."""
    if lowest is None:
        return None
    fitting = [level for level in levels_from(lowest) if span >> level >= columns]
    if fitting:
        return fitting[-1]
    return lowest if span > MOST_RAW * columns << lowest - DENSEST else None


def _from_rows(table: Floats, columns: int, low_before: float) -> Curve:
    """Rows (step, elapsed_us, value), joined where there are more than four for a column."""
    if table.shape[1] <= 4 * columns:
        return _single(table, low_before)
    step = table[0].astype(np.int64)
    width = 1 << max(int(np.log2((step[-1] - step[0] + 1) / columns)) - 1, 0)
    starts = changes(step // width)
    made = decimate(table[2], starts)
    ends = np.append(starts[1:], len(step)) - 1
    return Curve(
        width=width,
        iteration=step[starts] // width * width,
        elapsed_s=table[1][ends] / 1e6,
        count=made.count,
        low=made.low,
        high=made.high,
        mean=made.mean,
        last=made.last,
        low_before=low_before,
    )


def _single(table: Floats, low_before: float) -> Curve:
    step, elapsed_us, value = table
    known = np.where(np.isfinite(value), value, np.nan)
    return Curve(
        width=1,
        iteration=step.astype(np.int64),
        elapsed_s=elapsed_us / 1e6,
        count=np.isfinite(value).astype(np.int64),
        low=known,
        high=known,
        mean=known,
        last=value,
        low_before=low_before,
    )


def _low_before(
    connection: Connection, run_id: int, metric_id: int, lowest: int | None, first: int, least: int
) -> float:
    """The lowest finite value before step `first`, inf without one; reads at most a few buckets per level."""
    if first <= least:
        return np.inf
    parts, values, stop = [], [], first
    start = least if lowest is None else stop >> lowest << lowest
    parts.append(f"SELECT min(value) {ROWS} AND abs(value) < 9e999")
    values += [run_id, metric_id, start, stop - 1]
    for level in levels_from(lowest) if lowest is not None else ():
        stop, is_top = start, level == levels_from(lowest or 0)[-1]
        start = least >> level << level if is_top else stop >> level + 2 << level + 2
        parts.append(
            "SELECT min(low) FROM metric_buckets WHERE run_id = ? AND metric_id = ? AND level = ? "
            "AND bucket >= ? AND bucket < ?"
        )
        values += [run_id, metric_id, level, start >> level, stop >> level]
    found = [low for (low,) in connection.rows(" UNION ALL ".join(parts), values) if low is not None]
    return float(min(found, default=np.inf))
