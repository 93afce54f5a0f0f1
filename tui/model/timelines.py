"""Timelines: convert positions on each of the clocks to iterations of each run, and back.

By iteration all runs are at the same iteration; by examples all have seen equally many, by
evaluations they have evaluated equally many losses. By time each run starts when
it started and stands still while it was paused, waited at a rung or had no worker; time in which no run ran is cut
out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tui.chart.values.view import X_KINDS, XKind

Floats = NDArray[np.float64]
MarkKind = Literal["steering", "take-up", "fork", "divergence"]
MARK_KINDS: tuple[MarkKind, ...] = get_args(MarkKind)

ITERATIONS_PER_S = 100.0
"""Iterations per second of a replay by iteration at speed 1: the pace of the race."""

NEARLY = 1e-3
"""Tolerance in iterations for rounding errors of positions."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What one run recorded: its iterations from `first` to `done`, and its events.

    After `iterations[i]` iterations it had run for `elapsed_s[i]` seconds; both (n,) and increasing, from its start.
    `marks` are (iteration, kind); `pauses` are (iteration, epoch second of resuming; None: not yet), and so are the
    `losses` of its workers. `started_s` is in seconds since the epoch. `best_at` is the number of iterations done at
    the best loss, `diverged_at` an iteration; None without one. A run whose `losses_per_iteration` are unknown has
    no place on the clock that counts them.
    """

    run_id: int
    first: int
    done: int
    iterations: Floats
    elapsed_s: Floats
    started_s: float = 0.0
    examples_per_iteration: int = 1
    pauses: tuple[tuple[int, float | None], ...] = ()
    losses: tuple[tuple[int, float], ...] = ()
    marks: tuple[tuple[int, MarkKind], ...] = ()
    evaluations: tuple[int, ...] = ()
    checkpoints: tuple[int, ...] = ()
    best_at: int | None = None
    best_loss: float | None = None
    diverged_at: int | None = None
    goes_on: bool = False
    losses_per_iteration: int | None = 1

    def elapsed_after(self, iterations: float) -> float:
        """Return the elapsed seconds after `iterations` iterations."""
        return float(np.interp(iterations, self.iterations, self.elapsed_s))

    def rate_after(self, iterations: int, window_s: float = 2.0) -> float | None:
        """Return iterations per second over the preceding `window_s` seconds; None if no time had elapsed."""
        now_s = self.elapsed_after(iterations)
        since_s = max(now_s - window_s, float(self.elapsed_s[0]))
        before = float(np.interp(since_s, self.elapsed_s, self.iterations))
        return (iterations - before) / (now_s - since_s) if now_s > since_s else None

    def checkpoint_before(self, iterations: int) -> int | None:
        """Return the newest checkpoint at or before `iterations`; None without one."""
        return max((at for at in self.checkpoints if at <= iterations), default=None)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A run on a clock: after `done[i]` iterations the clock was at `at[i]`; both (n,) do not decrease."""

    at: Floats
    done: Floats

    @property
    def begin(self) -> float:
        """Position at which the run starts."""
        return float(self.at[0])

    @property
    def end(self) -> float:
        """Position at which the run ends."""
        return float(self.at[-1])

    def iterations_at(self, position: float) -> int:
        """Return the iterations done at a position."""
        if position >= self.end:
            return int(self.done[-1])
        return int(np.interp(position, self.at, self.done) + NEARLY)

    def position_of(self, iterations: float) -> float:
        """Return the position at which `iterations` were done first, clipped to the track."""
        place = int(np.searchsorted(self.done, iterations))
        if place == 0:
            return self.begin
        if place == len(self.done):
            return self.end
        share = (iterations - self.done[place - 1]) / (self.done[place] - self.done[place - 1])
        return float(self.at[place - 1] + share * (self.at[place] - self.at[place - 1]))

    def leaves(self, iterations: float) -> float:
        """Return the position at which it continued after `iterations`: later than `position_of` if it stood still."""
        place = int(np.searchsorted(self.done, iterations, side="right")) - 1
        stands = place > 0 and place + 1 < len(self.done) and self.done[place - 1] == self.done[place] == iterations
        return float(self.at[place]) if stands else self.position_of(iterations)

    def is_held(self, position: float) -> bool:
        """True if the run stood still at a position: paused, waiting at a rung, or without a worker."""
        place = int(np.searchsorted(self.at, position, side="right"))
        return 0 < place < len(self.at) and bool(self.done[place - 1] == self.done[place])


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """All runs on one clock, from `start` to `end`, at `rate` units per second at speed 1."""

    kind: XKind = "iteration"
    start: float = 0.0
    end: float = 0.0
    rate: float = ITERATIONS_PER_S
    tracks: Mapping[int, Track] = field(default_factory=dict)

    @property
    def length(self) -> float:
        """Length in units of the clock."""
        return self.end - self.start

    def share(self, position: float) -> float:
        """Return a position as a fraction of the length, 0 to 1."""
        return (position - self.start) / self.length if self.length > 0 else 1.0

    def cut(self, position: float) -> dict[int, int]:
        """Return the iterations that each run had done at a position."""
        return {run_id: track.iterations_at(position) for run_id, track in self.tracks.items()}

    def cut_of_started(self, position: float) -> dict[int, int]:
        """Return the same for the runs that had started: a fork counts its parent's iterations even before."""
        return {run_id: done for run_id, done in self.cut(position).items() if self.tracks[run_id].begin <= position}

    def position_of(self, iterations: float) -> float:
        """Return the earliest position at which a run had done `iterations`; the end if none has."""
        reached = [track.position_of(iterations) for track in self.tracks.values() if track.done[-1] >= iterations]
        return min(reached, default=self.end)

    def positions(self, points: Iterable[tuple[int, int]]) -> Floats:
        """Convert (run, iterations done) places to sorted positions (n,) without duplicates."""
        found = {self.tracks[run_id].position_of(iterations) for run_id, iterations in points if run_id in self.tracks}
        return np.array(sorted(found), dtype=np.float64)

    def marked(self, points: Iterable[tuple[int, int]]) -> Floats:
        """Convert events in the same way; a standstill gives two positions, its start and its end."""
        known = [(self.tracks[run_id], at) for run_id, at in points if run_id in self.tracks]
        found = {place for track, at in known for place in (track.position_of(at), track.leaves(at))}
        return np.array(sorted(found), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class ReplayData:
    """The recordings of some runs by id, in the order of the replay, and their timelines."""

    recordings: Mapping[int, Recording] = field(default_factory=dict)
    timelines: Mapping[XKind, Timeline] = field(default_factory=dict)

    def timeline(self, kind: XKind) -> Timeline:
        """Return the timeline of a kind of clock; an empty one if no run has started."""
        return self.timelines.get(kind, Timeline(kind))

    @property
    def goes_on(self) -> bool:
        """True if a run has not ended, so that the timelines' end moves."""
        return any(recording.goes_on for recording in self.recordings.values())

    def marks(self, kinds: Sequence[MarkKind] = MARK_KINDS) -> list[tuple[int, int]]:
        """Return (run, iteration) of every event of these kinds."""
        return [(run_id, at) for run_id, one in self.recordings.items() for at, kind in one.marks if kind in kinds]

    def evaluations(self) -> list[tuple[int, int]]:
        """Return (run, iteration) of every evaluation."""
        return [(run_id, at) for run_id, one in self.recordings.items() for at in one.evaluations]

    def best(self, run_id: int | None) -> tuple[int, int] | None:
        """Return (run, iterations done) at the lowest loss of a run, or of all if it has none; None without any."""
        known = [
            (one.best_loss, one.run_id, one.best_at)
            for one in self.recordings.values()
            if one.best_at is not None and one.best_loss is not None
        ]
        own = [found for found in known if found[1] == run_id]
        return min(own or known)[1:] if known else None

    def divergence(self, run_id: int | None) -> tuple[int, int] | None:
        """Return (run, iterations done) at the divergence of a run, or the first of any; None without one."""
        known = [(one.diverged_at + 1, one.run_id) for one in self.recordings.values() if one.diverged_at is not None]
        own = [found for found in known if found[1] == run_id]
        return min(own or known)[::-1] if known else None


def replay_data_of(recordings: Sequence[Recording]) -> ReplayData:
    """Return the recordings with their timelines on all clocks."""
    started = [one for one in recordings if len(one.iterations)]
    return ReplayData({one.run_id: one for one in recordings}, {kind: _timeline(kind, started) for kind in X_KINDS})


def _timeline(kind: XKind, recordings: Sequence[Recording]) -> Timeline:
    if not recordings:
        return Timeline(kind)
    if kind == "time":
        tracks, rate = _by_time(recordings), 1.0
    else:
        each = {one.run_id: used for one in recordings if (used := _per_iteration(one, kind)) is not None}
        ends = {one.run_id: np.array([one.first, one.done], dtype=np.float64) for one in recordings}
        tracks = {run_id: Track(ends[run_id] * used, ends[run_id]) for run_id, used in each.items()}
        if not tracks:
            return Timeline(kind)
        rate = ITERATIONS_PER_S * max(each.values())
    start, end = min(track.begin for track in tracks.values()), max(track.end for track in tracks.values())
    return Timeline(kind, start, end, rate, tracks)


def _per_iteration(one: Recording, kind: XKind) -> int | None:
    """Return the length of an iteration on a clock other than time; None where it is unknown."""
    used = {"examples": one.examples_per_iteration, "evaluations": one.losses_per_iteration}
    return used.get(kind, 1)


def _by_time(recordings: Sequence[Recording]) -> dict[int, Track]:
    earliest_s = min(one.started_s for one in recordings)
    walls = {one.run_id: _wall_clock_track(one, earliest_s) for one in recordings}
    active = sorted(span for _, spans in walls.values() for span in spans)
    knots, seconds, ends = [active[0][0]], [0.0], active[0][0]
    for begin, end in active:
        # time between the end of all running spans and the next start is cut out
        for wall, runs in ((max(begin, ends), False), (max(end, ends), True)):
            knots.append(wall)
            seconds.append(seconds[-1] + (wall - knots[-2] if runs else 0.0))
        ends = max(ends, end)
    return {run_id: Track(np.interp(track.at, knots, seconds), track.done) for run_id, (track, _) in walls.items()}


def _wall_clock_track(one: Recording, earliest_s: float) -> tuple[Track, list[tuple[float, float]]]:
    """Return a run's track in wall-clock seconds since the first start, and the spans in which it ran."""
    at: list[Floats] = []
    done: list[Floats] = []
    spans = []
    start, begin_s = float(one.first), one.started_s - earliest_s
    stops = sorted([*one.pauses, *one.losses], key=lambda stop: (stop[0], math.inf if stop[1] is None else stop[1]))
    went_on = [(float(stop), went_on_s) for stop, went_on_s in stops if one.first <= stop <= one.done]
    for stop, next_s in [*went_on, (float(one.done), None)]:
        inside = one.iterations[(one.iterations > start) & (one.iterations < stop)]
        knots = np.concatenate([[start], inside, [stop]])
        seconds = np.interp(knots, one.iterations, one.elapsed_s)
        seconds = begin_s + seconds - seconds[0]
        at.append(seconds)
        done.append(knots)
        spans.append((begin_s, float(seconds[-1])))
        start, begin_s = stop, max((next_s or 0.0) - earliest_s, float(seconds[-1]))
    return Track(np.concatenate(at), np.concatenate(done)), spans
