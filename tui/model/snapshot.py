"""Snapshot: the frozen result of one read of the store; and ReadRequest, which asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.jobs.processes.liveness import judge
from engine.jobs.processes.workforce import WorkerSeen
from engine.spec import RunSpec
from engine.store import Listing, Run, RunBackground, SweepTitle
from engine.store.list.columns import Variety
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices, Cursor, Row
from tui.model.clock import Moment
from tui.model.run_seen import UNSEEN, ProgramSeen, RowPreview, RunSeen, Weights
from tui.model.sweep_seen import SweepSeen
from tui.model.timelines import ReplayData


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What the screen needs: its choices, the points per curve (`columns`) and the open sweep.

    Previews are read for `rows` rows on both sides of the cursor (0: none). `sweep_options` are the sweep's chart
    options, None until chosen, and `sweep_filter` the filter of its values. `moment` asks for a moment of a replay
    instead of the present.
    """

    choices: Choices = field(default_factory=Choices)
    columns: int = 256
    rows: int = 0
    sweep_id: int | None = None
    sweep_options: ChartOptions | None = None
    sweep_filter: str = ""
    moment: Moment | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that one read found: in the store as it is, or as it was at a moment of a replay."""

    listing: Listing = field(default_factory=Listing)
    """Filter and order of the list."""
    looked_up: Cursor | None = None
    """The cursor for which the list was read."""
    rows: tuple[Row, ...] = ()
    """The page of the list around the cursor: at most `list_page.MOST_RUNS` of `total` rows; `first` precede it."""
    runs: tuple[Run, ...] = ()
    """The runs among the `rows`."""
    newest: tuple[Run, ...] = ()
    """The newest runs of the store."""
    others: tuple[Run, ...] = ()
    """Other runs that are marked or under the cursor, or were deleted while marked and are back."""
    first: int = 0
    total: int = 0
    fitting: int = 0
    """Number of runs that match the filter."""
    complaint: str = ""
    """Why the filter cannot be parsed; '' if it can."""
    neighbour: Row | None = None
    """The row for the cursor if its own is gone from the list."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Number of runs of the whole store by state."""
    speeds: Mapping[int, float] = field(default_factory=dict)
    """Iterations per second of each run in state running."""
    judged: Mapping[int, str] = field(default_factory=dict)
    """Status of runs where it differs from their stored state: 'lost', 'silent' or 'waiting'."""
    lost_attempts: frozenset[tuple[int, int | None]] = frozenset()
    """(run, worker) ids of runs to be taken over: the worker is gone, or was stopped for too long."""
    variety: Variety = field(default_factory=dict)
    """The settings in which the newest runs of the store differ."""
    logged_fields: tuple[str, ...] = ()
    """Metrics and config values of the newest logged runs, as filters, orders and columns call them."""
    pinned: tuple[Run, ...] = ()
    """The pinned runs in the order of the list, whichever page was read."""
    seen: Mapping[int, RunSeen] = field(default_factory=dict)
    """What was read of each run that is drawn or under the cursor."""
    previews: Mapping[int, RowPreview] = field(default_factory=dict)
    """Previews of the runs near the cursor, for their rows in the table."""
    background: RunBackground | None = None
    """Origin of the run whose details are shown; `weights` are its newest."""
    weights: Weights | None = None
    program: ProgramSeen | None = None
    """The program of the logged run whose details are shown."""
    workers: int = 0
    """Number of workers at work, of at most `most_workers`."""
    most_workers: int = 0
    workforce: tuple[WorkerSeen, ...] = ()
    """Every worker that has not left, and those of clusters."""
    sweep: SweepSeen | None = None
    """The open sweep."""
    default_spec: RunSpec | None = None
    """The spec that new runs begin with; None: the built-in defaults."""
    created_at: str = ""
    """Creation time of the store, which identifies it if its file is replaced."""
    replay_data: ReplayData | None = None
    """Recordings and timelines of a replay; None in the live view."""
    final: Snapshot | None = None
    """The last snapshot of a replay."""

    def run(self, run_id: int | None) -> Run | None:
        """Return the run with this id; None if it was not read."""
        return next((run for run in (*self.runs, *self.others, *self.newest) if run.run_id == run_id), None)

    def of(self, run_id: int) -> RunSeen:
        """Return what was read of a run; UNSEEN if it is neither drawn nor under the cursor."""
        return self.seen.get(run_id, UNSEEN)

    @property
    def shape(self) -> tuple[object, ...]:
        """A key of everything that stays the same while runs merely grow."""
        page = None if self.background is None else self.background.run_id
        rows = self.first, len(self.rows), self.total, self.fitting
        return self.listing, *rows, len(self.previews), tuple(self.variety), page

    def title(self, sweep_id: int | None) -> SweepTitle | None:
        """Return the title of a sweep; None if it is not on the page."""
        titles = (row for row in self.rows if isinstance(row, SweepTitle))
        return next((title for title in titles if title.sweep_id == sweep_id), None)

    def status(self, run: Run) -> str:
        """Return the run's status: its stored state, or 'lost', 'silent', 'waiting' or 'diverged'."""
        return self.judged.get(run.run_id, run.state) if run.state == "running" else judge(run, ())

    @property
    def lost(self) -> int:
        """Number of runs that lost their process; those that have been queued again do not count."""
        states = {run.run_id: run.state for run in self.runs}
        found = (run_id for run_id, status in self.judged.items() if status == "lost")
        return sum(states.get(run_id, "running") == "running" for run_id in found)

    @property
    def going_on(self) -> int:
        """Number of queued and running runs; paused runs wait for a person or a rung."""
        return sum(self.counts.get(state, 0) for state in ("queued", "running"))

    @property
    def paused(self) -> int:
        """Number of paused runs."""
        return self.counts.get("paused", 0)
