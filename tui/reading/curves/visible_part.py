"""Visible part: reads what a chart's window shows of a run, live or in a replay."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from engine.store import Reader, Run
from engine.trace.curve import Curve, Samples
from tui.chart.values.metrics import IterationSource, metric_named
from tui.model import x_extent
from tui.model.chart_options import ChartOptions
from tui.model.run_seen import UNSEEN, Beginnings, Sampled, VisiblePart
from tui.reading.curves.log_x_detail import log_x_detail, sampled_finely
from tui.reading.curves.sampling import sampled


def visible_part(
    reader: Reader,
    chart_options: ChartOptions,
    run: Run,
    whole: Curve,
    columns: int,
    known: VisiblePart = UNSEEN.visible,
    metrics: Sequence[str] = (),
    *,
    ending: bool = False,
) -> VisiblePart:
    """Return what `chart_options` show of a run with the curve `whole`; `known` is its previous visible part.

    `metrics` are those of the chart. With `ending` the run's later iterations are excluded.
    """
    first, last = x_extent.iterations(chart_options, run, whole)
    end = run.iterations_done - 1 if last is None else min(last, run.iterations_done - 1)
    curve = x_extent.windowed(
        chart_options, whole, lambda: reader.curve(run.run_id, columns, first, end, ending=ending)
    )
    detail: Beginnings = {}
    samples: Samples | None = None
    further: Sampled | None = None
    if chart_options.log_x:
        detail = log_x_detail(partial(reader.curve, run.run_id), curve, first, end + 1, columns, known.log_x_detail)
    if run.kind == "engine" and any(isinstance(metric_named(name).source, IterationSource) for name in metrics):
        if chart_options.log_x:
            samples = sampled_finely(reader, run.run_id, columns, first, end)
        else:
            further = sampled(reader, run, columns, first, end, known.further)
            samples = further.samples
    return VisiblePart(curve, detail, samples, further)
