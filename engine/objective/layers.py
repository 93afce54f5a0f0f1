"""Layers: each a formula, its weights and its two passes over a group of examples, in buffers that are made once.

A layer is added here and nowhere else: a frozen class with `output`, `matrices` and `bind`. What it gives on lies in a
Signal: vectors as (n, features), images as (height, channels, width, n). `forward` turns the source's value into the
target's, `backward` the target's slope, the derivative of the loss, into the source's and into that of the layer's
weights. Source: CS231n, optimization 2 (backpropagation, the chain rule) and neural networks 1 and 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.objective.layout import padded_columns

Array = NDArray[Any]
Shape = tuple[int, ...]
"""(features,) of a vector, (channels, height, width) of an image."""
Step = Callable[[Array], object]
"""What a layer does in one direction; it is given the examples X (n, columns), which only first layers look at."""

NORM_EPSILON = 1e-5
"""Added to a variance before its root, so that features that are all equal are not divided by zero."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Weights of a layer: how many, how many last columns are biases, and the inputs and outputs of a unit.

    Those decide how large the first weights are; without inputs the first weights are zeros.
    """

    rows: int
    columns: int
    biases: int = 0
    inputs: int = 0
    outputs: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """What flows between two layers: `value` onwards, `slope` back, each a view of a `whole` that may be larger.

    The whole of vectors is padded, with ones after the last feature, so that a product with it adds the bias. What lies
    in a slope beside its view is zero. Where `spare` is true the layer that wrote the value needs it no more, so the
    next one may overwrite it. Where `wanted` is false nobody asks for the slope.
    """

    value: Array
    slope: Array
    whole: Array
    whole_slope: Array
    spare: bool = True
    wanted: bool = True

    @property
    def shape(self) -> Shape:
        """The shape of one example's value."""
        if self.value.ndim == 2:
            return self.value.shape[1:]
        height, channels, width, _ = self.value.shape
        return channels, height, width


def vectors(n: int, features: int, dtype: DTypeLike, spare: bool = True, wanted: bool = True) -> Signal:
    """A signal of n vectors, padded and with ones after the last feature."""
    whole, whole_slope = np.zeros((2, n, padded_columns(features + 1)), dtype)
    whole[:, features] = 1
    return Signal(whole[:, :features], whole_slope[:, :features], whole, whole_slope, spare, wanted)


def like(source: Signal) -> Signal:
    """A signal of its own, of the same shape, that is not spare."""
    if source.value.ndim == 2:
        n, features = source.value.shape
        return vectors(n, features, source.value.dtype, spare=False)
    value, slope = np.zeros((2, *source.value.shape), source.value.dtype)
    return Signal(value, slope, value, slope, spare=False)


@dataclass(slots=True)
class Masks:
    """Where the masks of dropout come from: a generator that whoever trains sets anew for every iteration."""

    generator: np.random.Generator | None = None


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a layer is bound to, beside its source: n examples, its padded matrices and their gradient (None: forward).

    `last` is true for the layer whose target is the scores. `masks` is None where nothing is dropped; `data` (n, D)
    takes the derivative with respect to the examples where it is asked for.
    """

    n: int
    dtype: DTypeLike
    weights: Sequence[Array]
    gradient: Sequence[Array] | None
    last: bool = False
    masks: Masks | None = None
    data: Array | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A layer at work: what it gives on, and its two passes."""

    target: Signal
    forward: Step
    backward: Step


class Layer(Protocol):
    """One step of a network, without buffers: the same layer is bound to batches of every size."""

    def output(self, shape: Shape) -> Shape:
        """The shape of what it gives on. Raises ValueError, in a sentence, for a shape that it cannot take."""

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        """Its weights, in the order in which `bind` gets them."""

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        """The layer over the source's buffers; only first layers take None, the examples themselves."""


@dataclass(frozen=True, slots=True)
class Linear:
    """y = W [x, 1] with `units` rows; W of shape (units, features + 1).

    As a first layer it takes the examples as they are; those without a bias feature need `bias` False, y = W x.
    """

    units: int
    bias: bool = True

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError(f"a linear layer takes vectors, not images of shape {shape}: flatten them first")
        return (self.units,)

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        (features,) = shape
        return (Matrix(self.units, features + self.bias, int(self.bias), features, self.units),)

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        (W,) = to.weights
        target = _scores(to.n, self.units, to.dtype) if to.last else vectors(to.n, self.units, to.dtype)
        value, WT, slopeT = target.value, W.T, target.slope.T
        # ndarray.dot costs half of what np.matmul does for small matrices; it wants an `out` that lies row by row.
        product = np.dot if value.flags.c_contiguous else np.matmul

        def forward(X: Array) -> None:
            product(X if source is None else source.whole, WT, out=value)

        def backward(X: Array) -> None:
            assert to.gradient is not None
            product(slopeT, X if source is None else source.whole, out=to.gradient[0])
            if source is None:
                if to.data is not None:
                    np.matmul(target.slope, W[:, : to.data.shape[1]], out=to.data)
            elif source.wanted:
                product(target.slope, W, out=source.whole_slope)

        return Bound(target, forward, backward)


def _scores(n: int, classes: int, dtype: DTypeLike) -> Signal:
    """The last signal: the data loss puts the slope where the scores were."""
    scores = np.empty((n, classes), dtype)
    return Signal(scores, scores, scores, scores)


@dataclass(frozen=True, slots=True)
class Features:
    """A first layer that passes the features of the examples on, as vectors."""

    features: int

    def output(self, shape: Shape) -> Shape:
        return shape

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        return ()

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        target, data, count = vectors(to.n, self.features, to.dtype, wanted=to.data is not None), to.data, self.features

        def forward(X: Array) -> None:
            target.value[...] = X[:, :count]

        def backward(X: Array) -> None:
            if data is not None:
                data[:, :count] = target.slope

        return Bound(target, forward, backward)


def given(source: Signal | None) -> Signal:
    """The source of a layer that cannot begin a network."""
    assert source is not None, "only Linear, Features and Pixels begin a network"
    return source


@dataclass(frozen=True, slots=True)
class Dropout:
    """While training each number is dropped, set to 0, with probability `share`, and the others divided by 1 - share.

    Otherwise everything passes as it is, which is the mean of that. Source: Srivastava et al. 2014, in the inverted
    form of CS231n, neural networks 2.
    """

    share: float

    def output(self, shape: Shape) -> Shape:
        return shape

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        return ()

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        source, masks = given(source), to.masks
        if masks is None or not self.share:
            return Bound(source, _pass_on, _pass_on)
        target, mask = like(source), np.empty(source.value.shape, to.dtype)
        scale = np.array(1 / (1 - self.share), to.dtype)

        def forward(X: Array) -> None:
            assert masks.generator is not None
            masks.generator.random(out=mask, dtype=mask.dtype)
            np.greater_equal(mask, self.share, out=mask, casting="unsafe")
            np.multiply(mask, scale, mask)
            np.multiply(source.value, mask, target.value)

        def backward(X: Array) -> None:
            np.multiply(target.slope, mask, source.slope)

        return Bound(target, forward, backward)


def _pass_on(X: Array) -> None:
    """Neither the value nor the slope is another one."""


@dataclass(frozen=True, slots=True)
class LayerNorm:
    """(x - mean) / sqrt(variance + 1e-5), over all numbers of one example, times 1 + gain, plus shift.

    A gain and a shift for each feature of a vector, for each channel of an image; both start at 0, and a batch decides
    nothing. Source: Ba, Kiros and Hinton 2016.
    """

    def output(self, shape: Shape) -> Shape:
        return shape

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        return (Matrix(2, shape[0], biases=shape[0]),)

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        source = given(source)
        target, normal = like(source), np.empty(source.value.shape, to.dtype)
        target = replace(target, spare=True)
        is_vector = source.value.ndim == 2
        within, across = ((1,), (0,)) if is_vector else ((0, 1, 2), (0, 2, 3))
        features = source.shape[0]
        gain, shift = (row[:features] if is_vector else row[:features, None, None] for row in to.weights[0])
        scale = 1 / math.prod(source.shape)
        inverse = np.empty(0)

        def forward(X: Array) -> None:
            nonlocal inverse
            np.subtract(source.value, source.value.sum(axis=within, keepdims=True) * scale, normal)
            variance = (normal * normal).sum(axis=within, keepdims=True) * scale
            inverse = 1 / np.sqrt(variance + NORM_EPSILON)
            np.multiply(normal, inverse, normal)
            np.multiply(normal, 1 + gain, target.value)
            np.add(target.value, shift, target.value)

        def backward(X: Array) -> None:
            assert to.gradient is not None
            slope, G = target.slope, to.gradient[0]
            G[0, :features] = (slope * normal).sum(axis=across)
            G[1, :features] = slope.sum(axis=across)
            of_normal = slope * (1 + gain)
            along = (of_normal * normal).sum(axis=within, keepdims=True) * scale
            of_normal -= of_normal.sum(axis=within, keepdims=True) * scale
            of_normal -= normal * along
            np.multiply(of_normal, inverse, source.slope)

        return Bound(target, forward, backward)


@dataclass(frozen=True, slots=True)
class Flatten:
    """An image's numbers as one vector: channel after channel, row by row."""

    def output(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        return ()

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        source = given(source)
        if source.value.ndim == 2:
            return Bound(source, _pass_on, _pass_on)
        channels, height, width = source.shape
        target = vectors(to.n, math.prod(source.shape), to.dtype)
        value, slope = (
            array.reshape(to.n, channels, height, width).transpose(2, 1, 3, 0) for array in (target.value, target.slope)
        )

        def forward(X: Array) -> None:
            np.copyto(value, source.value)

        def backward(X: Array) -> None:
            np.copyto(source.slope, slope)

        return Bound(target, forward, backward)


@dataclass(frozen=True, slots=True)
class Residual:
    """x + f(x), with f the `layers` in a row, which must give on what they take (He et al. 2015)."""

    layers: tuple[Layer, ...]

    def output(self, shape: Shape) -> Shape:
        inner = shape
        for layer in self.layers:
            inner = layer.output(inner)
        if inner != shape:
            raise ValueError(f"a residual sum adds what it takes, {shape}, to what its layers make of it, {inner}")
        return shape

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        return matrices_of(self.layers, shape)

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        source = given(source)
        inner, target = replace(like(source), spare=True), replace(like(source), spare=True)
        parts = bind_all(self.layers, inner, inner.shape, replace(to, last=False))
        end = parts[-1].target

        def forward(X: Array) -> None:
            np.copyto(inner.value, source.value)
            for part in parts:
                part.forward(X)
            np.add(source.value, end.value, target.value)

        def backward(X: Array) -> None:
            np.copyto(end.slope, target.slope)
            for part in reversed(parts):
                part.backward(X)
            np.add(inner.slope, target.slope, source.slope)

        return Bound(target, forward, backward)


def matrices_of(layers: Sequence[Layer], shape: Shape) -> tuple[Matrix, ...]:
    """The weights of layers in a row, the first of which takes examples of that shape. Raises ValueError."""
    found: list[Matrix] = []
    for layer in layers:
        following = layer.output(shape)
        found += layer.matrices(shape)
        shape = following
    return tuple(found)


def bind_all(layers: Sequence[Layer], source: Signal | None, shape: Shape, to: Wiring) -> list[Bound]:
    """Each layer bound to its share of the matrices and to what the one before it gives on."""
    bound, used = [], 0
    for place, layer in enumerate(layers):
        end = used + len(layer.matrices(shape))
        share = replace(
            to,
            weights=to.weights[used:end],
            gradient=None if to.gradient is None else to.gradient[used:end],
            last=to.last and place == len(layers) - 1,
        )
        part = layer.bind(source, share)
        bound.append(part)
        source, shape, used = part.target, layer.output(shape), end
    return bound
