"""Templates: the first layer's weights, one row per class or hidden unit, as images if features are pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.datasets import Image, shape_of
from engine.objective.convolution import FILTER_SIZE
from engine.objective.kinds import KINDS, network_of
from engine.objective.layout import Array, Layout
from engine.objective.networks import network_options
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
    if spec.objective not in KINDS or not spec.has_data:
        return None
    shape = shape_of(spec.dataset)
    if shape is None:
        return None
    kind, options = KINDS[spec.objective], network_options(spec)
    try:
        network = network_of(kind, shape.features, shape.bias, shape.classes, shape.image, spec.hidden_size, options)
    except ValueError:
        return None
    layout = Layout([(shape.classes, shape.dimensions)], [shape.bias]) if network is None else network.layout
    if weights.shape != (layout.size,):
        return None
    first, image, bias = layout.views(weights)[0], shape.image, bool(layout.biased[0])
    rows = first[:, :-1] if bias else first
    if kind.scores == "convnet" and image is not None:
        image = Image(FILTER_SIZE, FILTER_SIZE, image.channels)
    with np.errstate(all="ignore"):
        pictures = None if image is None else image.grey(rows)
    return Templates(rows, first[:, -1] if bias else None, pictures, kind.hidden)
