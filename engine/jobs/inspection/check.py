"""Gradient check of a run's weights: the analytic gradient beside the numerical one, in parts."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from engine.analysis import gradient
from engine.analysis.gradient import Floats, GradientCheck, check_gradient, numerical_gradient, relative_errors
from engine.jobs.inspection.weights import GivenUp, states
from engine.objective.layout import Array, Layout
from engine.objective.objectives import Loss, Objective, Rows
from engine.spec import CONVNETS
from engine.store import Refused
from engine.strategy import streams
from engine.strategy.optimize import exact_objective

COORDINATES, COORDINATES_OF_CONVNETS = 1000, 200
"""Most weights that are checked, and fewer where a loss takes long."""

MOST_EXAMPLES, LEAST_EXAMPLES, NUMBERS = 1000, 20, 200_000
"""Examples of each loss: so many that they have about NUMBERS features together."""

SMALLEST_H, LARGEST_H = 1e-10, 0.1

AT_ONCE = 8
"""Weights between two looks at the clock."""

SHOW_S = 0.2
"""Seconds between two answers."""


@dataclass(frozen=True, slots=True, eq=False)
class RunCheck:
    """The weights that were checked so far, of `of` ones that are to be, at a run's weights after `iteration`.

    `coordinates`, `analytic` and `numerical` have shape (k,); `result` comes with the last of them. `losses` and
    `numerical_s` are what the numerical gradient of these weights took, `analytic_s` what the whole analytic one did.
    `examples` of `of_examples` are used, both 0 for a function without.
    """

    run_id: int
    iteration: int
    is_exact: bool
    h: float
    one_sided: bool
    layout: Layout
    examples: int
    of_examples: int
    of: int
    coordinates: NDArray[np.intp]
    analytic: Floats
    numerical: Floats
    losses: int
    numerical_s: float
    analytic_s: float
    result: GradientCheck | None = None

    @property
    def errors(self) -> Floats:
        """The relative error of each of the coordinates (k,)."""
        return relative_errors(self.analytic, self.numerical)


@dataclass(frozen=True, slots=True)
class _Watched:
    """An objective whose losses end with GivenUp as soon as nobody wants them."""

    objective: Objective
    wanted: Callable[[], bool]

    @property
    def size(self) -> int:
        return self.objective.size

    def loss(self, weights: Array, rows: Rows = None) -> Loss:
        if not self.wanted():
            raise GivenUp
        return self.objective.loss(weights, rows)

    def loss_and_gradient(self, weights: Array, rows: Rows = None) -> tuple[Loss, Array]:
        return self.objective.loss_and_gradient(weights, rows)


def run_check(
    path: str | PathLike[str],
    wanted: Callable[[], bool],
    run_id: int,
    iteration: int | None,
    magnitude: int = 0,
    one_sided: bool = False,
) -> Iterator[RunCheck]:
    """Yield the gradient check of a run's weights after an iteration, each answer with more weights, the last with all.

    h is the usual one times ten to the power of `magnitude`. Losses are in float64, without dropout, over examples and
    at weights that are drawn from the run's seed. Raises as `states` does, and Refused for weights that are not finite
    or so large that h is lost in them.
    """
    *_, at = states(path, wanted, run_id, iteration)
    if not wanted():
        return
    spec = at.optimization.spec
    objective = exact_objective(spec)
    point = at.weights.astype(np.float64)
    if not np.isfinite(point).all():
        raise Refused(f"Some weights of run {run_id} are infinite or not numbers: there is no gradient to check.")
    most = max(LEAST_EXAMPLES, min(MOST_EXAMPLES, NUMBERS // max(objective.split.dimensions, 1)))
    rows = streams.drawn(spec.seed, "examples", most, len(objective)) if spec.has_data else None
    used = rows if rows is not None else slice(None)
    usual = gradient.usual_h(objective.split.batch(used)) if spec.has_data else gradient.H
    h = min(max(float(f"1e{round(math.log10(usual)) + magnitude}"), SMALLEST_H), LARGEST_H)
    if not ((point + h / 100) - point > 0).all():
        is_hopeless = not ((point + LARGEST_H / 100) - point > 0).all()
        raise Refused(
            f"h = {h:g} is too small for weights up to {np.abs(point).max():.3g}: "
            + ("and so is every other." if is_hopeless else "take a larger one.")
        )
    count = COORDINATES_OF_CONVNETS if spec.objective in CONVNETS else COORDINATES
    drawn = streams.drawn(spec.seed, "coordinates", count, objective.size)
    coordinates = np.arange(objective.size) if drawn is None else drawn
    started = time.perf_counter()
    _, analytic = objective.loss_and_gradient(point, rows)
    found = RunCheck(
        run_id=run_id,
        iteration=at.iteration,
        is_exact=at.is_exact,
        h=h,
        one_sided=one_sided,
        layout=objective.layout,
        examples=0 if not spec.has_data else len(objective) if rows is None else len(rows),
        of_examples=len(objective) if spec.has_data else 0,
        of=len(coordinates),
        coordinates=coordinates[:0],
        analytic=np.empty(0),
        numerical=np.empty(0),
        losses=0,
        numerical_s=0.0,
        analytic_s=time.perf_counter() - started,
    )
    try:
        yield from _checked(found, _Watched(objective, wanted), point, rows, coordinates, analytic[coordinates])
    except GivenUp:
        return


def _checked(
    found: RunCheck,
    surface: _Watched,
    point: Floats,
    rows: NDArray[np.intp] | None,
    coordinates: NDArray[np.intp],
    analytic: Floats,
) -> Iterator[RunCheck]:
    """The check with more and more coordinates; raises GivenUp."""
    numerical, h, one_sided = np.empty(len(coordinates)), found.h, found.one_sided

    def differences(h: float, chosen: NDArray[np.intp]) -> Floats:
        """The numerical gradient that is there already, and with another h a new one."""
        if h == found.h and len(chosen) == len(coordinates):
            return numerical
        return numerical_gradient(surface, point, h, rows, chosen, one_sided)

    shown = time.perf_counter()
    for start in range(0, len(coordinates), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        started = time.perf_counter()
        numerical[part] = numerical_gradient(surface, point, h, rows, coordinates[part], one_sided)
        now, done = time.perf_counter(), min(start + AT_ONCE, len(coordinates))
        found = replace(
            found,
            coordinates=coordinates[:done],
            analytic=analytic[:done],
            numerical=numerical[:done].copy(),
            losses=done + 1 if one_sided else 2 * done,
            numerical_s=found.numerical_s + now - started,
        )
        if now - shown > SHOW_S:
            shown = now
            yield found
    result = check_gradient(surface, point, h, rows, coordinates, differences, one_sided=one_sided)
    yield replace(found, result=result)
