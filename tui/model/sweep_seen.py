"""SweepSeen: the result of reading one sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.jobs.people.progress import SweepOutcome
from engine.store import ENDED, Run
from engine.sweep import Value, ValueResult
from tui.colours.ramp import ramp_slots
from tui.model.chart_options import ChartOptions
from tui.model.run_seen import RunSeen

Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SweepSeen:
    """A sweep as read once; `complaint` says why there is no `outcome`.

    `runs` are all of its runs by id; `drawn` holds the curves that are shown, at most one per value, read for
    `chart_options`. `fitting` are the runs that fit the filter `filter_text`; None without a filter.
    """

    sweep_id: int
    outcome: SweepOutcome | None = None
    parent_id: int | None = None
    complaint: str = ""
    runs: Mapping[int, Run] = field(default_factory=dict)
    drawn: Mapping[int, RunSeen] = field(default_factory=dict)
    chart_options: ChartOptions = field(default_factory=ChartOptions)
    filter_text: str = ""
    fitting: frozenset[int] | None = None

    @property
    def values(self) -> tuple[ValueResult, ...]:
        """The result of each value, from the lowest to the highest; () without an outcome."""
        return () if self.outcome is None else self.outcome.values

    @property
    def listed(self) -> tuple[ValueResult, ...]:
        """The results that the table lists: those of which a run fits the filter."""
        return tuple(filter(self.lists, self.values))

    def lists(self, result: ValueResult) -> bool:
        """Whether a run of this value fits the filter."""
        return self.fitting is None or not self.fitting.isdisjoint(result.run_ids)

    def nearest(self, values: Values | None) -> Values | None:
        """The listed value at a value's place or nearest to it; `values` itself where none is listed."""
        places = [place for place, result in enumerate(self.values) if self.lists(result)]
        at = self.place(values) or 0
        return self.values[min(places, key=lambda place: abs(place - at))].values if places else values

    def place(self, values: Values | None) -> int | None:
        """Return the index of a value; None if it is not in the sweep."""
        return next((place for place, result in enumerate(self.values) if result.values == values), None)

    def first_run(self, result: ValueResult) -> Run | None:
        """Return the run that represents a value (its first seed); None if it was deleted."""
        return self.runs.get(result.run_ids[0])

    def going_on(self, result: ValueResult) -> bool:
        """True if a run of this value has not ended."""
        runs = [self.runs[run_id] for run_id in result.run_ids if run_id in self.runs]
        return any(run.state not in ENDED for run in runs)

    @property
    def slots(self) -> tuple[int, ...]:
        """The colour slot of each value, in order: in a grid by the first parameter, then by the second."""
        return ramp_slots(len(self.values))
