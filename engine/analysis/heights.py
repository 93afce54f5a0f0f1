"""Heights: the loss over a window of a plane of weight space, on a grid that becomes finer, and its contour levels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.analysis.planes import WeightPlane
from engine.analysis.surface import LossSurface
from engine.objective.losses import Hinge
from engine.objective.objectives import Objective

Floats = NDArray[np.float64]
Window = tuple[float, float, float, float]
"""The lowest and highest a, the lowest and highest b."""

STRIDES = (8, 4, 2, 1)
"""Steps on the finest grid, from the first level to the last."""

BANDS = 10
CACHED_ELEMENTS = 1 << 17
"""Relative scores of the grid points that are moved at once: what a core's cache holds."""

POINTS_AT_ONCE = 4
DEEPEST_DECADE = 1e-4
"""Lowest level of a logarithmic scale, as a part of the highest."""


class Along(Protocol):
    """The loss over a plane; `most` is the number of points that are computed at once in some milliseconds."""

    most: int

    def losses(self, a: Floats, b: float) -> Floats:
        """Return the total losses (k,) at the points (a, b)."""


class PointLosses:
    """Losses point by point, for any objective. `rows` are the examples that count, None: all."""

    def __init__(self, surface: LossSurface, plane: WeightPlane, rows: NDArray[np.intp] | None, dtype: object) -> None:
        self._surface, self._plane, self._rows, self._dtype = surface, plane, rows, np.dtype(dtype)  # type: ignore[call-overload]
        self.most = POINTS_AT_ONCE

    def losses(self, a: Floats, b: float) -> Floats:
        """Return the total losses (k,) at the points (a, b)."""
        with np.errstate(all="ignore"):
            points = (self._plane.at(one, b).astype(self._dtype) for one in a.tolist())
            return np.array([self._surface.loss(point, self._rows).total for point in points])


class LinearLosses:
    """Losses of linear scores: scores are linear along both directions, so that a point needs no product with X.

    The relative scores of a point are R0 + a R1 + b R2, each (C, n); the regularization loss is a polynomial in (a, b).
    """

    def __init__(self, objective: Objective, plane: WeightPlane, rows: NDArray[np.intp] | None) -> None:
        chosen = np.arange(len(objective)) if rows is None else rows
        vectors = np.stack([plane.origin, plane.first, plane.second])
        y, dtype = objective.split.y[chosen], objective.dtype
        shape = (objective.classes, len(chosen))
        self._parts = [np.empty(shape, dtype) for _ in range(3)]
        W = vectors.reshape(3, objective.classes, -1).astype(dtype)
        stacked = np.zeros((3, objective.classes, objective.examples.columns), dtype)
        stacked[..., : W.shape[2]] = W
        for group in objective.examples.groups(len(chosen)):
            X = objective.examples.gatherer(group.stop - group.start)(chosen[group])
            scores = stacked.reshape(-1, stacked.shape[2]) @ X.T
            for index, part in enumerate(scores.reshape(3, *shape[:1], -1)):
                relative = objective.data_loss.relative(part[:, None].copy(), y[group], constant=index == 0)
                self._parts[index][:, group] = relative[:, 0]
        self._objective, self._n = objective, len(chosen)
        penalty = objective.layout.flat(objective.penalty).astype(np.float64)
        self._squares = 0.5 * (vectors * penalty) @ vectors.T
        self._hinges = isinstance(objective.data_loss, Hinge)
        self.most = max(1, CACHED_ELEMENTS // (shape[0] * shape[1]))

    def losses(self, a: Floats, b: float) -> Floats:
        """Return the total losses (k,) at the points (a, b)."""
        origin, first, second = self._parts
        dtype = self._objective.dtype.type
        with np.errstate(all="ignore"):
            base = origin + dtype(b) * second
            moved = a.astype(dtype)[None, :, None] * first[:, None]
            moved += base[:, None]
            sums = self._objective.data_loss.summed(moved)
            s = self._squares
            regularization = (
                s[0, 0] + a * a * s[1, 1] + b * b * s[2, 2] + 2 * (a * s[0, 1] + b * s[0, 2] + a * b * s[1, 2])
            )
            return np.asarray(sums.astype(np.float64) / self._n + regularization)

    def kinks(self, low: float, high: float) -> Floats:
        """Return where hinge terms change sign along the first direction, ascending; none for another loss."""
        if not self._hinges:
            return np.empty(0)
        origin, first, _ = (part.astype(np.float64) for part in self._parts)
        with np.errstate(all="ignore"):
            found = (-origin / first)[first != 0]
        return np.sort(found[(found >= low) & (found <= high)])


@dataclass(eq=False)
class Grid:
    """Losses over a window on (rows, columns) points that are filled level by level; what is known stays known.

    `values` is (rows, columns), the lowest b first, and NaN where unknown; `stride` is the step of the finest level
    that is complete, 0 before the first.
    """

    along: Along
    window: Window
    rows: int
    columns: int
    values: Floats = field(init=False)
    stride: int = field(init=False, default=0)
    levels: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.rows, self.columns = _rounded(self.rows), _rounded(self.columns)
        self.values = np.full((self.rows, self.columns), np.nan)
        self._known = np.zeros((self.rows, self.columns), dtype=bool)
        self.levels = np.empty(0)
        self._shown: tuple[int, Floats] | None = None
        self._lowest: tuple[float, float, float] | None = None

    @property
    def a(self) -> Floats:
        """The first coordinates (columns,)."""
        return np.linspace(self.window[0], self.window[1], self.columns)

    @property
    def b(self) -> Floats:
        """The second coordinates (rows,), ascending."""
        return np.linspace(self.window[2], self.window[3], self.rows)

    @property
    def shown(self) -> Floats:
        """The losses of the finest complete level, (rows of the level, columns of the level): one array for each."""
        if self._shown is None or self._shown[0] != self.stride:
            step = self.stride or STRIDES[0]
            self._shown = self.stride, self.values[::step, ::step].copy()
        return self._shown[1]

    def fill(self, wanted: Callable[[], bool]) -> Iterator[int]:
        """Compute the missing points; yields the stride after each level, and ends early when it is not wanted."""
        a, b = self.a, self.b
        for stride in (step for step in STRIDES if not self.stride or step < self.stride):
            for row in range(0, self.rows, stride):
                missing = np.flatnonzero(~self._known[row, ::stride]) * stride
                for start in range(0, len(missing), self.along.most):
                    if not wanted():
                        return
                    columns = missing[start : start + self.along.most]
                    self.values[row, columns] = self.along.losses(a[columns], float(b[row]))
                    self._known[row, columns] = True
                    self._lowest = None
            self.stride = stride
            if not len(self.levels):
                self.levels = contour_levels(self.shown)
            yield stride

    def lowest(self) -> tuple[float, float, float] | None:
        """Return (a, b, loss) of the lowest point that is known; None if none is finite."""
        if self._lowest is None and np.isfinite(self.values).any():
            finite = np.where(np.isfinite(self.values), self.values, np.inf)
            row, column = np.unravel_index(int(finite.argmin()), self.values.shape)
            self._lowest = float(self.a[column]), float(self.b[row]), float(self.values[row, column])
        return self._lowest


def _rounded(count: int) -> int:
    """Return the next number of points of which each level has the first and the last."""
    step = STRIDES[0]
    return -(-max(count - 1, 2 * step) // step) * step + 1


def contour_levels(losses: Floats, bands: int = BANDS) -> Floats:
    """Return the losses (bands - 1,) at which one band ends and the next begins, ascending; fewer if they do not vary.

    They are in equal ratios where losses are positive and differ by more than ten times, else at equal shares of the
    points. Each has two digits.
    """
    values = losses[np.isfinite(losses)]
    if not len(values) or values.min() == values.max():
        return np.empty(0)
    high = float(np.quantile(values, 0.98))
    positive = values[values > 0]
    low = max(float(positive.min(initial=np.inf)), high * DEEPEST_DECADE) if len(positive) == len(values) else 0.0
    if 0 < low < np.inf and high / low > 10:
        edges = np.geomspace(low, high, bands + 1)[1:-1]
    else:
        edges = np.quantile(values, np.linspace(0, 1, bands + 1)[1:-1])
    written = np.array([float(f"{edge:.2g}") for edge in edges.tolist()])
    span = float(values.max() - values.min())
    if len(np.unique(written)) < len(written) or (
        np.abs(written - edges).max() > 0.2 * span / bands and high / max(low, 1e-300) < 2
    ):
        written = np.array([float(f"{edge:.4g}") for edge in edges.tolist()])
    return np.unique(written)


def window_of(
    places: Sequence[Floats], marked: Sequence[Sequence[float]] = (), margin: float = 0.2, flattest: float = 0.2
) -> Window:
    """Return a window around places (k, 2): their box, at least `flattest` as wide as it is long, and a margin.

    Places that are not finite, or a hundred times as far out as most, do not count; `marked` points always do.
    """
    points = np.concatenate(places) if places else np.zeros((0, 2))
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return (-1.0, 1.0, -1.0, 1.0)
    with np.errstate(all="ignore"):
        out = np.hypot(*(points - np.median(points, axis=0)).T)
    points = points[out <= 100 * max(float(np.median(out)), 1e-300)] if np.median(out) > 0 else points
    points = np.concatenate([points, np.array(marked, dtype=np.float64).reshape(-1, 2)])
    low, high = points.min(axis=0), points.max(axis=0)
    spans = high - low
    longest = float(spans.max()) or 2.0 * max(float(np.abs(points).max()), 0.5)
    spans = np.maximum(spans, flattest * longest) * (1 + 2 * margin)
    centre = (low + high) / 2
    (left, bottom), (right, top) = centre - spans / 2, centre + spans / 2
    return (float(left), float(right), float(bottom), float(top))


def grown(window: Window, places: Sequence[Floats], step: float = 0.25, most: int = 12) -> Window:
    """Return the window with each side moved out by steps of a part of its span until it holds the places (k, 2)."""
    points = np.concatenate(places) if places else np.zeros((0, 2))
    points = points[np.isfinite(points).all(axis=1)]
    left, right, bottom, top = window
    across, up = (right - left) * step, (top - bottom) * step
    if not len(points):
        return window
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)

    def steps(beyond: float, span: float) -> int:
        return int(min(max(np.ceil(beyond / span), 0), most)) if beyond > 0 else 0

    return (
        left - across * steps(left - x0, across), right + across * steps(x1 - right, across),
        bottom - up * steps(bottom - y0, up), top + up * steps(y1 - top, up),
    )  # fmt: skip
