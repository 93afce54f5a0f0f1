"""Planes of ways: which planes of weight space lead through the ways of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.heights import Window, window_of
from engine.analysis.planes import WeightPlane, principal, spanned
from engine.analysis.surface import Array
from engine.jobs.inspection.ways import Way

CLOUD = 48
"""Points of a way that decide about a plane."""

MARGIN, GROWING_MARGIN = 0.2, 0.35
"""Room around ways, and around those that grow: with less, the window would change as often as the plane does."""

SPACE, AXES, ENDS, PRINCIPAL, RANDOM, LINE = "space", "axes", "ends", "principal", "random", "line"

BEYOND = 0.25
"""How far a line goes on beyond both of its points, as a part of their distance."""


def views_of(way: Way) -> tuple[str, ...]:
    """Return the planes and the line that weights of this number have, the first to be shown first."""
    size = way.weights.shape[1]
    if size == 1:
        return (LINE,)
    if size == 2:
        return (SPACE, LINE)
    if size == 3:
        return (AXES, ENDS, PRINCIPAL, LINE)
    return (ENDS, PRINCIPAL, RANDOM, LINE)


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A plane with its name, its window and the directions' names; `share` of the variance of the ways lies in it."""

    plane: WeightPlane
    name: str
    axes: tuple[str, str]
    window: Window
    is_space: bool = False
    share: float = float("nan")


def along_ways(view: str, ways: Sequence[Way], margin: float) -> Laid:
    """Return the plane through starts and ends, or of the principal directions. Raises ValueError without any.

    `margin` is the room around the ways as a part of their extent.
    """
    moved = (way for way in ways if (way.weights[0] != way.weights[-1]).any())
    one = next(moved, ways[0])  # the first one may still wait for its first iteration
    if view == PRINCIPAL:
        plane = principal(cloud(ways, len(ways)))
        name, named = "the ways' two principal directions", ("first", "second")
    elif len(ways) == 1:
        plane = spanned(one.weights[0], one.weights[-1], cloud(ways, 1))
        name = f"start and end of run {one.run_id}, and where its way spreads most beside"
        named = ("start to end", "beside")
    else:
        ends = np.stack([way.weights[place] for way in ways for place in (0, -1)])
        plane = spanned(one.weights[0], one.weights[-1], ends)
        name, named = "starts and ends of the runs", (f"start to end of run {one.run_id}", "beside")
    return Laid(plane, name, named, window_of([plane.places(way.weights) for way in ways], margin=margin))


def cloud(ways: Sequence[Way], count: int) -> Array:
    """Return points of all ways (k, size), evenly spaced along each."""
    most = max(2, 4 * CLOUD // max(count, 1)) if count > 4 else CLOUD
    return np.concatenate([way.weights[_evenly(len(way.weights), most)] for way in ways])


def _evenly(count: int, most: int) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.intp))
