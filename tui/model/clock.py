"""Clock: what a replay has come to. A frozen state and pure changes of it; `now_s` is given, never looked up.

The live view has no clock: it shows all that there is. A replay shows what there was at its clock's position.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tui.chart.values.view import X_KINDS, XKind
from tui.model.timelines import MARK_KINDS, Floats, MarkKind, ReplayData, Timeline

SPEEDS = (
    1 / 1000, 1 / 250, 1 / 64, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0,
    125.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10_000.0,
)  # fmt: skip
"""What the speed keys step through; the slowest are for runs that were over in a blink."""

USUAL_S = 10.0
"""Seconds that a replay takes about, unless a speed is asked for."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What of the past is wanted: these runs, as they were at a position of a clock."""

    run_ids: tuple[int, ...]
    kind: XKind = "iteration"
    position: float = 0.0


@dataclass(frozen=True, slots=True)
class Clock:
    """A replay's clock: it stood at `position` at `since_s`, from which on it plays; None: it stands still.

    `holds` keeps the axes at the range that the runs fill in the end; else they grow as they grew.
    """

    kind: XKind = "iteration"
    position: float = 0.0
    speed: float = 1.0
    since_s: float | None = None
    loop: bool = False
    holds: bool = True

    @property
    def playing(self) -> bool:
        return self.since_s is not None

    def ticked(self, now_s: float, replay_data: ReplayData) -> Clock:
        """The clock now. At the end it stops or begins again; at the live edge it goes along with it."""
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
        """At a position, or as near to it as there is something recorded; playing or not as before."""
        line = replay_data.timeline(self.kind)
        position = position if math.isfinite(position) else line.end
        return replace(self, position=max(line.start, min(position, line.end)))

    def toggled(self, now_s: float, replay_data: ReplayData) -> Clock:
        """Standing if it plays. Playing if it stands: from the start where it stands at the end."""
        if self.playing:
            return replace(self.ticked(now_s, replay_data), since_s=None)
        line = replay_data.timeline(self.kind)
        is_over = self.position >= line.end and not replay_data.goes_on
        return replace(self, position=line.start if is_over else self.position, since_s=now_s)

    def faster(self, by: int) -> Clock:
        """The next higher speed (by > 0), or lower."""
        place = int(np.argmin([abs(math.log(speed / self.speed)) for speed in SPEEDS]))
        return replace(self, speed=SPEEDS[max(0, min(place + by, len(SPEEDS) - 1))])

    def looping(self, loop: bool) -> Clock:
        """Beginning again at the end, or not."""
        return replace(self, loop=loop)

    def holding(self, holds: bool) -> Clock:
        """With the axes held, or growing."""
        return replace(self, holds=holds)

    def at_share(self, share: float, replay_data: ReplayData) -> Clock:
        """At a share of the whole, 0 to 1."""
        line = replay_data.timeline(self.kind)
        return self.at(line.start + share * line.length, replay_data)

    def stepped(self, by: int, replay_data: ReplayData, run_id: int | None = None) -> Clock:
        """Standing so many iterations on, or back, of a run; of the nearest other one where that one does not move."""
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

    def to_next(self, by: int, places: Sequence[tuple[int, int]], replay_data: ReplayData) -> Clock:
        """Standing at the next (by > 0) of some (run, iterations done), or the one before; here where there is none."""
        return self._beside(by, replay_data.timeline(self.kind).positions(places), replay_data)

    def _beside(self, by: int, stops: Floats, replay_data: ReplayData) -> Clock:
        place = _beside(stops, self.position, by)
        return self if place is None else replace(self.at(float(stops[place]), replay_data), since_s=None)

    def to_place(self, place: tuple[int, int] | None, replay_data: ReplayData) -> Clock:
        """Standing where a run had done so many iterations; here for None."""
        if place is None:
            return self
        stops = replay_data.timeline(self.kind).positions([place])
        return replace(self.at(float(stops[0]), replay_data), since_s=None) if len(stops) else self

    def to_event(self, by: int, replay_data: ReplayData, kinds: Sequence[MarkKind] = MARK_KINDS) -> Clock:
        """Standing at the next event of some kinds, or the one before."""
        return self._beside(by, replay_data.timeline(self.kind).marked(replay_data.marks(kinds)), replay_data)

    def of_kind(self, kind: XKind, replay_data: ReplayData) -> Clock:
        """The same moment on another clock: where the run that was ahead had come as far."""
        if kind == self.kind:
            return self
        line, other = replay_data.timeline(self.kind), replay_data.timeline(kind)
        cut = line.begun(self.position)
        if self.position >= line.end or not cut:
            return replace(self, kind=kind, position=other.end if self.position >= line.end else other.start)
        run_id = max(cut, key=lambda run_id: (line.tracks[run_id].end > self.position, cut[run_id]))
        track = other.tracks[run_id]
        return replace(self, kind=kind).at(track.position_of(cut[run_id]), replay_data)

    def with_next_kind(self, replay_data: ReplayData) -> Clock:
        """The same moment on the next of the three clocks."""
        return self.of_kind(X_KINDS[(X_KINDS.index(self.kind) + 1) % len(X_KINDS)], replay_data)


def usual_speed(line: Timeline) -> float:
    """The speed at which a replay takes about ten seconds."""
    seconds = line.length / line.rate
    return 1.0 if seconds <= 0 else min(SPEEDS, key=lambda speed: abs(math.log(seconds / speed / USUAL_S)))


def _beside(stops: Floats, position: float, by: int) -> int | None:
    near = max(abs(position), 1.0) * 1e-12
    place = (
        int(np.searchsorted(stops, position + near, "right")) + by - 1
        if by > 0
        else (int(np.searchsorted(stops, position - near, "left")) + by)
    )
    return place if 0 <= place < len(stops) else None
