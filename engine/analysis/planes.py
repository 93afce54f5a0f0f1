"""Planes: two directions of weight space along which runs went, and how much of their ways lies in them.

Sources: H. Li et al., Visualizing the Loss Landscape of Neural Nets, 2018, for principal directions of ways and for
random directions scaled filter by filter; CS231n, optimization, "visualizing the loss function".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.landscape import orthogonal, scaled
from engine.analysis.surface import Array

Floats = NDArray[np.float64]

FLAT = 1e-9
"""Spread beside a direction, relative to the spread along it, that is rounding and no direction."""

AT_ONCE = 64
"""Weight vectors that are converted to float64 at once."""


@dataclass(frozen=True, slots=True, eq=False)
class WeightPlane:
    """The points origin + a first + b second; `first` and `second` (size,) are of norm 1 and orthogonal, in float64."""

    origin: Floats
    first: Floats
    second: Floats

    def at(self, a: float, b: float) -> Floats:
        """Return the weights (size,) of a point."""
        return self.origin + a * self.first + b * self.second

    def places(self, weights: Array) -> Floats:
        """Return where weights (k, size) lie: the nearest points of the plane, as (a, b) (k, 2)."""
        found = np.empty((len(weights), 2))
        with np.errstate(all="ignore"):
            for start in range(0, len(weights), AT_ONCE):
                part = weights[start : start + AT_ONCE].astype(np.float64) - self.origin
                found[start : start + AT_ONCE, 0] = part @ self.first
                found[start : start + AT_ONCE, 1] = part @ self.second
        return found

    def share(self, weights: Array) -> float:
        """Return how much of the variance of weights (k, size) lies in the plane, 0 to 1; NaN if they do not vary."""
        kept = finite(weights)
        if len(kept) < 2:
            return float("nan")
        centred = kept - kept.mean(axis=0)
        whole = float((centred * centred).sum())
        seen = float(((centred @ self.first) ** 2 + (centred @ self.second) ** 2).sum())
        return min(seen / whole, 1.0) if whole > 0 else float("nan")


def finite(weights: Array) -> Floats:
    """Return those of the weight vectors (k, size) that are finite, in float64."""
    return weights[np.isfinite(weights).all(axis=1)].astype(np.float64)


def axes(origin: Array, first: int = 0, second: int = 1) -> WeightPlane:
    """Return the plane of two single weights, with the others as they are in `origin`, whose two become 0."""
    if not 0 <= first < len(origin) or not 0 <= second < len(origin) or first == second:
        raise ValueError(f"weights {first} and {second} of {len(origin)} span no plane")
    along = np.eye(len(origin))[[first, second]]
    return WeightPlane(origin.astype(np.float64) * (1 - along.sum(axis=0)), along[0], along[1])


def spanned(origin: Array, end: Array, cloud: Array) -> WeightPlane:
    """Return the plane through two points that holds most of the rest of the spread of a cloud (k, size).

    Without any spread beside the line through both, the second direction is a fixed random one. Raises ValueError if
    the points are one or not finite.
    """
    start = origin.astype(np.float64)
    first = _unit(end.astype(np.float64) - start, "the two points are one")
    rest = finite(cloud) - start
    scale = float(np.abs(rest).max(initial=0.0))
    rest = rest - np.outer(rest @ first, first)
    directions, sizes = _leading(rest, 1)
    if not len(sizes) or sizes[0] <= FLAT * max(scale, 1e-300):
        return WeightPlane(start, first, _random_beside(first))
    return WeightPlane(start, first, _facing(_beside(directions[0], first), rest))


def principal(cloud: Array) -> WeightPlane:
    """Return the plane of the two directions of largest variance of a cloud (k, size), through its mean.

    Raises ValueError for a cloud that does not vary.
    """
    kept = finite(cloud)
    if len(kept) < 2:
        raise ValueError("there are no two places to find a direction in")
    centre = kept.mean(axis=0)
    rest = kept - centre
    directions, sizes = _leading(rest, 2)
    if not len(sizes) or sizes[0] <= 0:
        raise ValueError("the weights have not changed yet: they give no direction")
    first = _facing(_unit(directions[0], "no direction"), rest[-1:])
    if len(sizes) < 2 or sizes[1] <= FLAT * sizes[0]:
        return WeightPlane(centre, first, _random_beside(first))
    return WeightPlane(centre, first, _facing(_beside(directions[1], first), rest[-1:]))


def random_plane(centre: Array, filters: Sequence[slice], seed: int = 0) -> tuple[WeightPlane, tuple[float, float]]:
    """Return a plane of two random directions, scaled filter by filter, and the norms of both.

    Raises ValueError where the filters are all zero, which gives no scale.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    point = centre.astype(np.float64)
    first, second = (scaled(generator.standard_normal(len(point)), point, filters) for _ in range(2))
    if not first.any():
        raise ValueError("all weights are zero here: they give random directions no scale")
    second = orthogonal(second, first)
    norms = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    return WeightPlane(point, first / norms[0], _beside(second / norms[1], first / norms[0])), norms


def _leading(rows: Floats, count: int) -> tuple[list[Floats], list[float]]:
    """Return the leading right singular vectors of rows (k, size) and their singular values, from the smaller product.

    Values are relative to a scaling that cannot overflow.
    """
    largest = float(np.abs(rows).max(initial=0.0))
    if not len(rows) or not largest:
        return [], []
    scaled_rows = rows / largest
    if rows.shape[1] <= rows.shape[0]:
        values, vectors = np.linalg.eigh(scaled_rows.T @ scaled_rows)
        found = [vectors[:, -1 - place] for place in range(min(count, len(values)))]
    else:
        values, vectors = np.linalg.eigh(scaled_rows @ scaled_rows.T)
        found = [scaled_rows.T @ vectors[:, -1 - place] for place in range(min(count, len(values)))]
    return found, [float(np.sqrt(max(value, 0.0)) * largest) for value in values[::-1][:count]]


def _unit(direction: Floats, trouble: str) -> Floats:
    largest = float(np.abs(direction).max(initial=0.0))
    if not 0 < largest < np.inf:
        raise ValueError(f"{trouble}: they give no direction" if largest == 0 else "the weights are not finite")
    direction = direction / largest
    return np.asarray(direction / np.linalg.norm(direction))


def _beside(direction: Floats, first: Floats) -> Floats:
    """Return the part of a direction orthogonal to another of norm 1, with norm 1."""
    direction = _unit(direction, "no direction")
    return _unit(direction - (direction @ first) * first, "both directions are one")


def _random_beside(first: Floats) -> Floats:
    drawn = np.random.Generator(np.random.PCG64(0)).standard_normal(len(first))
    return _beside(drawn, first)


def _facing(direction: Floats, rows: Floats) -> Floats:
    """Return a direction with the sign in which most of the rows lie, so that a picture does not flip."""
    return direction if float((rows @ direction).sum()) >= 0 else -direction
