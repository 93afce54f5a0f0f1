"""Clock: a replay's position as a frozen value with pure changes; the caller passes `now_s` (monotonic seconds).

The live view has no clock. A replay shows the runs as they were at its clock's position.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from tui.chart.values.view import X_KINDS, XKind
from tui.model.timelines import MARK_KINDS, Floats, MarkKind, ReplayData, Timeline

SPEEDS = (
    1 / 1000, 1 / 250, 1 / 64, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0,
    125.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10_000.0,
)  # fmt: skip
"""Speeds that the keys step through; the slowest are for runs that took milliseconds."""

Stops = Literal["events", "steering", "evaluations", "lowest loss", "divergence"]
STOPS: tuple[Stops, ...] = get_args(Stops)
"""What the keys of events go to, in the order of the key that changes it."""

DEFAULT_S = 10.0
"""Approximate duration of a replay at its default speed, in seconds."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a replay: these runs as they were at a position of a clock."""

    run_ids: tuple[int, ...]
    kind: XKind = "iteration"
    position: float = 0.0


@dataclass(frozen=True, slots=True)
class Clock:
    """A replay's clock: it was at `position` at `since_s` and has played since; None: it is paused.

    `position` is in units of `kind` (iterations, seconds, examples, losses). `holds` fixes the axes to their final
    range; else they grow with the runs.
    """

    kind: XKind = "iteration"
    position: float = 0.0
    speed: float = 1.0
    since_s: float | None = None
    loop: bool = False
    holds: bool = True

    @property
    def playing(self) -> bool:
        """True unless paused."""
        return self.since_s is not None

    def ticked(self, now_s: float, replay_data: ReplayData) -> Clock:
        """Return the clock at `now_s`. At the end it stops, restarts if it loops, or follows runs that still grow."""
        line = replay_data.timeline(self.kind)
        if self.since_s is None:
            return self.at(self.position, replay_data)
        position = self.position + max(now_s - self.since_s, 0.0) * self.speed * line.rate
        if position < line.end:
            return replace(self, position=max(position, line.start), since_s=now_s)
        if self.loop and line.length > 0:
            return replace(self, position=line.start + (position - line.end) % line.length, since_s=now_s)
        return replace(self, position=line.end, since_s=now_s if replay_data.goes_on else None)

    def at(self, position: float, replay_data: ReplayData) -> Clock:
        """Move to a position, clipped to the timeline; it keeps playing if it was."""
        line = replay_data.timeline(self.kind)
        position = position if math.isfinite(position) else line.end
        return replace(self, position=max(line.start, min(position, line.end)))

    def toggled(self, now_s: float, replay_data: ReplayData) -> Clock:
        """Pause, or play; a clock at the end starts over."""
        if self.playing:
            return replace(self.ticked(now_s, replay_data), since_s=None)
        line = replay_data.timeline(self.kind)
        is_over = self.position >= line.end and not replay_data.goes_on
        return replace(self, position=line.start if is_over else self.position, since_s=now_s)

    def faster(self, by: int) -> Clock:
        """Change the speed by `by` steps of SPEEDS."""
        place = int(np.argmin([abs(math.log(speed / self.speed)) for speed in SPEEDS]))
        return replace(self, speed=SPEEDS[max(0, min(place + by, len(SPEEDS) - 1))])

    def looping(self, loop: bool) -> Clock:
        """Restart at the end, or stop there."""
        return replace(self, loop=loop)

    def holding(self, holds: bool) -> Clock:
        """Fix the axes to their final range, or let them grow."""
        return replace(self, holds=holds)

    def at_share(self, share: float, replay_data: ReplayData) -> Clock:
        """Move to a fraction (0 to 1) of the timeline."""
        line = replay_data.timeline(self.kind)
        return self.at(line.start + share * line.length, replay_data)

    def stepped(self, by: int, replay_data: ReplayData, run_id: int | None = None) -> Clock:
        """Pause `by` iterations further in a run; in the nearest other run if that one cannot move so."""
        line = replay_data.timeline(self.kind)
        targets: list[tuple[bool, bool, float, float]] = []
        for number, track in line.tracks.items():
            done, (first, last) = track.iterations_at(self.position), (track.done[0], track.done[-1])
            target = max(first, min(done + by, last))
            if target != done and (by > 0) == (target > done):
                at = track.position_of(target)
                is_moving = track.begin <= self.position <= track.end
                targets.append((not is_moving, number != run_id, abs(at - self.position), at))
        place = min(targets)[-1] if targets else line.end if by > 0 else line.start
        return replace(self.at(place, replay_data), since_s=None)

    def to_next(self, by: int, points: Sequence[tuple[int, int]], replay_data: ReplayData) -> Clock:
        """Pause at the next (by > 0) or previous of the (run, iterations done) `points`; stay if there is none."""
        return self._to_stop(by, replay_data.timeline(self.kind).positions(points), replay_data)

    def _to_stop(self, by: int, stops: Floats, replay_data: ReplayData) -> Clock:
        place = _next_stop(stops, self.position, by)
        return self if place is None else replace(self.at(float(stops[place]), replay_data), since_s=None)

    def to_place(self, place: tuple[int, int] | None, replay_data: ReplayData) -> Clock:
        """Pause at a (run, iterations done); stay for None."""
        if place is None:
            return self
        stops = replay_data.timeline(self.kind).positions([place])
        return replace(self.at(float(stops[0]), replay_data), since_s=None) if len(stops) else self

    def to_event(self, by: int, replay_data: ReplayData, kinds: Sequence[MarkKind] = MARK_KINDS) -> Clock:
        """Pause at the next (by > 0) or previous event of some kinds."""
        return self._to_stop(by, replay_data.timeline(self.kind).marked(replay_data.marks(kinds)), replay_data)

    def of_kind(self, kind: XKind, replay_data: ReplayData) -> Clock:
        """Switch to another kind of clock, at the same iteration of the run that was ahead."""
        if kind == self.kind:
            return self
        line, other = replay_data.timeline(self.kind), replay_data.timeline(kind)
        cut = {run_id: done for run_id, done in line.cut_of_started(self.position).items() if run_id in other.tracks}
        if self.position >= line.end or not cut:
            return replace(self, kind=kind, position=other.end if self.position >= line.end else other.start)
        run_id = max(cut, key=lambda run_id: (line.tracks[run_id].end > self.position, cut[run_id]))
        track = other.tracks[run_id]
        return replace(self, kind=kind).at(track.position_of(cut[run_id]), replay_data)

    def with_next_kind(self, replay_data: ReplayData) -> Clock:
        """Switch to the next kind, at the same moment."""
        return self.of_kind(X_KINDS[(X_KINDS.index(self.kind) + 1) % len(X_KINDS)], replay_data)


def default_speed(line: Timeline) -> float:
    """Return the default speed: a replay takes about DEFAULT_S."""
    seconds = line.length / line.rate
    return 1.0 if seconds <= 0 else min(SPEEDS, key=lambda speed: abs(math.log(seconds / speed / DEFAULT_S)))


def _next_stop(stops: Floats, position: float, by: int) -> int | None:
    near = max(abs(position), 1.0) * 1e-12
    place = (
        int(np.searchsorted(stops, position + near, "right")) + by - 1
        if by > 0
        else (int(np.searchsorted(stops, position - near, "left")) + by)
    )
    return place if 0 <= place < len(stops) else None
