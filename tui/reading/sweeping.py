"""Sweeping: what is read of the sweep that is looked at, and what of it need not be read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.jobs.progress import SweepOutcome, outcome
from engine.store import ENDED, Curve, Reader, Run, StoreError
from engine.sweep import Value, ValueResult
from tui.colours.ramp import ramp_slots
from tui.reading.about import About
from tui.viewer.choices import Choices

MOST_CURVES = 26
"""Curves of one sweep that are drawn at once: as many as there are letters."""

Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SweepSeen:
    """One look at a sweep. `complaint` says why there is no `outcome`.

    `runs` are all of them by number; `curves` those of the values that are drawn, one run of each.
    """

    sweep_id: int
    outcome: SweepOutcome | None = None
    parent_id: int | None = None
    complaint: str = ""
    runs: Mapping[int, Run] = field(default_factory=dict)
    curves: Mapping[int, Curve] = field(default_factory=dict)

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

    def read(self, reader: Reader, sweep_id: int | None, columns: int) -> SweepSeen | None:
        """The sweep as it is now, with at most MOST_CURVES curves of so many points; None when none is looked at."""
        self.seen = None if sweep_id is None else self._read(reader, sweep_id, columns)
        return self.seen

    def _read(self, reader: Reader, sweep_id: int, columns: int) -> SweepSeen:
        try:
            found = outcome(reader, sweep_id)
        except StoreError as error:
            return SweepSeen(sweep_id, complaint=str(error))
        runs = {run.run_id: run for run in reader.sweep_runs(sweep_id)}
        first = [runs[result.run_ids[0]] for result in found.values if result.run_ids[0] in runs]
        drawn = spread_over([run for run in first if run.iterations_done], MOST_CURVES)
        about = self._about.read(reader, drawn, Choices(), columns)
        curves = {run_id: one.shown.curve for run_id, one in about.items()}
        return SweepSeen(sweep_id, found, found.plan.parent_id, runs=runs, curves=curves)


def spread_over(runs: Sequence[Run], most: int) -> list[Run]:
    """At most so many of the runs, the ends and what lies evenly between."""
    if len(runs) <= most:
        return list(runs)
    return [runs[round(place * (len(runs) - 1) / (most - 1))] for place in range(most)]
