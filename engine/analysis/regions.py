"""Regions: which class has the highest score over a plane of examples, and where the examples lie on it.

Sources: CS231n, linear classification (regions of a linear classifier) and the neural networks case study (those of a
net on the spiral); K. Pearson, On Lines and Planes of Closest Fit, 1901, for principal axes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.heights import Window
from engine.analysis.planes import WeightPlane, principal
from engine.datasets import Rows, Split
from engine.objective.layout import Array
from engine.objective.objectives import Objective

Floats = NDArray[np.float64]
Classes = NDArray[np.int16]
Numbers = NDArray[np.intp]

NOBODY = -1
"""The class where not all scores are finite."""

CHUNK = 512
"""Examples of one forward pass: the hidden units of a small net then stay in cache."""

MARGIN = 0.06
"""Room around the examples, relative to their extent."""

NUMBERS = 4_000_000
"""Features of the examples from which principal axes are computed, at most: about a second."""

Part = tuple[float, float, float, float]
"""A part of a window in shares of it: left, right, bottom, top."""


@dataclass(frozen=True, slots=True, eq=False)
class DataPlane:
    """A plane of examples, whose places (a, b) are in a `window` around those of the train split.

    Of two features it is the plane of both, in the units of the data; one feature lies along a, the classes along b.
    Of more it is the plane through the mean along the two `principal` axes of the features that the run learns from,
    of `axes_from` examples; `shares` of their variance lie along these. `split` is the train split.
    """

    split: Split
    axes: tuple[str, str]
    window: Window
    principal: WeightPlane | None = None
    shares: tuple[float, float] = (1.0, 0.0)
    axes_from: int = 0

    @property
    def features(self) -> int:
        """The number of features, the bias not counted."""
        return self.split.dimensions - self.split.bias

    def places(self, split: Split, rows: Rows) -> Floats:
        """Return where examples of a split lie: in the plane, or their projections onto it, (k, 2)."""
        return _places(split, rows, self.principal)

    def examples(self, places: Floats) -> Array:
        """Return the examples (k, D) at places (k, 2), as the run's objective takes them."""
        if self.principal is None:
            return self.split.like(places[:, : self.features]).X
        across, up = self.principal.first, self.principal.second
        found = np.ones((len(places), self.split.dimensions), np.float32)
        found[:, : self.features] = self.principal.origin + places[:, :1] * across + places[:, 1:] * up
        return found

    def chunks(self, window: Window, columns: int, rows: int, numbers: Numbers | None = None) -> Iterator[Array]:
        """Yield the examples at the centres of a grid over a window, CHUNK at a time, the highest b first.

        `numbers` (k,) are those of the dots that are wanted, counted row by row; None: all.
        """
        left, right, bottom, top = window
        a = left + (np.arange(columns) + 0.5) / columns * (right - left)
        b = top - (np.arange(rows) + 0.5) / rows * (top - bottom)
        wanted = np.arange(rows * columns) if numbers is None else numbers
        for start in range(0, len(wanted), CHUNK):
            number = wanted[start : start + CHUNK]
            yield self.examples(np.stack([a[number % columns], b[number // columns]], axis=1))


def plane_of(train: Split, names: Sequence[str] = ()) -> DataPlane:
    """Return the plane in which a train split is looked at; `names` are those of its features, if they have any.

    Raises ValueError for more than two features that do not vary.
    """
    features = train.dimensions - train.bias
    axes = (*names,) if len(names) == features else tuple(f"x{number}" for number in range(1, features + 1))
    if features <= 2:
        places = _places(train, slice(None), None)
        return DataPlane(train, (axes[0], axes[1] if features == 2 else "class"), _around(places))
    rows = np.unique(np.linspace(0, len(train) - 1, max(2, min(len(train), NUMBERS // features))).astype(np.intp))
    cloud = train.batch(rows)[:, :features]
    try:
        plane = principal(cloud)
    except ValueError:
        raise ValueError("the features do not vary: they have no principal axes") from None
    places = plane.places(cloud)
    whole = float(np.square(cloud - plane.origin).sum())
    along = np.square(places).sum(axis=0) / whole
    shares = min(float(along[0]), 1.0), min(float(along[1]), 1.0)
    return DataPlane(train, ("axis 1", "axis 2"), _around(places), plane, shares, len(rows))


def _places(split: Split, rows: Rows, plane: WeightPlane | None) -> Floats:
    if plane is not None:
        return plane.places(split.batch(rows)[:, : split.dimensions - split.bias])
    given = split.given(rows).astype(np.float64)
    return given if given.shape[1] == 2 else np.column_stack([given, split.y[rows]])


def _around(places: Floats) -> Window:
    """The window around places (k, 2), with a margin; a feature that does not vary gets a width of 1."""
    low, high = places.min(axis=0), places.max(axis=0)
    extent = np.where(high > low, high - low, 1.0)
    low, high = low - MARGIN * extent, high + MARGIN * extent
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def part_of(window: Window, part: Part) -> Window:
    """Return the part of a window."""
    left, right, bottom, top = window
    wide, high = right - left, top - bottom
    return left + part[0] * wide, left + part[1] * wide, bottom + part[2] * high, bottom + part[3] * high


def winners(scores: Array) -> Classes:
    """Return the class (n,) with the highest of the scores (n, C), the first of equals; NOBODY if one is not finite."""
    found: Classes = scores.argmax(axis=1).astype(np.int16)
    if not np.isfinite(scores).all():
        found[~np.isfinite(scores).all(axis=1)] = NOBODY
    return found


def winning(
    objective: Objective, weights: Array, chunks: Iterable[Array], wanted: Callable[[], bool] = lambda: True
) -> Classes | None:
    """Return the winners over chunks of examples (n, D), one after the other; None when they are not wanted any more.

    Raises ValueError for weights or examples that do not fit the objective.
    """
    found = []
    for scores in objective.scores_of(weights, chunks):
        if not wanted():
            return None
        found.append(winners(scores))
    return np.concatenate(found)


def refined(
    objective: Objective,
    weights: Array,
    plane: DataPlane,
    window: Window,
    grid: Classes,
    wanted: Callable[[], bool] = lambda: True,
) -> Classes | None:
    """Return a grid (m, n) of winners over a window with twice as many rows and columns; None when it is not wanted.

    Scores are computed where a dot has a neighbour of another class; elsewhere all four new dots are of its class.
    """
    edge = np.zeros(grid.shape, dtype=bool)
    padded = np.pad(grid, 1, mode="edge")
    for down in range(3):
        for across in range(3):
            edge |= padded[down : down + grid.shape[0], across : across + grid.shape[1]] != grid
    fine: Classes = grid.repeat(2, axis=0).repeat(2, axis=1)
    numbers = np.flatnonzero(edge.repeat(2, axis=0).repeat(2, axis=1))
    if len(numbers):
        rows, columns = fine.shape
        found = winning(objective, weights, plane.chunks(window, columns, rows, numbers), wanted)
        if found is None:
            return None
        fine.ravel()[numbers] = found
    return fine
