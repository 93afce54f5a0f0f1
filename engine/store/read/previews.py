"""Previews: short curves of many runs at once for the rows of a table, and the background of one run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.store.file.connection import Connection
from engine.store.read.metrics import standing_curve
from engine.store.records import RunBackground, Worker
from engine.store.write.pyramid import LEVELS

FEWEST_BUCKETS = 8
"""Runs with fewer buckets at the lowest level are read from their iterations instead."""


def shapes(
    connection: Connection, spans: Mapping[int, int], points: int
) -> dict[int, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Mean and lowest losses of each run by run id, oldest first; NaN where a bucket has no finite loss.

    `spans` maps run id to the number of its own iterations; a long run gets `points` to 4 * `points` values.
    """
    levels = {run_id: _level(span, points) for run_id, span in spans.items()}
    asked = json.dumps([[run_id, level] for run_id, level in levels.items() if level])
    rows = connection.rows(
        "SELECT b.run_id, b.total / b.n, b.low FROM json_each(?) a JOIN buckets b "
        "ON b.run_id = json_extract(a.value, '$[0]') AND b.level = json_extract(a.value, '$[1]') "
        "ORDER BY b.run_id, b.bucket",
        (asked,),
    )
    short = json.dumps([run_id for run_id, level in levels.items() if not level])
    rows += connection.rows(
        "SELECT i.run_id, i.loss, i.loss FROM json_each(?) a JOIN iterations i ON i.run_id = a.value "
        "ORDER BY i.run_id, i.iteration",
        (short,),
    )
    found: dict[int, tuple[list[float], list[float]]] = _logged(connection, spans, points)
    for run_id, mean, low in rows:
        means, lows = found.setdefault(run_id, ([], []))
        means.append(float("nan") if mean is None else mean)
        lows.append(float("nan") if low is None else low)
    return {run_id: (tuple(means), tuple(lows)) for run_id, (means, lows) in found.items()}


def _logged(
    connection: Connection, spans: Mapping[int, int], points: int
) -> dict[int, tuple[list[float], list[float]]]:
    """Those of logged runs: of the metric that stands for each."""
    among = "SELECT run_id FROM runs WHERE run_id IN (SELECT value FROM json_each(?)) AND kind <> 'engine'"
    found: dict[int, tuple[list[float], list[float]]] = {}
    for (run_id,) in connection.rows(among, (json.dumps(list(spans)),)):
        curve = standing_curve(connection, run_id, points, 0, None)
        every = max(len(curve.mean) // (4 * points), 1)
        found[run_id] = curve.mean[::every].tolist(), curve.low[::every].tolist()
    return found


def _level(span: int, points: int) -> int:
    """The highest level with at least `points` buckets in `span` iterations; 0: read the iterations themselves."""
    if span >> LEVELS[0] < FEWEST_BUCKETS:
        return 0
    return max((level for level in LEVELS if span >> level >= points), default=LEVELS[0])


def background(connection: Connection, run_id: int, worker: Worker | None) -> RunBackground:
    """The background of a run; `worker` is its last one."""
    rows = connection.rows(
        "SELECT r.environment, r.times_lost, s.name FROM runs r LEFT JOIN sweeps s USING (sweep_id) WHERE r.run_id = ?",
        (run_id,),
    )
    environment, times_lost, name = rows[0] if rows else ("", 0, None)
    return RunBackground(run_id, _facts(environment), worker, times_lost, name or "")


def _facts(text: str) -> tuple[tuple[str, str], ...]:
    """A flat JSON object as (name, value) texts; () for anything else."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tuple((str(name), str(value)) for name, value in found.items()) if isinstance(found, dict) else ()
