"""Table: the values of a chart, as rows for other programs."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tui.chart.values.series import all_series
from tui.chart.values.view import ChartView, XKind

X_COLUMNS: dict[XKind, str] = {"iteration": "iteration", "time": "elapsed_s", "examples": "examples"}


class TableRow(NamedTuple):
    """One row of one run: its line and the bounds of the raw values behind it (NaN without any).

    `kind` is the metric, or the name of the second line.
    """

    run_id: int
    label: str
    kind: str
    x: float
    low: float
    high: float
    line: float


def table(view: ChartView) -> Iterator[TableRow]:
    """Yield the rows in the x window: panel by panel, series by series, by increasing x."""
    if view.panels:
        for panel in view.panels:
            yield from table(panel)
        return
    low, high = sorted(view.x_window) if view.x_window is not None else (-math.inf, math.inf)
    for one in all_series(view):
        kind = (
            "before the fork" if one.before else (view.companion_name or "companion") if one.companion else view.metric
        )
        for row in np.flatnonzero((one.x >= low) & (one.x <= high)).tolist():
            values = (float(values[row]) for values in (one.x, one.low, one.high, one.line))
            yield TableRow(one.run.run_id, one.run.label, kind, *values)


def to_csv(view: ChartView) -> str:
    """Return the table as CSV with a header; non-finite values are empty fields."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("run_id", "label", "kind", X_COLUMNS[view.x_kind], "low", "high", "line"))
    for row in table(view):
        writer.writerow((*row[:3], *(f"{value:.9g}" if math.isfinite(value) else "" for value in row[3:])))
    return out.getvalue()
