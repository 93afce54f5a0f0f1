"""Steps: all that a logged run has measured, step by step, in parts of bounded size."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.store.file.connection import Connection
from engine.trace.decimation import Floats

MOST_HELD = 400_000
"""Values that are held at once, of all metrics together."""

FEWEST, MOST = 16, 20_000
"""Values that are read of one metric at once: twice as many each time, for dense metrics are read on more often."""

ROWS = "SELECT step, elapsed_us, value FROM measurements WHERE run_id = ? AND metric_id = ? AND step >= ?"


@dataclass(frozen=True, slots=True)
class StepsPart:
    """Consecutive values of a run, ordered by step: columns (n,); `metric` is the place of the metric among its names.

    A step is never divided between two parts. `elapsed_s` is NaN where it is not known.
    """

    step: NDArray[np.int64]
    metric: NDArray[np.int64]
    elapsed_s: Floats
    value: Floats


@dataclass(slots=True)
class _Metric:
    """Rows of one metric that were read and not given yet."""

    metric_id: int
    place: int
    rows: Floats
    length: int
    is_whole: bool = False


def steps_of(connection: Connection, run_id: int, names: Sequence[str]) -> Iterator[StepsPart]:
    """The values of some metrics of a run, by step; memory is bounded however many there are.

    Each read is one of its own: values that are logged meanwhile at steps still to come are given, too.
    """
    ids: dict[str, int] = dict(connection.rows("SELECT name, metric_id FROM metrics WHERE run_id = ?", (run_id,)))
    first = max(min(MOST_HELD // max(len(names), 1), MOST), FEWEST)
    metrics = [_Metric(ids[name], place, NOTHING, first) for place, name in enumerate(names) if name in ids]
    heads: list[tuple[int, int]] = []
    for index, metric in enumerate(metrics):
        _read_on(connection, run_id, metric, np.iinfo(np.int64).min)
        _push(heads, index, metric)
    held = sum(metric.rows.shape[1] for metric in metrics)
    ends = [(_end(metric), index) for index, metric in enumerate(metrics) if not metric.is_whole]
    heapq.heapify(ends)
    while heads:
        bound = ends[0][0] if ends else np.iinfo(np.int64).max
        parts = []
        while heads and heads[0][0] <= bound:
            _, index = heapq.heappop(heads)
            metric = metrics[index]
            count = int(np.searchsorted(metric.rows[0], bound, side="right"))
            parts.append((metric.place, metric.rows[:, :count]))
            metric.rows = metric.rows[:, count:]
            held -= count
            if not metric.rows.shape[1] and not metric.is_whole:
                heapq.heappop(ends)  # only what ends at the bound is used up before its end
                metric.length = min(2 * metric.length, MOST, max(MOST_HELD - held, FEWEST))
                _read_on(connection, run_id, metric, bound + 1)
                held += metric.rows.shape[1]
                if not metric.is_whole:
                    heapq.heappush(ends, (_end(metric), index))
            _push(heads, index, metric)
        yield _joined(parts)


NOTHING: Floats = np.empty((3, 0))


def _read_on(connection: Connection, run_id: int, metric: _Metric, first: int) -> None:
    rows = connection.table(
        f"{ROWS} ORDER BY step LIMIT ?", (run_id, metric.metric_id, int(first), metric.length), width=3
    )
    metric.rows, metric.is_whole = rows, rows.shape[1] < metric.length


def _end(metric: _Metric) -> int:
    return int(metric.rows[0, -1])


def _push(heads: list[tuple[int, int]], index: int, metric: _Metric) -> None:
    if metric.rows.shape[1]:
        heapq.heappush(heads, (int(metric.rows[0, 0]), index))


def _joined(parts: Sequence[tuple[int, Floats]]) -> StepsPart:
    rows = np.concatenate([part for _, part in parts], axis=1)
    metric = np.concatenate([np.full(part.shape[1], place, np.int64) for place, part in parts])
    order = np.lexsort((metric, rows[0]))
    step, elapsed_us, value = rows[:, order]
    return StepsPart(step.astype(np.int64), metric[order], elapsed_us / 1e6, value)
