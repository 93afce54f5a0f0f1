"""Networks: layers in a row from examples to class scores, of any depth; the chain rule goes back through them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike

from engine.datasets import Image
from engine.objective.activations import Activation
from engine.objective.convolution import POOLINGS, Convolution, Pixels
from engine.objective.kernels import Kernel
from engine.objective.layers import (
    Array,
    Dropout,
    Flatten,
    Layer,
    LayerNorm,
    Linear,
    Masks,
    Matrix,
    Residual,
    Wiring,
    bind_all,
    matrices_of,
)
from engine.objective.layout import Layout
from engine.spec import RunSpec, sizes_of

MOST_WEIGHTS = 100_000_000
MOST_KEPT = 8 << 20
"""Examples times weights of a kernel for scores that is kept."""

WINDOWS_BYTES = 4 << 20
"""A convolution takes examples in groups whose windows are at most this large: small enough for the memory, large
enough that its products are wide."""
MONOTONE = frozenset({"relu", "tanh", "sigmoid"})
"""Activations that never fall: the highest of their values is the value of the highest, so pooling may come first."""

STARTS = {
    "plain": lambda inputs, outputs: 1.0,
    "he": lambda inputs, outputs: math.sqrt(2 / inputs),
    "xavier": lambda inputs, outputs: math.sqrt(2 / (inputs + outputs)),
}
"""What the initial scale is multiplied by for a unit of so many inputs, in a layer of so many outputs: He et al. 2015,
Glorot and Bengio 2010 (the normal form)."""


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """What an mlp or a convnet is made of; see `mlp` and `convnet`."""

    hidden: tuple[int, ...] = (128, 64)
    channels: tuple[int, ...] = (16, 32)
    activation: str = "relu"
    pooling: str = "max"
    normalization: str = "none"
    residual: bool = False
    dropout: float = 0.0
    start: str = "plain"


def network_options(spec: RunSpec) -> NetworkOptions:
    """The options that a spec names."""
    return NetworkOptions(
        hidden=sizes_of(spec.hidden),
        channels=sizes_of(spec.channels),
        activation=spec.activation,
        pooling=spec.pooling,
        normalization=spec.normalization,
        residual=spec.residual == "yes",
        dropout=spec.dropout,
        start=spec.start,
    )


@dataclass(frozen=True)
class Network:
    """The layers of a score function of examples with so many `features`, the bias not counted.

    The first one takes the examples, the last one is linear. Raises ValueError where one layer cannot take what the one
    before it gives on.
    """

    features: int
    layers: tuple[Layer, ...]
    start: str = "plain"
    drops: bool = False

    def __post_init__(self) -> None:
        weights = sum(matrix.rows * matrix.columns for matrix in self.matrices)
        if weights > MOST_WEIGHTS:
            raise ValueError(f"this network has {weights:,} weights; at most {MOST_WEIGHTS:,} fit")

    @cached_property
    def matrices(self) -> tuple[Matrix, ...]:
        """The weights of all layers, in order."""
        return matrices_of(self.layers, (self.features,))

    @cached_property
    def layout(self) -> Layout:
        """Where the matrices lie in one flat vector."""
        shapes = [(matrix.rows, matrix.columns) for matrix in self.matrices]
        return Layout(shapes, [matrix.biases for matrix in self.matrices])

    def start_scales(self, dtype: DTypeLike) -> Array:
        """What each weight's normal draw is multiplied by at the start, beside the initial scale; shape (size,).

        The plain start is that of linear scores: all of one deviation, biases too. The others leave biases at 0; the
        gains and shifts of a layer norm always begin there.
        """
        scales = []
        for matrix in self.matrices:
            scale = np.zeros((matrix.rows, matrix.columns), dtype)
            if matrix.inputs:
                columns = matrix.columns if self.start == "plain" else matrix.columns - matrix.biases
                scale[:, :columns] = STARTS[self.start](matrix.inputs, matrix.outputs)
            scales.append(scale.ravel())
        return np.concatenate(scales)

    def group(self, itemsize: int) -> int | None:
        """How many examples it takes at once, a power of two; None where it does not matter."""
        largest = 0
        shape: tuple[int, ...] = (self.features,)
        for layer in self.layers:
            if isinstance(layer, Convolution):
                largest = max(largest, layer.windows_size(shape) * itemsize)
            shape = layer.output(shape)
        return None if not largest else 1 << max(0, (WINDOWS_BYTES // largest).bit_length() - 1)

    def kernel(
        self,
        weights: Sequence[Array],
        gradient: Sequence[Array] | None,
        n: int,
        dtype: DTypeLike,
        masks: Masks | None = None,
        data: Array | None = None,
    ) -> Kernel:
        """The passes over n examples; `masks` while training with dropout, `data` (n, D) for the derivative there."""
        parts = bind_all(self.layers, None, (self.features,), Wiring(n, dtype, weights, gradient, True, masks, data))
        forwards = [part.forward for part in parts]
        backwards = [part.backward for part in reversed(parts)]

        def forward(X: Array) -> None:
            for step in forwards:
                step(X)

        def backward(X: Array) -> None:
            for step in backwards:
                step(X)

        return Kernel(parts[-1].target.value, n, forward, backward)

    def outputs(self, weights: Sequence[Array], X: Array) -> Iterator[tuple[Layer, Array]]:
        """Yield each layer with what it gives on for the examples X (n, padded columns), in order, without dropout.

        Vectors are (n, features), images (height, channels, width, n); the next layer may overwrite them.
        """
        parts = bind_all(self.layers, None, (self.features,), Wiring(len(X), X.dtype, weights, None, True))
        for layer, part in zip(self.layers, parts, strict=True):
            part.forward(X)
            yield layer, part.target.value


class Scoring:
    """The kernels with which a network scores examples, the four newest ones: making one takes longer than using it."""

    def __init__(self, network: Network, dtype: DTypeLike) -> None:
        self._network, self._dtype = network, np.dtype(dtype)
        self._kept: dict[int, tuple[Array, Kernel]] = {}

    def kernel(self, n: int) -> tuple[Array, Kernel]:
        """Return padded weights to fill, and the kernel that scores n examples with them.

        Only small ones are kept: a convolution's buffers are many times as large as its examples.
        """
        if n in self._kept:
            return self._kept[n]
        layout = self._network.layout
        weights = np.zeros(layout.padded_size, self._dtype)
        made = weights, self._network.kernel(layout.matrices(weights), None, n, self._dtype)
        if self._network.group(self._dtype.itemsize) is None and n * layout.size <= MOST_KEPT:
            if len(self._kept) >= 4:
                del self._kept[next(iter(self._kept))]
            self._kept[n] = made
        return made


def two_layer(features: int, bias: bool, classes: int, hidden_size: int) -> Network:
    """s = W2 [max(0, W1 x), 1]; W1 of shape (H, D), W2 of shape (C, H + 1); D counts the `bias` feature.

    Source: CS231n, neural networks case study.
    """
    return Network(features, (Linear(hidden_size, bias), Activation("relu"), Linear(classes)))


def mlp(features: int, bias: bool, classes: int, options: NetworkOptions) -> Network:
    """Hidden layers of `hidden` units each: linear, layer norm if asked for, activation, dropout if any; then linear.

    With `residual` a hidden layer as large as the one before it is a residual sum. Raises ValueError where none is.
    """
    sizes = options.hidden
    if not sizes or min(sizes) < 1:
        raise ValueError(
            f"hidden: {sizes} were given; an mlp needs hidden layers of at least 1 unit, such as (128, 64)"
        )
    if options.residual and all(size != following for size, following in pairwise(sizes)):
        given = ",".join(map(str, sizes))
        raise ValueError(f"residual: needs two hidden layers of one size in a row, such as 64,64, not {given}")
    layers: list[Layer] = []
    for place, size in enumerate(sizes):
        linear = Linear(size, bias or place > 0)
        layer = (linear, *_normalized(options), Activation(options.activation))
        alike = place > 0 and sizes[place - 1] == size
        layers += [Residual(layer)] if options.residual and alike else layer
        layers += _dropped(options)
    return Network(features, (*layers, Linear(classes)), options.start, options.dropout > 0)


def convnet(image: Image | None, classes: int, options: NetworkOptions) -> Network:
    """For each of `channels` a convolution with 3 x 3 filters, activation and pooling by 2; then linear.

    With a layer norm it comes after the convolution; dropout comes before the last layer. Raises ValueError without an
    image, and where it is halved to nothing.
    """
    if image is None:
        raise ValueError(
            "a convnet needs examples that are images, as those of digits, synthetic-cifar and cifar10 are"
        )
    most = min(image.height, image.width).bit_length() - 1
    if not options.channels or min(options.channels) < 1 or len(options.channels) > most:
        given = ",".join(map(str, options.channels))
        raise ValueError(
            f"channels: {given} were given; each layer halves the {image.height} x {image.width} pixels, "
            f"so 1 to {most} layers of at least 1 channel fit"
        )
    layers: list[Layer] = [Pixels(image)]
    for channels in options.channels:
        activation, pooling = Activation(options.activation), POOLINGS[options.pooling]()
        # The same scores and the same gradient, for a quarter of the work.
        first = options.pooling == "max" and options.activation in MONOTONE
        steps = (pooling, activation) if first else (activation, pooling)
        layers += [Convolution(channels), *_normalized(options), *steps]
    return Network(
        image.size, (*layers, Flatten(), *_dropped(options), Linear(classes)), options.start, options.dropout > 0
    )


def _normalized(options: NetworkOptions) -> list[Layer]:
    return [LayerNorm()] if options.normalization == "layer" else []


def _dropped(options: NetworkOptions) -> list[Layer]:
    return [Dropout(options.dropout)] if options.dropout else []
