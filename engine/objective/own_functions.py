"""Functions of your own as objectives: f(W) or f(W, X, y), which return a loss, or a loss and its gradient.

A spec names one as FILE.py:NAME, or by what an installed package calls it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import numpy as np

from engine.datasets import Split
from engine.objective.functions import NO_EXAMPLES, Floats, FunctionObjective, fitting, total
from engine.objective.passes import Rows
from engine.own_code.loading import allow, load, pinned, unfit
from engine.spec import GROUPS, NO_DATA, OBJECTIVES, TEST_FUNCTIONS, RunSpec, SpecError

T = TypeVar("T")

H = 1e-6
"""Half the distance of the centred differences that stand in for a gradient, as a share of weights beyond 1."""

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def takes_examples(function: Any) -> bool:
    """Return whether a function takes examples: f(W, X, y), not f(W). Raises ValueError for anything else."""
    if not callable(function):
        raise ValueError(f"it is no function but {type(function).__name__}")
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise ValueError("its parameters cannot be told; write def f(W) or def f(W, X, y)") from None
    needed = [one for one in parameters if one.kind in POSITIONAL and one.default is one.empty]
    if len(needed) not in (1, 3):
        raise ValueError(f"it takes {len(needed)} arguments; write def f(W), or def f(W, X, y) with examples")
    return len(needed) == 3


def own_objective(function: Any, split: Split | None = None) -> FunctionObjective:
    """Make the objective of a function, on a split if it takes examples.

    Its attribute `start` holds the first weights (size,), or `size` their number; either may be a function, of X and y
    if there are examples. X is (n, D) float32 with the bias in its last column, y (n,) the classes; W (size,) is
    float64 and read-only. If no gradient comes back, centred differences stand in: two losses for each weight.
    Raises ValueError for a function of other parameters, or without a start and a size.
    """
    if takes_examples(function) != (split is not None):
        needs = "needs examples: give a data set" if split is None else "takes no examples: give the data set none"
        raise ValueError(f"the function {needs}")
    examples = _examples(split)
    size, start = _size_and_start(function, examples(None))

    def value(weights: Floats, rows: Rows) -> float:
        found = function(weights, *examples(rows))
        return total(found[0] if type(found) is tuple and len(found) == 2 else found)

    def finish(found: Any, weights: Floats, chosen: tuple[Any, ...], gradient: Floats) -> float:
        if type(found) is not tuple:
            loss = total(found)
            _differences(lambda point: total(function(point, *chosen)), weights, gradient)
            return loss
        if len(found) != 2:
            raise ValueError(f"{len(found)} values came back; return the loss, or the loss and its gradient")
        gradient[:] = fitting(found[1], size)
        return total(found[0])

    def value_and_slope(weights: Floats, rows: Rows, gradient: Floats) -> float:
        chosen = examples(rows)
        return finish(function(weights, *chosen), weights, chosen, gradient)

    def value_and_slope_alone(weights: Floats, rows: Rows, gradient: Floats) -> float:
        return finish(function(weights), weights, (), gradient)

    def has_gradient(weights: Floats) -> bool:
        one = () if split is None else examples(np.zeros(1, np.intp))
        seen = weights.astype(np.float64)
        seen.flags.writeable = False
        return type(function(seen, *one)) is tuple

    if split is None:
        return FunctionObjective(value, value_and_slope_alone, size, start, NO_EXAMPLES, has_gradient)
    return FunctionObjective(value, value_and_slope, size, start, split, has_gradient)


def _examples(split: Split | None) -> Callable[[Rows], tuple[Any, ...]]:
    """Return a function of rows to the arguments after the weights; those of all rows are gathered once."""
    if split is None:
        return lambda rows: ()
    whole: list[tuple[Any, ...]] = []

    def chosen(rows: Rows) -> tuple[Any, ...]:
        if rows is not None:
            return split.batch(rows), split.y[rows]
        if not whole:
            whole.append((split.batch(slice(None)), split.y))
        return whole[0]

    return chosen


def _size_and_start(function: Any, examples: tuple[Any, ...]) -> tuple[int, Floats | None]:
    start, size = getattr(function, "start", None), getattr(function, "size", None)
    start = start(*examples) if callable(start) else start
    if start is not None:
        first = np.array(start, dtype=np.float64)
        if first.ndim != 1 or not len(first) or not np.isfinite(first).all():
            raise ValueError(f"its start has shape {first.shape}; it must be finite numbers in one row")
        return len(first), first
    size = size(*examples) if callable(size) else size
    if not isinstance(size, (int, np.integer)) or size < 1:
        raise ValueError("it says nothing of its weights: set f.start = [...] or f.size = 10 beside it")
    return int(size), None


def _differences(value: Callable[[Floats], float], weights: Floats, gradient: Floats) -> None:
    """Write centred differences into the gradient. Source: CS231n, optimization, "computing the gradient"."""
    point = weights.copy()
    for place, weight in enumerate(weights.tolist()):
        h = H * max(1.0, abs(weight))
        point[place] = above = weight + h
        rise = value(point)
        point[place] = below = weight - h
        gradient[place] = (rise - value(point)) / (above - below)
        point[place] = weight


def named_here(spec: RunSpec, fields: Collection[str] = tuple(GROUPS)) -> RunSpec:
    """Return a spec with the SHA-256 of each file that its user has just named in `fields`, whose yes is noted.

    A function of the weights alone gets the data set none. Raises SpecError for what cannot be loaded.
    """
    spec = pinned(spec, fields)
    allow(spec, fields)
    if is_own_objective(spec) and "objective" in fields:
        function = load(spec, "objective")
        if not _fits(spec, lambda: takes_examples(function)):
            spec = spec.changed(dataset=NO_DATA, batch_size=None)
    return spec


def is_own_objective(spec: RunSpec) -> bool:
    """Return whether a spec names an objective of its user's."""
    return spec.objective not in OBJECTIVES and spec.objective not in TEST_FUNCTIONS


def objective_of(spec: RunSpec, split: Split | None) -> FunctionObjective:
    """Return the objective that a spec names, on a split if it takes examples. Raises SpecError if it does not fit."""
    function = load(spec, "objective")
    return _fits(spec, lambda: own_objective(function, split))


def _fits(spec: RunSpec, make: Callable[[], T]) -> T:
    try:
        return make()
    except SpecError:
        raise
    except ValueError as error:
        raise unfit(spec, "objective", str(error)) from error
