"""Weights and an update of them by layer, as images where a layer's inputs are pixels or filters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.datasets import Image
from engine.objective.convolution import Convolution
from engine.objective.layers import Layer, LayerNorm, Residual, Shape
from engine.objective.layout import Array, Layout
from engine.objective.networks import Network


@dataclass(frozen=True, slots=True, eq=False)
class LayerWeights:
    """The weights of a layer, one row per class, unit or filter, and by how much an update moves them.

    `unit` says what a row is: class, hidden unit, filter, or weights of a function. `weights` and `update` have shape
    (n, inputs), `biases` and `biases_update` (n,), None without biases. `image` is the layout of a row's pixels, None
    if its inputs are not pixels.
    """

    unit: str
    weights: Array
    update: Array
    biases: Array | None
    biases_update: Array | None
    image: Image | None

    @property
    def weights_norm(self) -> float:
        """The length of the weights and biases."""
        return _length(self.weights, self.biases)

    @property
    def update_norm(self) -> float:
        """The length of the update of weights and biases."""
        return _length(self.update, self.biases_update)

    @property
    def ratio(self) -> float:
        """Length of the update : length of the weights. Source: CS231n, neural networks 3 (babysitting)."""
        return self.update_norm / self.weights_norm if self.weights_norm else float("inf")


def layer_weights(
    layout: Layout | None, network: Network | None, image: Image | None, weights: Array, update: Array
) -> tuple[LayerWeights, ...]:
    """Return the layers in flat weights and their update, both (size,), from the examples to the scores.

    `layout` is None for a function of the weights, `network` for linear scores; `image` is that of the data set. Raises
    ValueError for weights of another size.
    """
    if layout is None:
        return (LayerWeights("weight", weights[None], update[None], None, None, None),)
    if weights.shape != (layout.size,) or update.shape != weights.shape:
        raise ValueError(f"weights of shape {weights.shape} were given; this objective has ({layout.size},)")
    if network is None:
        kinds: Sequence[tuple[str, Image | None]] = [("class", image)]
    else:
        kinds = list(_kinds(network.layers, (network.features,), image))
        kinds[-1] = ("class", kinds[-1][1])
    views = zip(kinds, layout.biased, layout.views(weights), layout.views(update), strict=True)
    return tuple(_layer(*kind, biased, *matrices) for kind, biased, *matrices in views)


def _layer(unit: str, image: Image | None, biased: int, weights: Array, update: Array) -> LayerWeights:
    columns = weights.shape[1]
    if biased != 1 or columns == 1:
        return LayerWeights(unit, weights, update, None, None, image)
    return LayerWeights(unit, weights[:, :-1], update[:, :-1], weights[:, -1], update[:, -1], image)


def _kinds(layers: Sequence[Layer], shape: Shape, image: Image | None = None) -> Iterator[tuple[str, Image | None]]:
    """What a row of each matrix is, and the layout of its pixels; the first layer takes examples with that `image`."""
    for place, layer in enumerate(layers):
        if isinstance(layer, Residual):
            yield from _kinds(layer.layers, shape)
        elif isinstance(layer, Convolution):
            yield "filter", Image(layer.size, layer.size, shape[0])
        elif isinstance(layer, LayerNorm):
            yield "gain and shift", None
        else:
            yield from [("hidden unit", image if place == 0 else None) for _ in layer.matrices(shape)]
        shape = layer.output(shape)


def _length(weights: Array, biases: Array | None) -> float:
    parts = [weights.ravel()] if biases is None else [weights.ravel(), biases]
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(np.concatenate(parts).astype(np.float64)))
