"""How a replay begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.store import Listing
from tui.model.choices import Choices
from tui.model.clock import Clock, usual_speed
from tui.model.snapshot import Snapshot

if TYPE_CHECKING:
    from tui.chart.values.view import XKind


START = float("-inf")


@dataclass(frozen=True, slots=True)
class ReplayOpening:
    """How a replay begins: which runs, on which clock, where (None: at the start) and how fast (None: as is usual).

    `at` is an iteration, or a position of the clock where `of_clock`. It plays at once, unless it begins somewhere.
    With `alone` it shows the last of the runs with all about it.
    """

    run_ids: tuple[int, ...]
    kind: XKind = "iteration"
    at: float | None = None
    of_clock: bool = False
    speed: float | None = None
    alone: bool = False

    def choices(self, live: Choices) -> Choices:
        """Live choices as those of the replay."""
        choices = replayed(live, self.run_ids)
        return choices.pointing_at(self.run_ids[-1]).looking(alone=True) if self.alone else choices

    def clock(self, snapshot: Snapshot, now_s: float) -> Clock:
        """The clock to begin with, now that the tape is known."""
        assert snapshot.replay_data is not None
        line = snapshot.replay_data.timeline(self.kind)
        clock = Clock(self.kind, line.start, self.speed or usual_speed(line))
        if self.at is None:
            return replace(clock, since_s=now_s)
        return clock.at(self.at if self.of_clock else line.position_of(self.at), snapshot.replay_data)


def replayed(choices: Choices, run_ids: tuple[int, ...]) -> Choices:
    """Live choices as those of a replay: its runs and no others, in the colours that they have."""
    slots = {run_id: choices.slots[run_id] for run_id in run_ids if run_id in choices.slots}
    pointed = choices.pointed if choices.pointed in run_ids else run_ids[-1]
    only = replace(choices, slots=slots, listing=Listing(), alone=False, edge=0, pointed=pointed, title=None)
    only = only.giving("chart" if choices.room == "chart" else "all")
    return only.marking_only(run_ids)
