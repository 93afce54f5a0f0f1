"""Measurements: rows of a logged run's metrics and the pyramid over them, in any order of steps.

A bucket is always what its rows are: those that a batch touches are made again, from the batch alone where they begin
after the metric's last step, else from their rows. The lowest level fits how densely the steps lie, so that a metric
that is logged every thousandth step has no more buckets than one that is logged at each.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.store.records.logged import UNTIMED, Measured
from engine.store.write.rows import STATEMENT_ROWS
from engine.trace.decimation import Integers, decimate
from engine.trace.finite_checks import changes

LEVELS_KEPT = 9
"""Levels of a pyramid, each 4 times wider than the one below."""

DENSEST = 4
"""The lowest level of a metric that has a value at every step: 16 values in a bucket."""

SPARSEST = 44
FEW_VALUES = 64
"""A metric of fewer values has no pyramid: its rows are read."""

READ_AGAIN = 1 << 16


@dataclass(frozen=True, slots=True)
class MetricState:
    """A metric's row as stored; `level` is the lowest of its pyramid, None: it has none. An empty one has n = 0."""

    metric_id: int
    n: int = 0
    first_step: int = 0
    last_step: int = 0
    last: float | None = None
    low: float | None = None
    high: float | None = None
    level: int | None = None

    @property
    def fitting_level(self) -> int | None:
        """The lowest level that fits its steps: the one it has until they lie four times denser or sparser."""
        if self.n < FEW_VALUES:
            return None
        ideal = DENSEST + math.log2((self.last_step - self.first_step + 1) / self.n)
        if self.level is not None and abs(ideal - self.level) < 2:
            return self.level
        return min(DENSEST + 2 * max(round((ideal - DENSEST) / 2), 0), SPARSEST)


def levels_from(lowest: int) -> range:
    """The levels of a pyramid whose lowest is `lowest`."""
    return range(lowest, lowest + 2 * LEVELS_KEPT, 2)


def in_order(batch: Measured) -> Measured:
    """The batch by rising steps, each once, with the value that was logged last."""
    step = batch.step
    if len(step) < 2 or bool((step[1:] > step[:-1]).all()):
        return batch
    order = np.argsort(step, kind="stable")
    last = np.append(step[order][1:] != step[order][:-1], True)
    kept = order[last]
    return Measured(step[kept], batch.elapsed_us[kept], batch.value[kept])


@dataclass(frozen=True, slots=True)
class MetricWriter:
    """Writes batches of one run's metrics inside the caller's transactions."""

    run_id: int

    def write(self, raw: sqlite3.Connection, state: MetricState, batch: Measured) -> MetricState:
        """Store a batch (in order, at least one value) and repair the pyramid; returns the metric's state after it."""
        is_new = batch.step > state.last_step if state.n else np.ones(len(batch), bool)
        appends = bool(is_new.all())
        known = 0 if appends else self._count_known(raw, state, batch.step[~is_new])
        _insert(raw, self.run_id, state.metric_id, batch)
        after = self._summed(state, batch, known)
        level = after.fitting_level
        if level != state.level:
            after = replace(after, level=level)
            if state.n or level is None:
                self.build(raw, after)
            else:  # all its values are in the batch
                self._repair(raw, after, level, batch, int(batch.step[0]) - (1 << level))
        elif level is not None:
            self._repair(raw, after, level, batch, state.last_step)
        if not appends:
            low, high = self.extremes(raw, after)
            after = replace(after, low=low, high=high)
        return after

    def _count_known(self, raw: sqlite3.Connection, state: MetricState, steps: Integers) -> int:
        """How many of these steps have a value already."""
        found = 0
        for part in np.array_split(steps, len(steps) // 500 + 1):
            marks = ", ".join("?" * len(part))
            found += raw.execute(
                f"SELECT count(*) FROM measurements WHERE run_id = ? AND metric_id = ? AND step IN ({marks})",
                (self.run_id, state.metric_id, *part.tolist()),
            ).fetchone()[0]
        return found

    def _summed(self, state: MetricState, batch: Measured, known: int) -> MetricState:
        first, last = int(batch.step[0]), int(batch.step[-1])
        finite = batch.value[np.isfinite(batch.value)]
        lows = [x for x in (state.low, float(finite.min()) if len(finite) else None) if x is not None]
        highs = [x for x in (state.high, float(finite.max()) if len(finite) else None) if x is not None]
        is_last = not state.n or last >= state.last_step
        return replace(
            state,
            n=state.n + len(batch) - known,
            first_step=min(first, state.first_step) if state.n else first,
            last_step=max(last, state.last_step) if state.n else last,
            last=float(batch.value[-1]) if is_last else state.last,
            low=min(lows, default=None),
            high=max(highs, default=None),
        )

    def extremes(self, raw: sqlite3.Connection, state: MetricState) -> tuple[float | None, float | None]:
        """Low and high of the finite values, from the top of the pyramid or from the rows."""
        if state.level is None:
            low, high = raw.execute(OF_ROWS, (self.run_id, state.metric_id)).fetchone()
        else:
            top = levels_from(state.level)[-1]
            low, high = raw.execute(OF_BUCKETS, (self.run_id, state.metric_id, top)).fetchone()
        return low, high

    def _repair(
        self, raw: sqlite3.Connection, state: MetricState, level: int, batch: Measured, known_upto: int
    ) -> None:
        """Make the buckets again that hold the steps of a batch; rows up to step `known_upto` were there before it."""
        touched = np.unique(batch.step >> level)
        begins_new = touched << level > known_upto
        for first, last in _stretches(touched[~begins_new]):
            self._replace(raw, state.metric_id, level, self._read(raw, state, first << level, (last + 1) << level))
        if begins_new.any():
            start = int(np.searchsorted(batch.step, int(touched[begins_new][0]) << level))
            fresh = Measured(batch.step[start:], batch.elapsed_us[start:], batch.value[start:])
            self._replace(raw, state.metric_id, level, fresh)
        self._climb(raw, state.metric_id, level, touched)

    def build(self, raw: sqlite3.Connection, state: MetricState) -> None:
        """Make all buckets anew on the levels from `state.level` up; none where it has none."""
        raw.execute("DELETE FROM metric_buckets WHERE run_id = ? AND metric_id = ?", (self.run_id, state.metric_id))
        if state.level is None:
            return
        width = 1 << state.level
        first, stop = state.first_step, state.last_step + 1
        touched: list[Integers] = []
        while first < stop:
            rows = raw.execute(
                "SELECT step, elapsed_us, value FROM measurements WHERE run_id = ? AND metric_id = ? AND step >= ? "
                "ORDER BY step LIMIT ?",
                (self.run_id, state.metric_id, first, READ_AGAIN),
            ).fetchall()
            part = _measured(rows)
            if len(rows) == READ_AGAIN:  # its last bucket may go on
                whole = int(part.step[-1]) // width * width
                kept = int(np.searchsorted(part.step, whole))
                if kept:
                    part = Measured(part.step[:kept], part.elapsed_us[:kept], part.value[:kept])
            if not len(part):
                break
            self._replace(raw, state.metric_id, state.level, part)
            touched.append(np.unique(part.step >> state.level))
            first = int(part.step[-1]) + 1
        self._climb(raw, state.metric_id, state.level, np.unique(np.concatenate(touched)))

    def _read(self, raw: sqlite3.Connection, state: MetricState, first: int, stop: int) -> Measured:
        return _measured(
            raw.execute(
                "SELECT step, elapsed_us, value FROM measurements WHERE run_id = ? AND metric_id = ? "
                "AND step >= ? AND step < ? ORDER BY step",
                (self.run_id, state.metric_id, first, stop),
            ).fetchall()
        )

    def _replace(self, raw: sqlite3.Connection, metric_id: int, level: int, rows: Measured) -> None:
        """Store the buckets of one level that these rows, all that lie in them, make."""
        if not len(rows):
            return
        bucket = rows.step >> level
        starts = changes(bucket)
        made = decimate(rows.value, starts)
        ends = np.append(starts[1:], len(bucket)) - 1
        columns = [bucket[starts], made.count, made.low, made.high, made.total, made.last, _told(rows.elapsed_us[ends])]
        _replace_buckets(raw, self.run_id, metric_id, level, columns)

    def _climb(self, raw: sqlite3.Connection, metric_id: int, lowest: int, touched: Integers) -> None:
        """Make the buckets above those that were touched on the lowest level, from the level below each."""
        for level in levels_from(lowest)[1:]:
            touched = np.unique(touched >> 2)
            for first, last in _stretches(touched):
                raw.execute(CLIMB, (self.run_id, metric_id, level - 2, first << 2, (last << 2) + 3, level))


OF_ROWS = """
    SELECT min(value), max(value) FROM measurements WHERE run_id = ? AND metric_id = ? AND abs(value) < 9e999
"""
OF_BUCKETS = "SELECT min(low), max(high) FROM metric_buckets WHERE run_id = ? AND metric_id = ? AND level = ?"


def remove_from(raw: sqlite3.Connection, run_id: int, step: int) -> None:
    """Remove a run's measurements from a step on. The caller holds a transaction."""
    raw.execute("DELETE FROM measurements WHERE run_id = ? AND step >= ?", (run_id, step))
    for table in ("metric_buckets", "metrics"):
        raw.execute(
            f"DELETE FROM {table} WHERE run_id = ?1 AND NOT EXISTS (SELECT 1 FROM measurements v "
            f"WHERE v.run_id = ?1 AND v.metric_id = {table}.metric_id)",
            (run_id,),
        )
    rebuild(raw, run_id)


def rebuild(raw: sqlite3.Connection, run_id: int) -> None:
    """Recompute a run's metrics and their buckets from its measurements. The caller holds a transaction."""
    writer = MetricWriter(run_id)
    for metric_id, n, first, last in raw.execute(
        "SELECT metric_id, count(*), min(step), max(step) FROM measurements WHERE run_id = ? GROUP BY metric_id",
        (run_id,),
    ).fetchall():
        state = MetricState(metric_id, n, first, last)
        state = replace(state, level=state.fitting_level)
        writer.build(raw, state)
        low, high = writer.extremes(raw, state)
        raw.execute(
            "UPDATE metrics SET n = ?, first_step = ?, last_step = ?, low = ?, high = ?, level = ?, last = "
            "(SELECT value FROM measurements v WHERE v.run_id = metrics.run_id AND v.metric_id = metrics.metric_id "
            "AND v.step = ?) WHERE run_id = ? AND metric_id = ?",
            (n, first, last, low, high, state.level, last, run_id, metric_id),
        )


CLIMB = """
    INSERT OR REPLACE INTO metric_buckets (run_id, metric_id, level, bucket, n, low, high, total, last, elapsed_us)
    SELECT ?1, ?2, ?6, above, g.n, g.low, g.high, g.total, l.last, l.elapsed_us
    FROM (SELECT bucket >> 2 AS above, max(bucket) AS newest, sum(n) AS n, min(low) AS low, max(high) AS high,
                 sum(total) AS total
          FROM metric_buckets WHERE run_id = ?1 AND metric_id = ?2 AND level = ?3 AND bucket BETWEEN ?4 AND ?5
          GROUP BY bucket >> 2) g
    JOIN metric_buckets l ON l.run_id = ?1 AND l.metric_id = ?2 AND l.level = ?3 AND l.bucket = g.newest
"""


def _stretches(numbers: Integers) -> Iterator[tuple[int, int]]:
    """The stretches of consecutive numbers among ascending ones, as (first, last)."""
    if len(numbers):
        cuts = np.flatnonzero(np.diff(numbers) > 1)
        yield from zip(
            numbers[np.append(0, cuts + 1)].tolist(), numbers[np.append(cuts, len(numbers) - 1)].tolist(), strict=True
        )


def _measured(rows: list[tuple[Any, ...]]) -> Measured:
    if not rows:
        return Measured(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    step, elapsed, value = zip(*rows, strict=True)
    known = [UNTIMED if each is None else each for each in elapsed]
    return Measured(np.array(step, np.int64), np.array(known, np.int64), np.array(value, np.float64))


def _told(elapsed_us: Integers) -> NDArray[Any]:
    """The times with NULL where none is told."""
    untimed = elapsed_us == UNTIMED
    if not untimed.any():
        return elapsed_us
    told = elapsed_us.astype(object)
    told[untimed] = None
    return told


def _insert(raw: sqlite3.Connection, run_id: int, metric_id: int, batch: Measured) -> None:
    columns = [batch.step, _told(batch.elapsed_us), batch.value]
    _run(raw, "measurements", "step, elapsed_us, value", [run_id, metric_id], columns)


def _replace_buckets(
    raw: sqlite3.Connection, run_id: int, metric_id: int, level: int, columns: list[NDArray[Any]]
) -> None:
    names = "level, bucket, n, low, high, total, last, elapsed_us"
    _run(raw, "metric_buckets", names, [run_id, metric_id, level], columns)


def _run(raw: sqlite3.Connection, table: str, names: str, head: list[int], columns: list[NDArray[Any]]) -> None:
    """INSERT OR REPLACE rows of columns, many a statement; `head` are the values that all rows share."""
    start, count = 0, len(columns[0])
    for rows in STATEMENT_ROWS:
        while count - start >= rows:
            values: list[Any] = list(head)
            for column in columns:
                values += column[start : start + rows].tolist()
            raw.execute(_statement(table, names, len(head), len(columns), rows), values)
            start += rows


@lru_cache
def _statement(table: str, names: str, heads: int, columns: int, rows: int) -> str:
    shared = ", ".join(f"?{place + 1}" for place in range(heads))
    each = (
        f"({shared}, {', '.join(f'?{heads + 1 + column * rows + row}' for column in range(columns))})"
        for row in range(rows)
    )
    return f"INSERT OR REPLACE INTO {table} (run_id, metric_id, {names}) VALUES {', '.join(each)}"
