"""Replay opening: how a replay begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.store import Listing
from tui.model.choices import Choices
from tui.model.clock import Clock, default_speed
from tui.model.snapshot import Snapshot

if TYPE_CHECKING:
    from tui.chart.values.view import XKind


START = float("-inf")


@dataclass(frozen=True, slots=True)
class ReplayOpening:
    """How a replay begins: its runs, the `kind` of clock, the position and the speed (None: the default speed).

    `at` is an iteration, or with `of_clock` a position of the clock; None starts at the beginning and plays at once.
    With `alone` the last run's details are shown.
    """

    run_ids: tuple[int, ...]
    kind: XKind = "iteration"
    at: float | None = None
    of_clock: bool = False
    speed: float | None = None
    alone: bool = False

    def choices(self, live: Choices) -> Choices:
        """Return the live choices converted to those of the replay."""
        choices = replayed(live, self.run_ids)
        return choices.pointing_at(self.run_ids[-1]).looking(alone=True) if self.alone else choices

    def clock(self, snapshot: Snapshot, now_s: float) -> Clock:
        """Return the first clock, for a snapshot with replay data."""
        assert snapshot.replay_data is not None
        line = snapshot.replay_data.timeline(self.kind)
        clock = Clock(self.kind, line.start, self.speed or default_speed(line))
        if self.at is None:
            return replace(clock, since_s=now_s)
        return clock.at(self.at if self.of_clock else line.position_of(self.at), snapshot.replay_data)


def replayed(choices: Choices, run_ids: tuple[int, ...]) -> Choices:
    """Return the live choices restricted to a replay's runs, which keep their colours."""
    slots = {run_id: choices.slots[run_id] for run_id in run_ids if run_id in choices.slots}
    pointed = choices.pointed if choices.pointed in run_ids else run_ids[-1]
    only = replace(
        choices, slots=slots, listing=Listing(), alone=False, from_sweep=None, edge=0, pointed=pointed, title=None
    )
    only = only.giving("chart" if choices.room == "chart" else "all")
    return only.marking_only(run_ids)
