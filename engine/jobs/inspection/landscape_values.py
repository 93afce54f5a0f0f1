"""Landscape values: what is asked about the loss over a plane, and what is answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.heights import Window

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: `until` maps runs to iterations, the first one first.

    `view` counts through the planes. `columns` x `rows` are the points of the finest grid; `window` is the part of the
    plane, None: where the ways lie. At `cursor` (a, b) the loss and its gradient are wanted.
    """

    until: tuple[tuple[int, int], ...]
    view: int
    columns: int
    rows: int
    window: Window | None = None
    cursor: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DrawnWay:
    """A way in a plane: `places` (k, 2) after `iterations` (k,), tried `tries` (m, 2), `accepted` (m,) or not."""

    run_id: int
    iterations: NDArray[np.int64]
    places: Floats
    tries: Floats
    accepted: NDArray[np.bool_]
    is_search: bool


@dataclass(frozen=True, slots=True)
class Pointed:
    """The loss at a place (a, b), and the negative gradient in the plane; `share` is its part of the gradient's norm.

    `run_id` and `iteration` are of the nearest point of a way in the plane, which a fork can start from.
    """

    place: tuple[float, float]
    loss: float
    slope: tuple[float, float]
    share: float
    run_id: int
    iteration: int


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """The loss along the line through two points of weight space: at `positions` (k,), 0 the first and 1 the second.

    `kinks` are the positions at which hinge terms change sign, exact for linear scores.
    """

    positions: Floats
    loss: Floats
    ends: tuple[str, str]
    kinks: Floats
    run_id: int


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """Losses `heights` over a `window` of a plane, the lowest b first, with the ways of runs on it.

    `plane` says what the plane is, `share` how much of the ways' variance lies in it (NaN: all, it is the space).
    `axes` names both directions. `remarks` are sentences about what is left out or not exact.
    """

    plane: str
    view: int
    views: int
    share: float
    axes: tuple[str, str]
    window: Window
    heights: Floats
    levels: Floats
    ways: tuple[DrawnWay, ...]
    lowest: tuple[float, float, float] | None
    examples: str
    remarks: tuple[str, ...]
    is_finest: bool
    pointed: Pointed | None = None
    section: Section | None = None
