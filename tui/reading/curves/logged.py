"""Logged: the metrics that a program has logged, by name, and the part of their curves that a chart shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np

from engine.store import Reader, Run
from engine.text import clean
from engine.trace.curve import Curve, cut, ended, joined
from tui.chart.values.metrics import name_on_board
from tui.model import x_extent
from tui.model.chart_options import ChartOptions
from tui.model.metrics.of_runs import RunMetrics
from tui.model.run_seen import LoggedMetrics, MetricPart, VisiblePart
from tui.reading.curves.log_x_detail import log_x_detail

LONGEST_NAME = 200

MOST_ROWS = 4
"""Most rows of a curve for each column of its chart; with more a wider bucket would do."""

RATIO = 4
"""Ratio of the lengths for which a replay reads a curve anew."""

ReadMetric = Callable[[str, int, int | None], Curve]
"""The curve of a metric by its name in the store, from a step to another one, inclusive; None: the newest."""


def logged_metrics(reader: Reader, run: Run) -> LoggedMetrics:
    """Return the metrics that a run has logged; none of a run of the engine."""
    found = {name_on_board(clean(one.name, LONGEST_NAME)): one for one in reader.metrics(run.run_id)}
    standing = reader.standing_metric(run.run_id) if found else None
    shown = None if standing is None else name_on_board(clean(standing, LONGEST_NAME))
    return LoggedMetrics(found, shown, reader.logged_background(run.run_id).config)


def logged_parts(
    names: Iterable[str],
    logged: LoggedMetrics,
    metrics: RunMetrics,
    run: Run,
    whole: Curve,
    chart_options: ChartOptions,
    columns: int,
    read: ReadMetric,
    known: VisiblePart,
) -> dict[str, MetricPart]:
    """Return what a chart of the metrics `names` shows of a run: these, or what stands for them, and what is beside."""
    drawn = [own for name in names if (own := logged.shown_as(name)) is not None]
    drawn += [second for own in drawn if (second := metrics.pairs.get(own)) is not None]
    first, last = x_extent.iterations(chart_options, run, whole)
    end = None if last is None else min(last, run.iterations_done - 1)
    parts: dict[str, MetricPart] = {}
    for name in dict.fromkeys(drawn):
        asked, before = logged.by_name[name].name, known.logged.get(name)
        is_whole = chart_options.window is None and name == logged.standing
        curve = whole if is_whole else read(asked, first, end)
        if chart_options.window is not None and not len(curve.iteration):
            curve = read(asked, 0, None)  # a readout can show where it ended
        detail: Mapping[tuple[int, int, int], Curve] = {}
        if chart_options.log_x and len(curve.iteration):
            stop = run.iterations_done if end is None else end + 1
            kept = {} if before is None else before.log_x_detail
            detail = log_x_detail(partial(_of, read, asked), curve, first, stop, columns, kept)
        parts[name] = MetricPart(curve, chart_options.window is None, detail)
    return parts


def grown_metric(held: Curve, reader: Reader, run_id: int, name: str, columns: int) -> Curve | None:
    """Return a metric's whole curve, of which `held` was read before; None if it must be read again.

    No value at a step of `held` may have changed since, but at its last one.
    """
    # the last bucket may have grown
    again = 1 if held.width == 1 else 2
    if len(held.iteration) < again:
        return None
    first = int(held.iteration[-again])
    tail = reader.metric_tail(run_id, name, held.width, first)
    rows = len(held.iteration) - again + len(tail.iteration)
    if not len(tail.iteration) or int(tail.iteration[0]) != first or rows > MOST_ROWS * columns:
        return None
    return joined(cut(held, -again), tail, room=MOST_ROWS * columns)


def _of(read: ReadMetric, name: str, columns: int, first: int, last: int) -> Curve:
    return read(name, first, last)


class LoggedPast:
    """Curves of a run's logged metrics as they were after any number of steps, each read once for many moments."""

    def __init__(self, run_id: int) -> None:
        self._run_id = run_id
        self._columns = 0
        self._held: dict[tuple[str, int], Curve] = {}

    def read(self, reader: Reader, name: str, first: int, last: int, columns: int) -> Curve:
        """Return the curve from step `first` to `last`, and nothing of what came after."""
        if columns != self._columns:
            self._columns, self._held = columns, {}
        if first > 0:
            return self._until(reader, name, reader.metric_curve(self._run_id, name, columns, first, last), last + 1)
        span = RATIO
        while span <= last:
            span *= RATIO
        held = self._held.get((name, span))
        if held is None:
            held = self._held[name, span] = reader.metric_curve(self._run_id, name, columns, 0, span - 1)
        return self._until(reader, name, cut(held, int(np.searchsorted(held.iteration, last + 1))), last + 1)

    def _until(self, reader: Reader, name: str, curve: Curve, stop: int) -> Curve:
        """Return the curve with its last bucket as it was before step `stop`."""
        if not len(curve.iteration) or int(curve.iteration[-1]) + curve.width <= stop:
            return curve
        part = reader.metric_bucket(self._run_id, name, int(curve.iteration[-1]), stop)
        return ended(curve, part) if np.isfinite(part.elapsed_s[-1]) else cut(curve, -1)
