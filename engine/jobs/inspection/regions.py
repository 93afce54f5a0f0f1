"""Decision regions of runs: which class wins where over the plane of their examples, live and at any moment."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.analysis.heights import Window
from engine.analysis.regions import NOBODY, Classes, DataPlane, Part, part_of, plane_of, refined, winners, winning
from engine.datasets import own
from engine.jobs.inspection.kept_reader import KeptReader
from engine.jobs.inspection.pacing import LIVE_EVERY_S, Wanted, rest_until
from engine.jobs.inspection.weights import REPEAT_S, Follower, StateAt
from engine.objective.layout import Array
from engine.own_code.failures import told
from engine.spec import is_path, short_name
from engine.spec.choices import OF_EXAMPLES
from engine.store import Reader, Refused, StoreError
from engine.text import clean

Floats = NDArray[np.float64]

MOST_POINTS = 500
"""Examples on a picture: with more of them there would be no regions to see."""

LIVE_REPEAT_S = 0.004
"""Seconds of a repeat for one picture of runs that grow: a run without a pace costs as much again as it does itself."""

COMPUTED_SHARE = 0.09
"""Share of the time that computing pictures of growing runs may take: drawing them is cheaper than a landscape is."""

LIVE_CHANGES = 3_000
"""Dots that may change in a second: a run that jumps to and fro would send more than a slow link takes."""

LONGEST_REST_S = 1.0
"""Longest pause between two pictures."""

FIRST_S, LONGEST_S = 0.08, 3.0
"""Seconds of computing after which a picture is shown however coarse it is, and of the finest one that is tried."""

STRIDES = (1, 2, 4, 8)
HELD_NUMBERS = 1 << 18
"""Features of a whole grid that is kept from one picture to the next."""


@dataclass(frozen=True, slots=True)
class AskedRegions:
    """What is asked: `until` maps runs to iterations. `columns` x `rows` are the dots of each picture.

    `part` is the part of the whole window, `cursor` a place in shares of it, `split` the examples that are shown.
    `is_live`: the runs grow, so the next moment comes soon. `is_fine`: edges of regions have twice as many dots in both
    directions.
    """

    until: tuple[tuple[int, int], ...]
    split: str
    columns: int
    rows: int
    part: Part = (0.0, 1.0, 0.0, 1.0)
    cursor: tuple[float, float] | None = None
    is_live: bool = False
    is_fine: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Under:
    """The scores (C,) at a `place` (a, b) and the class with the highest; NOBODY if one is not finite."""

    place: tuple[float, float]
    scores: Array
    winner: int


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The examples on a picture: `rows` (k,) of a split of `of` examples, their `places` (k, 2) and their classes.

    `predicted` (k,) are the classes for which they are taken, by all their features, also where they are projected.
    """

    split: str
    of: int
    rows: NDArray[np.intp]
    places: Floats
    y: NDArray[np.intp]
    predicted: Classes

    @property
    def is_wrong(self) -> NDArray[np.bool_]:
        """Whether each of the examples is taken for another class (k,)."""
        wrong: NDArray[np.bool_] = self.predicted != self.y
        return wrong


@dataclass(frozen=True, slots=True, eq=False)
class RunRegions:
    """The regions of a run's weights after `iteration` iterations; `is_exact` as in StateAt.

    `grid` (m, n) are the winners over a `window` of a `plane`, the highest b first; `stride`: one of so many dots is
    computed in each direction. `names` are what the data set calls its classes.
    """

    run_id: int
    iteration: int
    is_exact: bool
    plane: DataPlane
    window: Window
    grid: Classes
    stride: int
    names: tuple[str, ...]
    shown: Shown
    under: Under | None


@dataclass(frozen=True, slots=True)
class NoRegions:
    """Why a run has no regions at a moment."""

    run_id: int
    sentence: str


Answer = tuple[RunRegions | NoRegions, ...]


@dataclass(eq=False)
class DecisionRegions:
    """Computes regions of stored runs, and keeps their states, planes and examples for the next moment.

    Used in one thread at a time.
    """

    _runs: dict[int, _Watched] = field(default_factory=dict)
    _planes: dict[object, DataPlane] = field(default_factory=dict)
    _grids: dict[int, Classes] = field(default_factory=dict)
    _reader: KeptReader = field(default_factory=KeptReader)

    def answers(self, path: str | PathLike[str], wanted: Wanted, asked: AskedRegions) -> Iterator[Answer]:
        """Yield the regions of all runs, each answer nearer to the moment or finer than the one before.

        Raises Refused where no run has any.
        """
        begun, computed = time.monotonic(), time.thread_time()
        found: dict[int, RunRegions | NoRegions] = {}
        share = LIVE_REPEAT_S / max(len(asked.until), 1)
        reader, is_new = self._reader.of(path)
        if is_new:
            self._runs.clear()
        for run_id, iteration in asked.until:
            watched = self._runs.setdefault(run_id, _Watched(run_id, self._planes))
            found[run_id] = watched.attempt(path, wanted, asked, iteration, share, FIRST_S, reader)
            if not wanted():
                return
        yield _together(found)
        if asked.is_live:
            cost, change = (time.thread_time() - computed) / COMPUTED_SHARE, self._changes(found) / LIVE_CHANGES
            rest_until(begun + max(LIVE_EVERY_S, min(max(cost, change), LONGEST_REST_S)), wanted)
            return
        for repeat_s, compute_s in ((REPEAT_S, FIRST_S), (0.0, LONGEST_S)):
            for run_id, iteration in asked.until:
                before = found[run_id]
                if not wanted():
                    return
                if isinstance(before, NoRegions) or (before.is_exact if repeat_s else before.stride == 1):
                    continue
                found[run_id] = self._runs[run_id].attempt(path, wanted, asked, iteration, repeat_s, compute_s, reader)
                if wanted():
                    yield _together(found)

    def _changes(self, found: dict[int, RunRegions | NoRegions]) -> int:
        """How many dots are others than in the last pictures."""
        grids = {run_id: one.grid for run_id, one in found.items() if isinstance(one, RunRegions)}
        before, self._grids = self._grids, grids
        return sum(
            int((grid != before[run_id]).sum())
            for run_id, grid in grids.items()
            if run_id in before and before[run_id].shape == grid.shape
        )


def _together(found: dict[int, RunRegions | NoRegions]) -> Answer:
    answer = tuple(found.values())
    lacking = [one for one in answer if isinstance(one, NoRegions)]
    if lacking and len(lacking) == len(answer):
        raise Refused(lacking[0].sentence)
    return answer


class _Watched:
    """One run: what does not change from one moment to the next."""

    def __init__(self, run_id: int, planes: dict[object, DataPlane]) -> None:
        self._run_id, self._planes = run_id, planes
        self._follower: Follower | None = None
        self._plane: DataPlane | None = None
        self._names: tuple[str, ...] = ()
        self._example_s = 0.0
        self._points: tuple[str, NDArray[np.intp], Floats, Array] | None = None
        self._held: tuple[object, Sequence[Array]] | None = None

    def attempt(
        self,
        path: str | PathLike[str],
        wanted: Wanted,
        asked: AskedRegions,
        iteration: int,
        repeat_s: float,
        most_s: float,
        reader: Reader,
    ) -> RunRegions | NoRegions:
        """Return the regions after `repeat_s` of repeating and about `most_s` of computing, or why there are none."""
        try:
            follower = self._follower = self._follower or Follower(path, self._run_id)
            at = follower.nearest(iteration, reader)
            if not at.is_exact and repeat_s:
                at = follower.on_to(iteration, wanted, repeat_s)
            return self._regions(at, wanted, asked, most_s)
        except (StoreError, ValueError) as error:
            return NoRegions(self._run_id, clean(told(error), 300))

    def _regions(self, at: StateAt, wanted: Wanted, asked: AskedRegions, most_s: float) -> RunRegions | NoRegions:
        objective, weights = at.optimization.objective, self._checked(at)
        plane = self._plane_of(at)
        window = part_of(plane.window, asked.part)
        shown = self._shown(at, plane, weights, asked.split)
        affordable = [stride for stride in STRIDES if self._cost(asked, stride) <= most_s]
        stride = affordable[0] if affordable else STRIDES[-1]
        columns, rows = max(asked.columns // stride, 1), max(asked.rows // stride, 1)
        started = time.thread_time()
        grid = winning(objective, weights, self._chunks(plane, window, columns, rows), wanted)
        if grid is None:
            return NoRegions(self._run_id, "")
        self._example_s = (time.thread_time() - started) / (columns * rows)
        grid = grid.reshape(rows, columns)
        if asked.is_fine and stride == 1:
            grid = refined(objective, weights, plane, window, grid, wanted)
            if grid is None:
                return NoRegions(self._run_id, "")
        under = None
        if asked.cursor is not None:
            across, up = asked.cursor
            left, right, bottom, top = plane.window
            place = left + across * (right - left), bottom + up * (top - bottom)
            scores = objective.scores(weights, plane.examples(np.array([place])))
            under = Under(place, scores[0], int(winners(scores)[0]))
        return RunRegions(
            self._run_id, at.iteration, at.is_exact, plane, window, grid, stride,
            self._names, shown, under,
        )  # fmt: skip

    def _cost(self, asked: AskedRegions, stride: int) -> float:
        return self._example_s * (asked.columns // stride) * (asked.rows // stride)

    def _checked(self, at: StateAt) -> Array:
        """The weights. Raises Refused where they give no class a score."""
        spec, weights = at.optimization.spec, at.weights
        if spec.objective not in OF_EXAMPLES:
            raise Refused(
                f"Run {self._run_id} minimises {short_name(spec.objective)}, which gives no class a score: "
                f"it has no regions."
            )
        if not np.isfinite(weights).all():
            raise Refused(
                f"Some weights of run {self._run_id} are infinite or not numbers after {at.iteration:,} iterations: "
                f"no class wins anywhere."
            )
        return weights

    def _plane_of(self, at: StateAt) -> DataPlane:
        spec, optimization = at.optimization.spec, at.optimization
        if self._plane is None:
            train = optimization.objective.split
            names = own.class_names(Path(spec.dataset)) if is_path(spec.dataset) else ()
            self._names = names or tuple(map(str, range(optimization.objective.classes)))
            key = spec.dataset, spec.standardize, train.digest
            if key not in self._planes:
                features = train.dimensions - train.bias
                columns = own.column_names(Path(spec.dataset), features) if is_path(spec.dataset) else ()
                self._planes[key] = plane_of(train, columns)
            self._plane = self._planes[key]
        return self._plane

    def _shown(self, at: StateAt, plane: DataPlane, weights: Array, split: str) -> Shown:
        """The examples, evenly drawn where there are many. Raises Refused for a split that the data set has not."""
        objectives = at.optimization.objectives
        if split not in objectives:
            raise Refused(f"{at.optimization.spec.dataset} has no {split} split; it has {', '.join(objectives)}.")
        examples = objectives[split].split
        if self._points is None or self._points[0] != split:
            rows = np.unique(np.linspace(0, len(examples) - 1, min(len(examples), MOST_POINTS)).astype(np.intp))
            self._points = split, rows, plane.places(examples, rows), examples.batch(rows)
        _, rows, places, X = self._points
        started = time.thread_time()
        predicted = winners(objectives[split].scores(weights, X))
        if not self._example_s:
            self._example_s = (time.thread_time() - started) / len(rows)
        return Shown(split, len(examples), rows, places, examples.y[rows], predicted)

    def _chunks(self, plane: DataPlane, window: Window, columns: int, rows: int) -> Iterator[Array] | Sequence[Array]:
        if columns * rows * plane.split.dimensions > HELD_NUMBERS:
            return plane.chunks(window, columns, rows)
        key = window, columns, rows
        if self._held is None or self._held[0] != key:
            self._held = key, tuple(plane.chunks(window, columns, rows))
        return self._held[1]


__all__ = ["NOBODY", "Answer", "AskedRegions", "DecisionRegions", "NoRegions", "RunRegions", "Shown", "Under"]
