"""Snapshot: what one read of the store found, frozen; and Wanted, what the next read is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.store import Curve, Evaluation, Run
from tui.choices import Choices


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the screen shows: the runs it draws, and how many points of each it has room for."""

    choices: Choices = field(default_factory=Choices)
    columns: int = 256


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the screen needs from one read.

    `runs` are the newest first, at most `feed.MOST_RUNS`; `counts` covers every run of the store by state.
    `lost` are the runs whose process is gone although their stored state says otherwise. `curves`,
    `evaluations` and `gradient_norms` are there for the runs that are drawn or pointed at.
    """

    runs: tuple[Run, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    lost: frozenset[int] = frozenset()
    curves: Mapping[int, Curve] = field(default_factory=dict)
    evaluations: Mapping[int, tuple[Evaluation, ...]] = field(default_factory=dict)
    gradient_norms: Mapping[int, float] = field(default_factory=dict)
    workers: int = 0

    def run(self, run_id: int | None) -> Run | None:
        """The run of that number, if it is among those that were read."""
        return next((run for run in self.runs if run.run_id == run_id), None)

    def status(self, run: Run) -> str:
        """The run's state as it is judged now: its stored state, 'lost', or 'diverged' for one that ended so."""
        if run.run_id in self.lost:
            return "lost"
        return "diverged" if run.diverged_at is not None and run.state == "finished" else run.state

    @property
    def going_on(self) -> int:
        """How many runs are queued, running or paused."""
        return sum(self.counts.get(state, 0) for state in ("queued", "running", "paused"))
