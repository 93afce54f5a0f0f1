"""ReplayData: what happened in some runs and when, on each of the three clocks: positions to iterations and back.

By iteration all runs go in step, by examples they have seen equally many, by time they go as they went: each from
the moment at which it started, standing still while it was paused, waited at a rung or had no worker. Time in which
none of them ran is left out.
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
"""Iterations in a second of a replay by iteration, at speed 1: the pace of the race."""

NEARLY = 1e-3
"""Iterations that rounding may take from a position."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What one run left behind: its iterations from `first` to `done`, and what happened before which of them.

    After `iterations[i]` of them it had run for `elapsed_s[i]` (both rise, shape (n,), the first is where it began).
    `marks` are (iteration, kind); `pauses` (iteration, second at which it went on, None: it has not), `losses` of its
    workers the same. `started_s` is on the clock of the wall. `best_at` is after how many iterations it was at its
    best, `diverged_at` an iteration; None where there is none.
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

    def elapsed_after(self, iterations: float) -> float:
        """Seconds that it had run after so many iterations."""
        return float(np.interp(iterations, self.iterations, self.elapsed_s))

    def rate_after(self, iterations: int, window_s: float = 2.0) -> float | None:
        """Iterations per second in the last seconds before; None when nothing can be told."""
        now_s = self.elapsed_after(iterations)
        since_s = max(now_s - window_s, float(self.elapsed_s[0]))
        before = float(np.interp(since_s, self.elapsed_s, self.iterations))
        return (iterations - before) / (now_s - since_s) if now_s > since_s else None

    def checkpoint_before(self, iterations: int) -> int | None:
        """The newest iteration, at or before one, at which its weights are kept."""
        return max((at for at in self.checkpoints if at <= iterations), default=None)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A run on a clock: after `done[i]` iterations the clock stood at `at[i]`. Both have shape (n,) and do not fall."""

    at: Floats
    done: Floats

    @property
    def begin(self) -> float:
        return float(self.at[0])

    @property
    def end(self) -> float:
        return float(self.at[-1])

    def iterations_at(self, position: float) -> int:
        """How many iterations it had done."""
        if position >= self.end:
            return int(self.done[-1])
        return int(np.interp(position, self.at, self.done) + NEARLY)

    def position_of(self, iterations: float) -> float:
        """Where it had just done so many."""
        place = int(np.searchsorted(self.done, iterations))
        if place == 0:
            return self.begin
        if place == len(self.done):
            return self.end
        share = (iterations - self.done[place - 1]) / (self.done[place] - self.done[place - 1])
        return float(self.at[place - 1] + share * (self.at[place] - self.at[place - 1]))

    def leaves(self, iterations: float) -> float:
        """Where it went on after so many: later than `position_of` where it stood still there."""
        place = int(np.searchsorted(self.done, iterations, side="right")) - 1
        stands = place > 0 and place + 1 < len(self.done) and self.done[place - 1] == self.done[place] == iterations
        return float(self.at[place]) if stands else self.position_of(iterations)

    def is_held(self, position: float) -> bool:
        """Whether it stood still there: it was paused, or its worker was lost."""
        place = int(np.searchsorted(self.at, position, side="right"))
        return 0 < place < len(self.at) and bool(self.done[place - 1] == self.done[place])


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """All runs on one clock: from `start` to `end`, at `rate` units in a second at speed 1."""

    kind: XKind = "iteration"
    start: float = 0.0
    end: float = 0.0
    rate: float = ITERATIONS_PER_S
    tracks: Mapping[int, Track] = field(default_factory=dict)

    @property
    def length(self) -> float:
        return self.end - self.start

    def share(self, position: float) -> float:
        """How far along a position is, 0 to 1."""
        return (position - self.start) / self.length if self.length > 0 else 1.0

    def cut(self, position: float) -> dict[int, int]:
        """How many iterations each run had done."""
        return {run_id: track.iterations_at(position) for run_id, track in self.tracks.items()}

    def begun(self, position: float) -> dict[int, int]:
        """The same of the runs that had begun: a fork has done its parent's iterations before it begins."""
        return {run_id: done for run_id, done in self.cut(position).items() if self.tracks[run_id].begin <= position}

    def position_of(self, iterations: float) -> float:
        """Where the first of the runs had done so many; the end when none has."""
        reached = [track.position_of(iterations) for track in self.tracks.values() if track.done[-1] >= iterations]
        return min(reached, default=self.end)

    def positions(self, places: Iterable[tuple[int, int]]) -> Floats:
        """(run, iterations) as positions in order, each once."""
        found = {self.tracks[run_id].position_of(iterations) for run_id, iterations in places if run_id in self.tracks}
        return np.array(sorted(found), dtype=np.float64)

    def marked(self, places: Iterable[tuple[int, int]]) -> Floats:
        """The same of events: where a run stood still, both where it came to stand and where it went on."""
        known = [(self.tracks[run_id], at) for run_id, at in places if run_id in self.tracks]
        found = {place for track, at in known for place in (track.position_of(at), track.leaves(at))}
        return np.array(sorted(found), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class ReplayData:
    """The recordings of some runs, in the order in which they were marked, and their timelines."""

    recordings: Mapping[int, Recording] = field(default_factory=dict)
    timelines: Mapping[XKind, Timeline] = field(default_factory=dict)

    def timeline(self, kind: XKind) -> Timeline:
        return self.timelines.get(kind, Timeline(kind))

    @property
    def goes_on(self) -> bool:
        """Whether a run is still writing: the end moves."""
        return any(recording.goes_on for recording in self.recordings.values())

    def marks(self, kinds: Sequence[MarkKind] = MARK_KINDS) -> list[tuple[int, int]]:
        """(run, iteration) of what happened."""
        return [(run_id, at) for run_id, one in self.recordings.items() for at, kind in one.marks if kind in kinds]

    def evaluations(self) -> list[tuple[int, int]]:
        """(run, iteration) of every evaluation."""
        return [(run_id, at) for run_id, one in self.recordings.items() for at in one.evaluations]

    def best(self, run_id: int | None) -> tuple[int, int] | None:
        """(run, iterations done) when a run was at its lowest loss; of all runs when it is none of them."""
        known = [
            (one.best_loss, one.run_id, one.best_at)
            for one in self.recordings.values()
            if one.best_at is not None and one.best_loss is not None
        ]
        own = [found for found in known if found[1] == run_id]
        return min(own or known)[1:] if known else None

    def divergence(self, run_id: int | None) -> tuple[int, int] | None:
        """(run, iterations done) when a run diverged; of the first when it had none."""
        known = [(one.diverged_at + 1, one.run_id) for one in self.recordings.values() if one.diverged_at is not None]
        own = [found for found in known if found[1] == run_id]
        return min(own or known)[::-1] if known else None


def replay_data_of(recordings: Sequence[Recording]) -> ReplayData:
    """The tape of some recordings."""
    begun = [one for one in recordings if len(one.iterations)]
    return ReplayData({one.run_id: one for one in recordings}, {kind: _timeline(kind, begun) for kind in X_KINDS})


def _timeline(kind: XKind, recordings: Sequence[Recording]) -> Timeline:
    if not recordings:
        return Timeline(kind)
    if kind == "time":
        tracks, rate = _by_time(recordings), 1.0
    else:
        seen = {one.run_id: one.examples_per_iteration if kind == "examples" else 1 for one in recordings}
        ends = {one.run_id: np.array([one.first, one.done], dtype=np.float64) for one in recordings}
        tracks = {run_id: Track(done * seen[run_id], done) for run_id, done in ends.items()}
        rate = ITERATIONS_PER_S * max(seen.values())
    start, end = min(track.begin for track in tracks.values()), max(track.end for track in tracks.values())
    return Timeline(kind, start, end, rate, tracks)


def _by_time(recordings: Sequence[Recording]) -> dict[int, Track]:
    earliest_s = min(one.started_s for one in recordings)
    walls = {one.run_id: _on_the_wall(one, earliest_s) for one in recordings}
    active = sorted(span for _, spans in walls.values() for span in spans)
    knots, seconds, ends = [active[0][0]], [0.0], active[0][0]
    for begin, end in active:
        # what lies between the end of all that ran and the next begin takes no time
        for wall, runs in ((max(begin, ends), False), (max(end, ends), True)):
            knots.append(wall)
            seconds.append(seconds[-1] + (wall - knots[-2] if runs else 0.0))
        ends = max(ends, end)
    return {run_id: Track(np.interp(track.at, knots, seconds), track.done) for run_id, (track, _) in walls.items()}


def _on_the_wall(one: Recording, earliest_s: float) -> tuple[Track, list[tuple[float, float]]]:
    """A run on the clock of the wall, counted from the first start, and the spans in which it ran."""
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
