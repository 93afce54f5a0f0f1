"""SweepReader: reads the open sweep, and only what changed since the last read."""

from __future__ import annotations

from collections.abc import Sequence

from engine.jobs.people.progress import outcome
from engine.store import Reader, Run, StoreError
from engine.sweep import SweepPlan
from engine.trace.smoothing import HALF_LIFE
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.sweep_seen import SweepSeen
from tui.reading.run_cache import RunCache

MOST_CURVES = 26
"""Most curves of a sweep drawn at once: one per letter."""


class SweepReader:
    """Reads one sweep at a time."""

    def __init__(self) -> None:
        self.seen: SweepSeen | None = None
        self._cache = RunCache(with_parents=False)

    def read(
        self, reader: Reader, sweep_id: int | None, columns: int, chart_options: ChartOptions | None = None
    ) -> SweepSeen | None:
        """Return the sweep as it is now, with at most MOST_CURVES curves for `columns` points; None without `sweep_id`.

        `chart_options` default to `opening_options`.
        """
        self.seen = None if sweep_id is None else self._read(reader, sweep_id, columns, chart_options)
        return self.seen

    def _read(self, reader: Reader, sweep_id: int, columns: int, chart_options: ChartOptions | None) -> SweepSeen:
        try:
            found = outcome(reader, sweep_id)
        except StoreError as error:
            return SweepSeen(sweep_id, complaint=str(error))
        runs = {run.run_id: run for run in reader.sweep_runs(sweep_id)}
        first = [runs[result.run_ids[0]] for result in found.values if result.run_ids[0] in runs]
        drawn = spread_over([run for run in first if run.iterations_done], MOST_CURVES)
        chart_options = chart_options or opening_options(found.plan)
        curves = self._cache.read(reader, drawn, Choices(chart_options=chart_options), columns)
        return SweepSeen(sweep_id, found, found.plan.parent_id, runs=runs, drawn=curves, chart_options=chart_options)


def opening_options(plan: SweepPlan) -> ChartOptions:
    """Return the first chart options of a sweep; batch sizes are compared by examples seen, on a log axis.

    They show the loss of the whole train split: an average over batches lags, and would show large batches, which
    descend within a few iterations, too high.
    """
    if any(axis.field == "batch_size" for axis in plan.axes):
        return ChartOptions(metric="train loss", x_kind="examples", log_x=True, smoothing=HALF_LIFE)
    return ChartOptions(smoothing=HALF_LIFE)


def spread_over(runs: Sequence[Run], most: int) -> list[Run]:
    """Return at most `most` of the runs, evenly spaced, both ends included."""
    if len(runs) <= most:
        return list(runs)
    return [runs[round(place * (len(runs) - 1) / (most - 1))] for place in range(most)]
