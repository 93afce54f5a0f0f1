"""Recorded: curves and iterations of a run, from its rows or from the buckets of its pyramid. Bounded reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from engine.store.file.connection import Connection
from engine.store.read.metrics import logged_curve, logged_tail, standing, standing_curve, whole_bucket
from engine.store.read.range_totals import range_totals
from engine.store.read.widths import spacing_for, width_for
from engine.store.write.pyramid import LEVELS
from engine.store.write.summary import RECENT_LOSSES
from engine.trace.block import COLUMNS, Block
from engine.trace.curve import Curve, Samples, ended
from engine.trace.decimation import bucket_starts, decimate
from engine.trace.smoothing import SHOWN_REACH, Average

MOST_ITERATIONS = 100_000
BUCKET_PARTS = 64


class Recorded:
    """The part of Reader that reads curves and iterations."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def curve(
        self,
        run_id: int,
        columns: int,
        first: int = 0,
        last: int | None = None,
        *,
        ending: bool = False,
        low_before: float | None = None,
    ) -> Curve:
        """The losses of iterations `first` to `last` (inclusive; None: the newest) in buckets.

        Has `columns` to 4 * `columns` rows (as few as 3/8 * `columns` where the lowest level begins), or one
        per iteration when the range is that short. The first and last bucket may extend beyond the range; with
        `ending` the last one holds nothing after `last`, as when that iteration was the newest. Pass the lowest loss
        before `first` as `low_before` if known; saves a query. The curve of a logged run is that of the metric that
        stands for it, the loss where one is named so.
        """
        known = self._connection.rows(
            "SELECT iterations_done, coalesce(parent_iteration, 0), best_before, kind FROM runs WHERE run_id = ?",
            (run_id,),
        )
        done, begin, best_before, kind = known[0] if known else (0, 0, None, "engine")
        if kind != "engine":
            return standing_curve(self._connection, run_id, columns, first, last)
        first, last = max(first, begin), done - 1 if last is None else min(last, done - 1)
        width = width_for(last - first + 1, max(columns, 1))
        if width >= 1 << LEVELS[0]:
            curve = self._from_buckets(run_id, width.bit_length() - 1, first, last, low_before)
        else:
            curve = self._from_rows(run_id, width, first, last, begin, low_before)
        # A fork's first bucket may begin before the fork.
        curve.iteration[:1] = np.maximum(curve.iteration[:1], begin)
        start = last // width * width
        if ending and len(curve.iteration) and start + width > last + 1 < done:
            curve = ended(curve, self.bucket(run_id, start, last + 1))
        return curve if best_before is None else replace(curve, low_before=min(curve.low_before, best_before))

    def bucket(self, run_id: int, first: int, stop: int, newest: Block | None = None) -> Curve:
        """Iterations first..stop - 1 as a curve of one row; `first` is a multiple of every bucket width that fits in.

        Pass the last iteration as `newest` if it has been read already; saves a query. Of a logged run the last of the
        BUCKET_PARTS parts may be missing.
        """
        part = range_totals(self._connection, run_id, first, stop)
        if not part.count and self._connection.rows(
            "SELECT 1 FROM runs WHERE run_id = ? AND kind <> 'engine'", (run_id,)
        ):
            return whole_bucket(standing_curve(self._connection, run_id, BUCKET_PARTS, first, stop - 1), first, stop)
        newest = self.iterations(run_id, stop - 1, limit=1) if newest is None else newest
        is_there = len(newest) > 0 and newest.first_iteration == stop - 1
        known = part.count > 0
        return Curve(
            width=stop - first,
            iteration=np.array([first], dtype=np.int64),
            elapsed_s=np.array([newest.elapsed_s[-1] if is_there and newest.elapsed_s is not None else np.nan]),
            count=np.array([part.count], dtype=np.int64),
            low=np.array([part.low if known else np.nan]),
            high=np.array([part.high if known else np.nan]),
            mean=np.array([part.total / part.count if known else np.nan]),
            last=np.array([newest.loss[-1] if is_there else np.nan]),
            low_before=float("inf"),
        )

    def standing_metric(self, run_id: int) -> str | None:
        """The metric that stands for a logged run on a chart of losses; None where it has none."""
        return standing(self._connection, run_id)

    def metric_tail(self, run_id: int, name: str, width: int, first: int) -> Curve:
        """A logged metric from step `first` on in buckets of `width` steps; empty where it is not kept so wide."""
        return logged_tail(self._connection, run_id, name, width, first)

    def metric_bucket(self, run_id: int, name: str, first: int, stop: int) -> Curve:
        """Steps first..stop - 1 of a logged metric as a curve of one row; see `bucket`."""
        return whole_bucket(logged_curve(self._connection, run_id, name, BUCKET_PARTS, first, stop - 1), first, stop)

    def iterations(self, run_id: int, first: int = 0, limit: int = MOST_ITERATIONS) -> Block:
        """At most `limit` iterations from `first` on; an optional column without any value in them is None."""
        table = self._connection.table(
            f"SELECT iteration, {', '.join(COLUMNS)} FROM iterations WHERE run_id = ? AND iteration >= ? "
            f"ORDER BY iteration LIMIT ?",
            (run_id, first, limit),
            width=len(COLUMNS) + 1,
        )
        if not table.shape[1]:
            return Block(first_iteration=first, loss=np.empty(0))
        found = {name: table[place] for place, name in enumerate(COLUMNS, start=1)}
        held = {name: column for name, column in found.items() if name == "loss" or not np.isnan(column).all()}
        return Block(first_iteration=int(table[0, 0]), **held)

    def iterations_at(self, wanted: Mapping[int, int]) -> dict[int, Block]:
        """One iteration per run ({run id: iteration}) as blocks of length 1; missing iterations are omitted."""
        rows = self._connection.rows(
            f"SELECT run_id, iteration, {', '.join(COLUMNS)} FROM json_each(?) AS wanted CROSS JOIN iterations "
            f"ON run_id = CAST(wanted.key AS INTEGER) AND iteration = wanted.value",
            (json.dumps(wanted),),
        )
        return {
            run_id: Block(
                first_iteration=iteration,
                **{
                    name: np.array([number(value)])
                    for name, value in zip(COLUMNS, values, strict=True)
                    if value is not None or name == "loss"
                },
            )
            for run_id, iteration, *values in rows
        }

    def average_loss(self, run_id: int, iteration: int) -> float:
        """Exponential average of a run's losses before `iteration`, with a half-life of HALF_LIFE iterations.

        Exact to four digits; NaN without a finite loss.
        """
        (loss,) = self._connection.table(RECENT_LOSSES, (run_id, iteration - SHOWN_REACH, iteration), width=1)
        return Average().after(loss).value

    def samples(self, run_id: int, count: int, first: int = 0, last: int | None = None) -> Samples:
        """At most `count` evenly spaced iterations from `first` to `last` (None: the newest), plus `last` itself."""
        known = self._connection.rows(
            "SELECT iterations_done, coalesce(parent_iteration, 0) FROM runs WHERE run_id = ?", (run_id,)
        )
        done, begin = known[0] if known else (0, 0)
        first, last = max(first, begin), done - 1 if last is None else min(last, done - 1)
        spacing = spacing_for(last - first + 1, count)
        wanted = sorted({*range(first + -first % spacing, last + 1, spacing), *([last] if last >= first else [])})
        iteration, *columns = self._connection.table(
            f"SELECT iteration, {', '.join(COLUMNS)} FROM iterations WHERE run_id = ? "
            "AND iteration IN (SELECT value FROM json_each(?)) ORDER BY iteration",
            (run_id, json.dumps(wanted)),
            width=len(COLUMNS) + 1,
        )
        return Samples(iteration.astype(np.int64), **dict(zip(COLUMNS, columns, strict=True)))

    def _from_rows(self, run_id: int, width: int, first: int, last: int, begin: int, low_before: float | None) -> Curve:
        first = max(first - first % width, begin)
        where = "FROM iterations WHERE run_id = ? AND iteration BETWEEN ? AND ?"
        # Two narrow reads cost a third less than one of two values per iteration.
        (loss,) = self._connection.table(f"SELECT loss {where}", (run_id, first, last), width=1)
        (elapsed_s,) = self._connection.table(
            f"SELECT elapsed_s {where} AND (iteration % {width} = {width - 1} OR iteration = ?)",
            (run_id, first, last, last),
            width=1,
        )
        buckets = decimate(loss, bucket_starts(first, len(loss), width))
        iteration = first // width * width + width * np.arange(len(elapsed_s), dtype=np.int64)
        return Curve(
            width=width,
            iteration=iteration,
            elapsed_s=elapsed_s,
            count=buckets.count,
            low=buckets.low,
            high=buckets.high,
            mean=buckets.mean,
            last=buckets.last,
            low_before=self._low_before(run_id, first) if low_before is None else low_before,
        )

    def _from_buckets(self, run_id: int, level: int, first: int, last: int, low_before: float | None) -> Curve:
        bucket, n, low, high, total, at_end, elapsed_s = self._connection.table(
            "SELECT bucket, n, low, high, total, last, elapsed_s FROM buckets "
            "WHERE run_id = ? AND level = ? AND bucket BETWEEN ? AND ? ORDER BY bucket",
            (run_id, level, first >> level, last >> level),
            width=7,
        )
        return Curve(
            width=1 << level,
            iteration=bucket.astype(np.int64) << level,
            elapsed_s=elapsed_s,
            count=n.astype(np.int64),
            low=low,
            high=high,
            mean=np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0),
            last=at_end,
            low_before=self._low_before(run_id, first >> level << level) if low_before is None else low_before,
        )

    def _low_before(self, run_id: int, iteration: int) -> float:
        """The lowest finite loss before `iteration`, inf without one; reads at most a few buckets per level."""
        return range_totals(self._connection, run_id, 0, iteration).low


def number(value: float | None) -> float:
    """The value as a float; NULL becomes NaN."""
    return float("nan") if value is None else value
