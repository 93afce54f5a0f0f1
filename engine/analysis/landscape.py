"""Landscapes: the loss along a line and over a plane of weight space.

Sources: CS231n, optimization ("visualizing the loss function"); H. Li et al., Visualizing
the Loss Landscape of Neural Nets, 2018, for directions scaled filter by filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.analysis.surface import Array, LossSurface, Rows

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LossLine:
    """The loss at W + a d: `positions` a, `loss` and `data_loss` all of shape (k,). Inf and NaN are data."""

    positions: Floats
    loss: Floats
    data_loss: Floats


@dataclass(frozen=True, slots=True)
class Plane:
    """The loss at W + a d1 + b d2: `first` a (m,), `second` b (n,), `loss` and `data_loss` (n, m), a row for each b."""

    first: Floats
    second: Floats
    loss: Floats
    data_loss: Floats


def line(surface: LossSurface, weights: Array, direction: Array, positions: ArrayLike, rows: Rows = None) -> LossLine:
    """Return the loss at weights + a * direction for each a of `positions`.

    Raises ValueError for shapes that do not fit or positions that are not finite.
    """
    check_fits(surface, weights=weights, direction=direction)
    a = finite_positions(positions)
    losses = _losses(surface, (_moved(weights, (x, direction)) for x in a.tolist()), len(a), rows)
    return LossLine(a, losses[0], losses[1])


def plane(
    surface: LossSurface,
    weights: Array,
    first_direction: Array,
    second_direction: Array,
    first: ArrayLike,
    second: ArrayLike,
    rows: Rows = None,
) -> Plane:
    """Return the loss at weights + a * first_direction + b * second_direction for each a in `first`, b in `second`.

    Raises ValueError for shapes that do not fit or positions that are not finite.
    """
    check_fits(surface, weights=weights, first_direction=first_direction, second_direction=second_direction)
    a, b = finite_positions(first), finite_positions(second)
    points = (_moved(weights, (x, first_direction), (y, second_direction)) for y in b.tolist() for x in a.tolist())
    losses = _losses(surface, points, len(a) * len(b), rows).reshape(2, len(b), len(a))
    return Plane(a, b, losses[0], losses[1])


def gradient_direction(surface: LossSurface, weights: Array, rows: Rows = None) -> Array:
    """Return the negative gradient (size,) as a unit vector. Raises ValueError if its norm is zero or not finite."""
    check_fits(surface, weights=weights)
    gradient = surface.loss_and_gradient(weights, rows)[1]
    norm = float(np.linalg.norm(gradient.astype(np.float64)))
    if not 0 < norm < np.inf:
        raise ValueError(f"the gradient here has the norm {norm:g}: it gives no direction")
    return np.asarray(-gradient / gradient.dtype.type(norm))


def random_direction(
    surface: LossSurface, weights: Array, generator: np.random.Generator, filters: Sequence[slice] | None = None
) -> Array:
    """Draw a normal direction (size,): of unit norm, or scaled filter by filter if `filters` are given.

    Source: Li et al. 2018 (see `scaled`). Raises ValueError for weights that do not fit.
    """
    check_fits(surface, weights=weights)
    direction = generator.standard_normal(surface.size)
    direction = direction / np.linalg.norm(direction) if filters is None else scaled(direction, weights, filters)
    return np.asarray(direction.astype(weights.dtype))


def axis(surface: LossSurface, index: int) -> Array:
    """Return the unit vector (size,) of one weight. Raises ValueError for an index out of range."""
    if not 0 <= index < surface.size:
        raise ValueError(f"there is no weight {index}; this objective has {surface.size}, counted from 0")
    direction = np.zeros(surface.size)
    direction[index] = 1.0
    return direction


def filters(shapes: Sequence[tuple[int, int]], biased: Sequence[int]) -> list[slice]:
    """Return the slice of each unit's incoming weights in flat weights made of (rows, columns) matrices, row-major.

    Each row belongs to one unit; as many last columns as `biased` counts are left out.
    """
    parts, start = [], 0
    for (rows, columns), bias in zip(shapes, biased, strict=True):
        parts += [slice(start + r * columns, start + (r + 1) * columns - bias) for r in range(rows)]
        start += rows * columns
    return parts


def scaled(direction: Array, weights: Array, filters: Sequence[slice]) -> Array:
    """Return the direction with each filter scaled to the norm of the weights there, and 0 outside the filters.

    A filter is the slice of one unit's incoming weights, without its bias. The landscape then does not change if one
    layer is scaled up and the next one down. Source: Li et al. 2018.
    """
    result = np.zeros(direction.shape, dtype=np.float64)
    for part in filters:
        norm = np.linalg.norm(direction[part])
        if norm > 0:
            result[part] = direction[part] * (np.linalg.norm(weights[part]) / norm)
    return result


def orthogonal(direction: Array, other: Array) -> Array:
    """Return the part of a direction orthogonal to another, scaled to the direction's norm.

    Raises ValueError if the two directions are parallel.
    """
    projection = float(direction @ other) / float(other @ other) if other.any() else 0.0
    rest = direction - projection * other
    norm = float(np.linalg.norm(rest))
    if norm <= 1e-6 * float(np.linalg.norm(direction)):
        raise ValueError("the two directions are one: they span no plane")
    return np.asarray((rest * (float(np.linalg.norm(direction)) / norm)).astype(direction.dtype))


def _losses(surface: LossSurface, points: Any, count: int, rows: Rows) -> Floats:
    """Return the total and the data loss at each point, shape (2, count)."""
    losses = np.empty((2, count))
    with np.errstate(over="ignore", invalid="ignore"):
        for i, point in enumerate(points):
            found = surface.loss(point, rows)
            losses[:, i] = found.total, found.data_loss
    return losses


def _moved(weights: Array, *moves: tuple[float, Array]) -> Array:
    """Return the weights moved along each direction, in their dtype."""
    point = weights.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        for amount, direction in moves:
            point += amount * direction
        return np.asarray(point.astype(weights.dtype))


def finite_positions(values: ArrayLike) -> Floats:
    """Return positions as float64 (k,). Raises ValueError for none, or one that is not finite."""
    positions = np.asarray(values, dtype=np.float64)
    if positions.ndim != 1 or not len(positions) or not np.isfinite(positions).all():
        raise ValueError(f"expected one or more finite positions in a row, not an array of shape {positions.shape}")
    return positions


def check_fits(surface: LossSurface, **vectors: Array) -> None:
    """Raise ValueError, naming the vector, for one without the shape (size,)."""
    for name, vector in vectors.items():
        if vector.shape != (surface.size,):
            raise ValueError(f"{name} of shape {vector.shape} does not fit; this objective has ({surface.size},)")
