"""Templates: the first layer's weights, one row per class or hidden unit, as images if features are pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.datasets import shape_of
from engine.objective.layout import Array, layout_of
from engine.objective.objectives import KINDS
from engine.spec import RunSpec


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """One row of weights per class, or per hidden unit if there is a `hidden` layer.

    `rows` has shape (n, features), `biases` (n,), None without biases. `pictures` (n, height, width) are the rows as
    images, averaged over the channels; None if features are not pixels. Source: CS231n, linear classification.
    """

    rows: Array
    biases: Array | None = None
    pictures: Array | None = None
    hidden: bool = False


def templates(spec: RunSpec, weights: Array) -> Templates | None:
    """Return the templates in a run's flat weights (size,); None if its data set's shape is unknown or does not fit."""
    shape = shape_of(spec.dataset)
    if shape is None:
        return None
    hidden = KINDS[spec.objective].hidden
    layout = layout_of(shape.classes, shape.dimensions, shape.bias, spec.hidden_size if hidden else 0)
    if weights.shape != (layout.size,):
        return None
    first = layout.views(weights)[0]
    rows = first[:, : shape.features]
    with np.errstate(all="ignore"):
        pictures = None if shape.image is None else shape.image.grey(rows)
    return Templates(rows, first[:, -1] if shape.bias else None, pictures, hidden)
