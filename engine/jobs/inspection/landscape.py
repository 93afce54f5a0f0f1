"""Landscape: the loss over a plane of weight space with the ways of stored runs on it, coarse first, then finer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from engine.analysis.heights import Grid, LinearLosses, Window, grown, window_of
from engine.analysis.landscape import filters
from engine.analysis.planes import WeightPlane, axes, random_plane
from engine.jobs.inspection.kept_reader import KeptReader
from engine.jobs.inspection.landscape_values import Asked, DrawnWay, Landscape, Pointed, Section
from engine.jobs.inspection.losses_along import along_plane, examples_of, rows_used
from engine.jobs.inspection.pacing import LIVE_EVERY_S, Allowance, Wanted, rest_until, within
from engine.jobs.inspection.way_planes import (
    AXES,
    BEYOND,
    ENDS,
    GROWING_MARGIN,
    LINE,
    MARGIN,
    PRINCIPAL,
    RANDOM,
    SPACE,
    Laid,
    along_ways,
    cloud,
    views_of,
)
from engine.jobs.inspection.ways import Walker, Way
from engine.jobs.worker.forking import DECIDE_THE_LOSS
from engine.objective.known_functions import KNOWN_FUNCTIONS
from engine.spec import SpecError
from engine.store import Refused, StoreError
from engine.text import clean

Floats = NDArray[np.float64]

LIVE_REPEAT_S = 0.004
"""Seconds of repeating for one picture of runs that grow."""

FINER_S = 2.0
"""Seconds for which heights of growing runs stay as they are while their plane does: finer ones send 6 kB."""

MOST_GRIDS = 6
"""Grids that are kept, to go back to."""


@dataclass(eq=False)
class Landscapes:
    """Computes landscapes of stored runs, and keeps ways, planes and grids for the next question.

    Used in one thread at a time.
    """

    _walkers: dict[int, Walker] = field(default_factory=dict)
    _laid: dict[object, Laid] = field(default_factory=dict)
    _grids: dict[object, Grid] = field(default_factory=dict)
    _placed: dict[int, tuple[WeightPlane, int, Floats]] = field(default_factory=dict)
    _allowance: Allowance = field(default_factory=Allowance)
    _seen: tuple[Grid, Floats, float] | None = None
    _reader: KeptReader = field(default_factory=KeptReader)

    def answers(self, path: str | PathLike[str], wanted: Wanted, asked: Asked) -> Iterator[Landscape]:
        """Yield landscapes, each better than the one before.

        Raises StoreError and SpecError where nothing can be shown of the first run.
        """
        shown, remarks = self._shown(path, asked)
        yield from self._drawn(asked, shown, remarks, wanted, finer=False)
        for run_id in shown:
            if self._walkers[run_id].repeat(wanted) and wanted():
                yield from self._drawn(asked, shown, remarks, wanted, finer=False)
        if wanted():
            yield from self._drawn(asked, shown, remarks, wanted, finer=True)

    def live_answers(self, path: str | PathLike[str], wanted: Wanted, asked: Asked) -> Iterator[Landscape | None]:
        """Yield landscapes of growing runs: one at once, then better ones as far as the allowance goes.

        None stands where a later moment may go first. Raises as `answers` does.
        """
        allowance, begun = self._allowance, time.monotonic()
        with allowance.taken():
            shown, remarks = self._shown(path, asked)
            self._repeat_a_little(shown, wanted)
            drawn = self._picture(asked, shown, remarks, wanted, is_live=True)
        while drawn is not None:
            answer, grid = drawn
            yield self._seldom_finer(answer, grid)
            drawn = None
            while drawn is None:
                rest_until(begun + LIVE_EVERY_S, wanted)
                if not wanted():
                    return
                yield None
                begun = time.monotonic()
                with allowance.taken():
                    is_better = self._repeat_a_little(shown, wanted)
                    before = 1 if grid is None else grid.stride
                    if grid is not None:
                        for _ in grid.fill(within(allowance.left_s, wanted)):
                            is_better = True
                    is_waiting = grid is not None and self._is_finer(grid)
                    if is_better or is_waiting:
                        drawn = self._picture(asked, shown, remarks, wanted, is_live=True)
                if before == 1 and not is_better and not is_waiting:
                    return

    def _is_finer(self, grid: Grid) -> bool:
        """Whether a grid has become finer than it was shown."""
        return self._seen is not None and self._seen[0] is grid and self._seen[1] is not grid.shown

    def _seldom_finer(self, answer: Landscape, grid: Grid | None) -> Landscape:
        """Return a landscape of growing runs with the heights that were shown last, if finer ones come too soon."""
        now = time.monotonic()
        if grid is None:
            return answer
        if self._seen is not None and self._is_finer(grid) and now < self._seen[2] + FINER_S:
            return replace(answer, heights=self._seen[1], is_finest=False)
        if self._seen is None or self._seen[0] is not grid or self._is_finer(grid):
            self._seen = grid, grid.shown, now
        return answer

    def _repeat_a_little(self, shown: Sequence[int], wanted: Wanted) -> bool:
        """Repeat runs for a part of a live picture; returns whether a way has changed."""
        most_s = LIVE_REPEAT_S / len(shown)
        has_changed = [self._walkers[run_id].repeat(within(most_s, wanted)) for run_id in shown]
        return any(has_changed)

    def _shown(self, path: str | PathLike[str], asked: Asked) -> tuple[Sequence[int], tuple[str, ...]]:
        """Read the runs; returns those that are shown, and what is to be said about the others."""
        left_out = self._read(path, asked)
        shown = [run_id for run_id, _ in asked.until if run_id in self._walkers and run_id not in left_out]
        remarks = tuple(
            f"left out {_runs([run_id for run_id, why in left_out.items() if why == reason])}: {reason}"
            for reason in dict.fromkeys(left_out.values())
        )
        return shown, remarks

    def _read(self, path: str | PathLike[str], asked: Asked) -> Mapping[int, str]:
        """Read the runs; returns why a run is left out, by run."""
        left_out: dict[int, str] = {}
        first = asked.until[0][0]
        reader, is_new = self._reader.of(path)
        if is_new:
            self._walkers.clear()
            self._placed.clear()
            self._laid.clear()
            self._grids.clear()
        for run_id, _ in asked.until:
            try:
                if run_id in self._walkers:
                    self._walkers[run_id].read(reader)
                else:
                    self._walkers[run_id] = Walker(reader, run_id)
            except (StoreError, SpecError) as error:
                if run_id == first:
                    raise
                left_out[run_id] = clean(str(error), 80)
                continue
            spec, other = self._walkers[first].spec, self._walkers[run_id].spec
            if any(getattr(spec, name) != getattr(other, name) for name in DECIDE_THE_LOSS):
                left_out[run_id] = "another loss"
        return left_out

    def _drawn(
        self, asked: Asked, shown: Sequence[int], remarks: tuple[str, ...], wanted: Wanted, finer: bool
    ) -> Iterator[Landscape]:
        """Yield the landscape with heights as they are, at least the coarsest; if `finer`, with each further level."""
        drawn = self._picture(asked, shown, remarks, wanted)
        if drawn is None:
            return
        answer, grid = drawn
        yield answer
        if finer and grid is not None:
            for _ in grid.fill(wanted):
                yield _with_heights(answer, grid)

    def _picture(
        self, asked: Asked, shown: Sequence[int], remarks: tuple[str, ...], wanted: Wanted, is_live: bool = False
    ) -> tuple[Landscape, Grid | None] | None:
        """Return the landscape with heights as they are, at least the coarsest, and its grid; None if not wanted.

        A line has no grid: it is as fine as it becomes.
        """
        until = dict(asked.until)
        ways = [self._walkers[run_id].way() for run_id in shown]
        now = [way.until(until[way.run_id]) for way in ways]
        views = views_of(now[0])
        view = views[asked.view % len(views)]
        if view == LINE:
            line = self._along_line(asked, now, views, remarks, wanted)
            return None if line is None else (line, None)
        deciding = self._deciding(shown, until)
        growing = {run_id for run_id in shown if not self._walkers[run_id].is_over_at(until[run_id])}
        # of runs that are followed, a plane stays as it was laid, also where a repeat was behind then
        followed = growing if is_live else set()
        known = (
            (way.run_id, deciding[way.run_id], way.run_id in followed or way.exact_to >= deciding[way.run_id])
            for way in ways
        )
        key = (view, bool(growing), bool(followed), *known)
        laid = self._laid.get(key)
        if laid is None:
            held = [way.until(deciding[way.run_id]).finite for way in ways]
            held = [way for way in held if len(way.iterations)]
            if not held or held[0].run_id != shown[0]:
                raise Refused(f"The weights of run {shown[0]} are not finite: no plane leads through them.")
            laid = self._lay(view, held, GROWING_MARGIN if growing else MARGIN)
            share = float("nan") if laid.is_space else laid.plane.share(cloud(held, len(held)))
            laid = self._laid[key] = replace(laid, share=share)
        places = [self._places_of(laid.plane, way) for way in now]
        window = asked.window or grown(laid.window, places)
        if asked.window is None and view == RANDOM:
            window = laid.window
        grid, examples = self._grid(key, laid.plane, shown[0], window, asked)
        answer = Landscape(
            laid.name, views.index(view), len(views), laid.share, laid.axes, window, grid.shown, grid.levels,
            tuple(
                DrawnWay(
                    way.run_id, way.iterations, place, laid.plane.places(way.tries), way.accepted,
                    self._walkers[way.run_id].spec.searches,
                )
                for way, place in zip(now, places, strict=True)
            ),
            None, examples, (*remarks, *_exactness(now)), False,
        )  # fmt: skip
        if not grid.stride:
            next(grid.fill(wanted), None)
        if not grid.stride:
            return None
        if asked.cursor is not None:
            answer = replace(answer, pointed=self._pointed(laid.plane, shown[0], asked.cursor, answer))
        return _with_heights(answer, grid), grid

    def _places_of(self, plane: WeightPlane, way: Way) -> Floats:
        """Return where the points of a way lie (k, 2); those that stay are not computed again."""
        before = self._placed.get(way.run_id)
        known = before[2] if before is not None and before[:2] == (plane, way.every) else np.empty((0, 2))
        found = np.concatenate([known[: way.lasting], plane.places(way.weights[len(known[: way.lasting]) :])])
        if way.lasting > len(known):
            self._placed[way.run_id] = plane, way.every, found[: way.lasting]
        return found

    def _deciding(self, shown: Sequence[int], until: Mapping[int, int]) -> dict[int, int]:
        """Return the iterations whose weights decide about a plane, by run.

        Growing runs that are about as far as the slowest one share its iteration, so that the plane does not change
        once for each of them.
        """
        walkers = {run_id: self._walkers[run_id] for run_id in shown}
        growing = [until[run_id] for run_id in shown if not walkers[run_id].is_over_at(until[run_id])]
        slowest = min(growing, default=0)
        return {
            run_id: walker.settled(
                slowest
                if not walker.is_over_at(until[run_id]) and walker.first <= slowest and until[run_id] < 2 * slowest
                else until[run_id]
            )
            for run_id, walker in walkers.items()
        }

    def _along_line(
        self, asked: Asked, ways: Sequence[Way], views: Sequence[str], remarks: tuple[str, ...], wanted: Wanted
    ) -> Landscape | None:
        """Return the loss from start to end of a run, or from the end of one to the end of the next."""
        ways = [way.finite for way in ways if len(way.finite.iterations)]
        if not ways:
            raise Refused("The weights are not finite: no line leads through them.")
        one = ways[0]
        start, end = one.weights[0], one.weights[-1]
        ends = (f"start of run {one.run_id}", f"end of run {one.run_id}")
        if len(ways) > 1:
            start, end = end, ways[1].weights[-1]
            ends = (ends[1], f"end of run {ways[1].run_id}")
        walker = self._walkers[one.run_id]
        rows = rows_used(walker)
        origin, far = start.astype(np.float64), end.astype(np.float64)
        along = along_plane(walker, WeightPlane(origin, far - origin, np.zeros(len(origin))), rows)
        kinks = along.kinks(-BEYOND, 1 + BEYOND) if isinstance(along, LinearLosses) else np.empty(0)
        positions = np.linspace(-BEYOND, 1 + BEYOND, 2 * asked.columns + 1)
        if len(kinks) <= asked.columns:  # between them the data loss is linear, so that the line is exact
            positions = np.union1d(positions, kinks)
        loss = np.full(len(positions), np.nan)
        for first in range(0, len(positions), along.most):
            if not wanted():
                return None
            part = slice(first, first + along.most)
            loss[part] = along.losses(positions[part], 0.0)
        section = Section(positions, loss, ends, kinks, one.run_id)
        return Landscape(
            f"the line from the {ends[0]} to the {ends[1]}", views.index(LINE), len(views), float("nan"), ends,
            (-BEYOND, 1 + BEYOND, 0.0, 1.0), loss[None], np.empty(0), (), None, examples_of(walker),
            (*remarks, *_exactness(ways)), True, section=section,
        )  # fmt: skip

    def _lay(self, view: str, ways: Sequence[Way], margin: float) -> Laid:
        """Return a plane through the ways, or another one where the weights give no such plane."""
        if len(self._laid) > 4 * MOST_GRIDS:
            self._laid.clear()
        objective = self._walkers[ways[0].run_id].optimization.objective
        spec = self._walkers[ways[0].run_id].spec
        end = ways[0].weights[-1]
        if view == SPACE:
            plane = WeightPlane(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]))
            known = KNOWN_FUNCTIONS.get(spec.objective)
            minima = [] if known is None else known.minima(2)
            places = [plane.places(way.weights) for way in ways]
            return Laid(plane, "the space of both weights", ("w0", "w1"), window_of(places, minima), is_space=True)
        if view == AXES:
            plane = axes(end)
            places = [plane.places(way.weights) for way in ways]
            return Laid(
                plane, f"w0 and w1, the rest as at the end of run {ways[0].run_id}", ("w0", "w1"), window_of(places)
            )
        if view in (ENDS, PRINCIPAL):
            try:
                return along_ways(view, ways, margin)
            except ValueError:
                view = RANDOM
        layout = objective.layout
        try:
            plane, (across, up) = random_plane(end, filters(layout.shapes, layout.biased))
        except ValueError:
            plane, across, up = axes(end), 1.0, 1.0
            return Laid(plane, "w0 and w1, the other weights zero", ("w0", "w1"), (-1.0, 1.0, -1.0, 1.0))
        name = f"filter-normalised random directions around the end of run {ways[0].run_id}"
        return Laid(plane, name, ("random", "random"), (-across, across, -up, up))

    def _grid(self, key: object, plane: WeightPlane, run_id: int, window: Window, asked: Asked) -> tuple[Grid, str]:
        """Return the grid of a window, kept or new, and which examples its losses are over."""
        walker = self._walkers[run_id]
        rows, examples = rows_used(walker), examples_of(walker)
        found = (key, window, asked.columns, asked.rows)
        grid = self._grids.get(found)
        if grid is None:
            if len(self._grids) >= MOST_GRIDS:
                del self._grids[next(iter(self._grids))]
            along = along_plane(walker, plane, rows)
            grid = self._grids[found] = Grid(along, window, asked.rows, asked.columns)
        return grid, examples

    def _pointed(self, plane: WeightPlane, run_id: int, cursor: tuple[float, float], answer: Landscape) -> Pointed:
        """Return the loss and the slope at the cursor, and the nearest point of a way."""
        a, b = cursor
        walker = self._walkers[run_id]
        objective = walker.optimization.objective
        loss, gradient = objective.loss_and_gradient(plane.at(a, b).astype(objective.dtype), rows_used(walker))
        downhill = -gradient.astype(np.float64)
        slope = float(downhill @ plane.first), float(downhill @ plane.second)
        norm = float(np.linalg.norm(downhill))
        share = float(np.hypot(*slope)) / norm if norm > 0 else float("nan")
        nearest = nearest_point(answer.ways, (a, b), answer.window)
        return Pointed((a, b), loss.total, slope, share, *nearest)


def nearest_point(ways: Sequence[DrawnWay], place: tuple[float, float], window: Window) -> tuple[int, int]:
    """Return (run, iteration) of the point of a way nearest to a place, as the window shows them."""
    spans = np.array([window[1] - window[0], window[3] - window[2]])
    best = (np.inf, ways[0].run_id, int(ways[0].iterations[0]))
    for way in ways:
        with np.errstate(all="ignore"):
            away = np.hypot(*((way.places - np.array(place)) / spans).T)
        away = np.where(np.isfinite(away), away, np.inf)
        index = int(np.argmin(away))
        best = min(best, (float(away[index]), way.run_id, int(way.iterations[index])))
    return best[1], best[2]


def _with_heights(answer: Landscape, grid: Grid) -> Landscape:
    return replace(answer, heights=grid.shown, levels=grid.levels, lowest=grid.lowest(), is_finest=grid.stride == 1)


def _exactness(ways: Sequence[Way]) -> tuple[str, ...]:
    """Return sentences about ways that are not exact to their end."""
    rough = [way for way in ways if way.exact_to < int(way.iterations[-1])]
    found = []
    for is_too_long in (False, True):
        run_ids = [way.run_id for way in rough if way.is_too_long == is_too_long]
        if run_ids:
            found.append(f"{_runs(run_ids)} through checkpoints{', its repeat takes too long' * is_too_long}")
    return tuple(found)


def _runs(run_ids: Sequence[int]) -> str:
    return f"run{'s' * (len(run_ids) > 1)} {', '.join(map(str, run_ids))}"
