"""Readout: every run's value at one x, best first."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tui.chart.values.all_series import all_series
from tui.chart.values.metrics import metric_of, settled
from tui.chart.values.series import Series
from tui.chart.values.view import ChartView


@dataclass(frozen=True, slots=True)
class Reading:
    """A run's value at an x: its line in the last row at or before x (best-so-far for a search).

    `value` is inf or NaN where the loss is not finite, None where the run has no value yet. `low` and `high` bound
    the raw values of that row (NaN without any). `at` is the row's x, `companion` the second line's value. `ended`: x
    lies beyond the run's end.
    """

    run_id: int
    label: str
    slot: int
    value: float | None
    low: float = math.nan
    high: float = math.nan
    at: float | None = None
    companion: float | None = None
    ended: bool = False


def readout(view: ChartView, x: float) -> tuple[Reading, ...]:
    """Return every run's reading at `x` (units of the x axis): best first, then non-finite, then missing values."""
    view = settled(view)
    series = all_series(view)
    mains = {one.run.run_id: one for one in series if not one.companion}
    companions = {one.run.run_id: one for one in series if one.companion and not one.before}
    found = []
    for run in view.runs:
        main, second = mains.get(run.run_id), companions.get(run.run_id)
        row = None if main is None else _row(main, x)
        other = None if second is None else _row(second, x)
        beside = _value(second, other) if second is not None and other is not None else None
        if main is None or row is None:
            found.append(Reading(run.run_id, run.label, run.slot, None, companion=beside))
            continue
        value, low, high = _value(main, row), float(main.low[row]), float(main.high[row])
        ended = not run.growing and x > main.x_end
        found.append(Reading(run.run_id, run.label, run.slot, value, low, high, float(main.x[row]), beside, ended))
    sign = 1 if metric_of(view).lower_is_better else -1
    return tuple(sorted(found, key=lambda reading: _rank(reading, sign)))


def _row(series: Series, x: float) -> int | None:
    """Return the index of the last row at or before x; of the first row if x lies between its start and its middle."""
    row = int(np.searchsorted(series.x, x, "right")) - 1
    return max(row, 0) if row >= 0 or x >= series.x_start else None


def _value(series: Series, row: int) -> float:
    """Return the line's value in a row; in a gap inf if that was recorded, else NaN."""
    value, recorded = float(series.line[row]), float(series.last[row])
    return recorded if math.isnan(value) and math.isinf(recorded) else value


def _rank(reading: Reading, sign: int) -> tuple[int, float]:
    if reading.value is None:
        return 2, 0.0
    return (0, sign * reading.value) if math.isfinite(reading.value) else (1, 0.0)
