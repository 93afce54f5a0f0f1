"""Losses along planes: over which examples they are, and what computes them in the fastest way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.analysis.heights import Along, LinearLosses, PointLosses
from engine.analysis.planes import WeightPlane
from engine.jobs.inspection.ways import Walker
from engine.spec import CONVNETS

MOST_ELEMENTS = 60_000
"""Scores of linear score functions per point: a picture of 10,000 points takes about two seconds."""

MOST_PRODUCTS = 6_000_000
"""Multiplications of a network per point, about half a millisecond."""

LEAST_ROWS = 64
"""Fewest examples that stand for a split."""


def rows_used(walker: Walker) -> NDArray[np.intp] | None:
    """Return the training examples that heights are computed over: evenly spaced ones, or None for all."""
    objective, optimization = walker.optimization.objective, walker.optimization
    whole = len(objective)
    if not walker.spec.has_data:
        return None
    if objective.linear:
        most = MOST_ELEMENTS // objective.classes
    else:
        image = optimization.dataset.image
        places = image.height * image.width if walker.spec.objective in CONVNETS and image is not None else 1
        most = MOST_PRODUCTS // (objective.size * places)
    most = max(most, LEAST_ROWS)
    return None if most >= whole else np.linspace(0, whole - 1, most).astype(np.intp)


def along_plane(walker: Walker, plane: WeightPlane, rows: NDArray[np.intp] | None) -> Along:
    """Return what computes losses over a plane, in the fastest way that the objective has."""
    objective = walker.optimization.objective
    return (
        LinearLosses(objective, plane, rows)
        if objective.linear
        else PointLosses(objective, plane, rows, objective.dtype)
    )


def examples_of(walker: Walker) -> str:
    """Return which examples losses are over; '' for a function of the weights alone."""
    whole, rows = len(walker.optimization.objective), rows_used(walker)
    if not walker.spec.has_data:
        return ""
    used = f"all {whole:,}" if rows is None else f"{len(rows):,} of {whole:,}"
    return f"loss over {used} training examples"
