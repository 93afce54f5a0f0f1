"""Snapshot: what one read of the store found, frozen; and Wanted, what the next read is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.jobs.processes.liveness import judge
from engine.spec import RunSpec
from engine.store import Listing, Run, RunBackground, SweepTitle
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices, Cursor, Row
from tui.model.clock import Moment
from tui.model.run_seen import UNSEEN, RowPreview, RunSeen, Weights
from tui.model.sweep_seen import SweepSeen
from tui.model.timelines import ReplayData


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What the screen shows: the runs it draws, how many points of each it has room for, and the sweep that is open.

    `rows` of the table show more of a run than its numbers (0: none). `sweep_options` are the chart options of the
    sweep, None until somebody has chosen some. `moment` asks for the past instead of all that there is.
    """

    choices: Choices = field(default_factory=Choices)
    columns: int = 256
    rows: int = 0
    sweep_id: int | None = None
    sweep_options: ChartOptions | None = None
    moment: Moment | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the screen needs from one read: of the store as it is, or as it was at a moment of a replay."""

    listing: Listing = field(default_factory=Listing)
    """Which runs the list has, and in what order."""
    sought: Cursor | None = None
    """The cursor for which the list was read."""
    rows: tuple[Row, ...] = ()
    """The part of the list around the cursor, at most `page.MOST_RUNS` of `total`, with `first` before them."""
    runs: tuple[Run, ...] = ()
    """Those of the `rows` that are no titles."""
    newest: tuple[Run, ...] = ()
    """The newest runs of the store."""
    others: tuple[Run, ...] = ()
    """Runs beside these that are drawn or pointed at, or were drawn when they vanished."""
    first: int = 0
    total: int = 0
    fitting: int = 0
    """How many runs of the store fit the filter."""
    complaint: str = ""
    """Why the filter cannot be read."""
    instead: Row | None = None
    """The row for a cursor whose own has gone from the list."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many runs of the whole store are in each state."""
    speeds: Mapping[int, float] = field(default_factory=dict)
    """Iterations per second of the runs that are stored as running."""
    judged: Mapping[int, str] = field(default_factory=dict)
    """The runs that do not do what their stored state says: 'lost', 'silent' or 'waiting'."""
    lost_attempts: frozenset[tuple[int, int | None]] = frozenset()
    """The runs to be taken over, each with the worker that is gone or has been stopped for too long."""
    seen: Mapping[int, RunSeen] = field(default_factory=dict)
    """What was read of each run that is drawn or pointed at."""
    previews: Mapping[int, RowPreview] = field(default_factory=dict)
    """Previews of the runs near the cursor, for their rows of the table."""
    background: RunBackground | None = None
    """Where the run that is looked at alone comes from; `weights` are its own."""
    weights: Weights | None = None
    workers: int = 0
    """How many workers are there to take runs; `most_workers` may be."""
    most_workers: int = 0
    sweep: SweepSeen | None = None
    """The sweep that is open."""
    default_spec: RunSpec | None = None
    """What new runs begin with; None for the defaults."""
    born: str = ""
    """When the store was made: it tells the store from another one at its place."""
    replay_data: ReplayData | None = None
    """What a replay moves along; None live."""
    final: Snapshot | None = None
    """How it all ended, in a replay."""

    def run(self, run_id: int | None) -> Run | None:
        """The run of that number, if it is among those that were read."""
        return next((run for run in (*self.runs, *self.others, *self.newest) if run.run_id == run_id), None)

    def of(self, run_id: int) -> RunSeen:
        """What was read of a run; nothing of one that is neither drawn nor pointed at."""
        return self.seen.get(run_id, UNSEEN)

    @property
    def shape(self) -> tuple[object, ...]:
        """What does not change while runs merely grow."""
        page = None if self.background is None else self.background.run_id
        return self.listing, self.first, len(self.rows), self.total, self.fitting, len(self.previews), page

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
