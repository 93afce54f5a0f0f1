"""Templates: the weights that meet the examples, as what each class (or hidden unit) looks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.datasets import shape_of
from engine.objective.layout import Array, layout_of
from engine.objective.objectives import KINDS
from engine.spec import RunSpec


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """A row of weights for each class; for each hidden unit where there is a `hidden` layer.

    `rows` has shape (n, features), `biases` (n,), None where there are none. `pictures`, of shape (n, height, width),
    are the rows as images, the mean of their channels; None where features are no pixels.
    """

    rows: Array
    biases: Array | None = None
    pictures: Array | None = None
    hidden: bool = False


def templates(spec: RunSpec, weights: Array) -> Templates | None:
    """The templates in flat weights (size,) of a run with this spec; None where its data set's shape is not known."""
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
