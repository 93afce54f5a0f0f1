"""Table: the values of a chart, as rows for other programs."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tui.chart.values.all_series import all_series
from tui.chart.values.view import ChartView, XKind

X_COLUMNS: dict[XKind, str] = {
    "iteration": "iteration",
    "time": "elapsed_s",
    "examples": "examples",
    "evaluations": "evaluations",
}


class TableRow(NamedTuple):
    """One row of one run: the value that is drawn and the bounds of the raw values behind it (NaN without any).

    `metric` is the metric, or the name of the second line.
    """

    run_id: int
    run: str
    metric: str
    x: float
    value: float
    lowest_raw: float
    highest_raw: float


def table(view: ChartView) -> Iterator[TableRow]:
    """Yield the rows in the x window: panel by panel, series by series, by increasing x."""
    if view.panels:
        for panel in view.panels:
            yield from table(panel)
        return
    low, high = sorted(view.x_window) if view.x_window is not None else (-math.inf, math.inf)
    for one in all_series(view):
        metric = one.run.metric or view.metric
        if one.companion:
            beside = one.run.companion_name or view.companion_name or "companion"
            metric = "before the fork" if one.before else beside
        for row in np.flatnonzero((one.x >= low) & (one.x <= high)).tolist():
            values = (float(values[row]) for values in (one.x, one.line, one.low, one.high))
            yield TableRow(one.run.run_id, one.run.label, metric, *values)


def to_csv(view: ChartView) -> str:
    """Return the table as CSV with a header; non-finite values are empty fields."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("run_id", "run", "metric", X_COLUMNS[view.x_kind], "value", "lowest_raw", "highest_raw"))
    for row in table(view):
        writer.writerow((*row[:3], *(f"{value:.9g}" if math.isfinite(value) else "" for value in row[3:])))
    return out.getvalue()
