"""Snapshot: what one read of the store found, frozen; and Wanted, what the next read is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.jobs.processes.liveness import judge
from engine.spec import RunSpec
from engine.store import Background, Evaluation, Event, Listing, Run, SweepTitle
from engine.trace.curve import Curve, Samples
from tui.model.chart_options import Look
from tui.model.choices import Choices, Cursor, Row
from tui.model.clock import Moment
from tui.model.run_seen import Glimpse, Weights
from tui.model.sweep_seen import SweepSeen
from tui.model.timelines import Tape


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the screen shows: the runs it draws, how many points of each it has room for, and the sweep that is open.

    `rows` of the table show more of a run than its numbers (0: none). `sweep_look` is how the sweep is looked at, None
    until somebody has chosen that. `moment` asks for the past instead of all that
    there is.
    """

    choices: Choices = field(default_factory=Choices)
    columns: int = 256
    rows: int = 0
    sweep_id: int | None = None
    sweep_look: Look | None = None
    moment: Moment | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the screen needs from one read.

    `rows` are the part of the list around the cursor, which was `sought`: at most `page.MOST_RUNS` of `total` in the
    order of the `listing`, with `first` before them; `runs` are those of them that are no titles. `fitting` runs of
    the store fit the filter; `complaint` says why it cannot be read. `newest` are those of the store, `others` are
    drawn or pointed at, or were drawn when they vanished. `instead` is the row for a cursor whose own has gone from the
    list.
    `counts` covers every run of the store by state, `speeds` (iterations/s) those that are stored as running. `judged`
    tells of runs that do not do what their stored state says: 'lost', 'silent' or 'waiting'; `forsaken` are those to be
    taken over, each with the worker that is gone or has been stopped for too long. `curves` (the shown window of them),
    `wholes` (all of them), `beginnings` (finer, for a logarithmic x axis), `evaluations`, `events` and `gradient_norms`
    are there for the runs that are drawn or pointed at, `samples` (single iterations) for those that are drawn where
    the chart shows what curves do not hold, `before` (the parent's curve up to the fork) for forks. `glimpses` are
    there for the runs near the cursor, `background` and `weights` for the run that is looked at alone. `workers` are
    there to take runs, at most `most_workers` may be. `sweep` is the one that is open; `usual` is what new runs begin
    with, None for the defaults.
    `born` tells the store from another one at its place.
    Of the past there is a `tape` to move along, and `final`: how it ended.
    """

    listing: Listing = field(default_factory=Listing)
    sought: Cursor | None = None
    rows: tuple[Row, ...] = ()
    runs: tuple[Run, ...] = ()
    newest: tuple[Run, ...] = ()
    others: tuple[Run, ...] = ()
    first: int = 0
    total: int = 0
    fitting: int = 0
    complaint: str = ""
    instead: Row | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    speeds: Mapping[int, float] = field(default_factory=dict)
    judged: Mapping[int, str] = field(default_factory=dict)
    forsaken: frozenset[tuple[int, int | None]] = frozenset()
    curves: Mapping[int, Curve] = field(default_factory=dict)
    wholes: Mapping[int, Curve] = field(default_factory=dict)
    beginnings: Mapping[int, tuple[Curve, ...]] = field(default_factory=dict)
    evaluations: Mapping[int, tuple[Evaluation, ...]] = field(default_factory=dict)
    events: Mapping[int, tuple[Event, ...]] = field(default_factory=dict)
    samples: Mapping[int, Samples] = field(default_factory=dict)
    before: Mapping[int, tuple[Curve, ...]] = field(default_factory=dict)
    gradient_norms: Mapping[int, float] = field(default_factory=dict)
    glimpses: Mapping[int, Glimpse] = field(default_factory=dict)
    background: Background | None = None
    weights: Weights | None = None
    workers: int = 0
    most_workers: int = 0
    sweep: SweepSeen | None = None
    usual: RunSpec | None = None
    born: str = ""
    tape: Tape | None = None
    final: Snapshot | None = None

    def run(self, run_id: int | None) -> Run | None:
        """The run of that number, if it is among those that were read."""
        return next((run for run in (*self.runs, *self.others, *self.newest) if run.run_id == run_id), None)

    @property
    def shape(self) -> tuple[object, ...]:
        """What does not change while runs merely grow."""
        page = None if self.background is None else self.background.run_id
        return self.listing, self.first, len(self.rows), self.total, self.fitting, len(self.glimpses), page

    def title(self, sweep_id: int | None) -> SweepTitle | None:
        """The title of a sweep, if it is on the page."""
        titles = (row for row in self.rows if isinstance(row, SweepTitle))
        return next((title for title in titles if title.sweep_id == sweep_id), None)

    def status(self, run: Run) -> str:
        """The run's state as it is judged now: its stored state, 'lost', 'silent', 'waiting', or 'diverged'."""
        return self.judged.get(run.run_id, run.state) if run.state == "running" else judge(run, ())

    @property
    def lost(self) -> int:
        """How many runs have lost their process. What was queued again since they were judged is counted there."""
        states = {run.run_id: run.state for run in self.runs}
        found = (run_id for run_id, status in self.judged.items() if status == "lost")
        return sum(states.get(run_id, "running") == "running" for run_id in found)

    @property
    def going_on(self) -> int:
        """How many runs are queued or running: what is paused waits for somebody."""
        return sum(self.counts.get(state, 0) for state in ("queued", "running"))

    @property
    def paused(self) -> int:
        """How many runs are paused, by a person or at a rung."""
        return self.counts.get("paused", 0)
