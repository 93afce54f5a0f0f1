"""SweepReader: reads the open sweep, and only what changed since the last read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.jobs.people.progress import outcome
from engine.store import Listing, Reader, Run, StoreError
from engine.sweep import SweepPlan
from engine.trace.smoothing import HALF_LIFE
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.snapshot import ReadRequest
from tui.model.sweep_seen import SweepSeen
from tui.reading.run_cache import RunCache

MOST_CURVES = 26
"""Most curves of a sweep drawn at once: one per letter."""


class SweepReader:
    """Reads one sweep at a time."""

    def __init__(self) -> None:
        self.seen: SweepSeen | None = None
        self._cache = RunCache(with_parents=False)

    def read(self, reader: Reader, wanted: ReadRequest, judged: Mapping[int, str]) -> SweepSeen | None:
        """Return the sweep that is wanted as it is now, with at most MOST_CURVES curves; None if none is.

        Its chart options default to `opening_options`. A filter leaves the curves of the values that fit it; `judged`
        says which runs are lost, silent or waiting.
        """
        sweep_id = wanted.sweep_id
        self.seen = None if sweep_id is None else self._read(reader, sweep_id, wanted, judged)
        return self.seen

    def _read(self, reader: Reader, sweep_id: int, wanted: ReadRequest, judged: Mapping[int, str]) -> SweepSeen:
        try:
            found = outcome(reader, sweep_id)
        except StoreError as error:
            return SweepSeen(sweep_id, complaint=str(error))
        runs = {run.run_id: run for run in reader.sweep_runs(sweep_id)}
        chart_options = wanted.sweep_options or opening_options(found.plan)
        text = wanted.sweep_filter
        fitting = reader.fitting(Listing(text), runs, judged) if text else None
        seen = SweepSeen(
            sweep_id,
            found,
            found.plan.parent_id,
            runs=runs,
            chart_options=chart_options,
            filter_text=text,
            fitting=fitting,
        )
        first = [run for result in seen.listed if (run := seen.first_run(result)) is not None]
        drawn = spread_over([run for run in first if run.iterations_done], MOST_CURVES)
        choices = Choices(chart_options=chart_options)
        return replace(seen, drawn=self._cache.read(reader, drawn, choices, wanted.columns))


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
