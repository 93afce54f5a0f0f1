"""Sweeping: what is read of the sweep that is looked at, and what of it need not be read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.jobs.people.progress import SweepOutcome, outcome
from engine.store import ENDED, Curve, Reader, Run, StoreError
from engine.sweep import SweepPlan, Value, ValueResult
from engine.trace.smoothing import HALF_LIFE
from tui.colours.ramp import ramp_slots
from tui.model.chart_options import Look
from tui.model.choices import Choices
from tui.reading.run_cache import About, OneRun

MOST_CURVES = 26
"""Curves of one sweep that are drawn at once: as many as there are letters."""

Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SweepSeen:
    """One look at a sweep. `complaint` says why there is no `outcome`.

    `runs` are all of them by number; `drawn` what was read of those whose curves are shown, one for each value, when
    they were looked at in the way of `look`.
    """

    sweep_id: int
    outcome: SweepOutcome | None = None
    parent_id: int | None = None
    complaint: str = ""
    runs: Mapping[int, Run] = field(default_factory=dict)
    drawn: Mapping[int, OneRun] = field(default_factory=dict)
    look: Look = field(default_factory=Look)

    @property
    def values(self) -> tuple[ValueResult, ...]:
        """What was found at each value, from the lowest to the highest."""
        return () if self.outcome is None else self.outcome.values

    def place(self, values: Values | None) -> int | None:
        """Where a value stands among the others; None for one that is not there."""
        return next((place for place, result in enumerate(self.values) if result.values == values), None)

    def first_run(self, result: ValueResult) -> Run | None:
        """The run that stands for a value: the first of its seeds; None when it was deleted meanwhile."""
        return self.runs.get(result.run_ids[0])

    def going_on(self, result: ValueResult) -> bool:
        """Whether a run of a value has not ended."""
        runs = [self.runs[run_id] for run_id in result.run_ids if run_id in self.runs]
        return any(run.state not in ENDED for run in runs)

    @property
    def curves(self) -> Mapping[int, Curve]:
        """The shown curves by run."""
        return {run_id: one.shown.curve for run_id, one in self.drawn.items()}

    @property
    def slots(self) -> tuple[int, ...]:
        """The colour slot of each value, in their order: a grid is coloured by its first parameter."""
        firsts = list(dict.fromkeys(result.values[0] for result in self.values))
        by_value = dict(zip(firsts, ramp_slots(len(firsts)), strict=True))
        return tuple(by_value[result.values[0]] for result in self.values)


class Sweeping:
    """Reads one sweep after another."""

    def __init__(self) -> None:
        self.seen: SweepSeen | None = None
        self._about = About()

    def read(self, reader: Reader, sweep_id: int | None, columns: int, look: Look | None = None) -> SweepSeen | None:
        """The sweep as it is now, with at most MOST_CURVES curves of so many points; None when none is looked at.

        Until somebody has chosen a `look` it is that of `opening_look`.
        """
        self.seen = None if sweep_id is None else self._read(reader, sweep_id, columns, look)
        return self.seen

    def _read(self, reader: Reader, sweep_id: int, columns: int, look: Look | None) -> SweepSeen:
        try:
            found = outcome(reader, sweep_id)
        except StoreError as error:
            return SweepSeen(sweep_id, complaint=str(error))
        runs = {run.run_id: run for run in reader.sweep_runs(sweep_id)}
        first = [runs[result.run_ids[0]] for result in found.values if result.run_ids[0] in runs]
        drawn = spread_over([run for run in first if run.iterations_done], MOST_CURVES)
        look = look or opening_look(found.plan)
        about = self._about.read(reader, drawn, Choices(look=look), columns)
        return SweepSeen(sweep_id, found, found.plan.parent_id, runs=runs, drawn=about, look=look)


def opening_look(plan: SweepPlan) -> Look:
    """How a sweep is looked at first: over batch sizes by the examples seen, so that one as small as 2 is seen at all.

    The losses are those of the whole train split then: an average over batches would show the large ones too high,
    which come down within a few iterations.
    """
    if any(axis.field == "batch_size" for axis in plan.axes):
        return Look(measure="train loss", x_kind="examples", log_x=True, smoothing=HALF_LIFE)
    return Look(smoothing=HALF_LIFE)


def spread_over(runs: Sequence[Run], most: int) -> list[Run]:
    """At most so many of the runs, the ends and what lies evenly between."""
    if len(runs) <= most:
        return list(runs)
    return [runs[round(place * (len(runs) - 1) / (most - 1))] for place in range(most)]
