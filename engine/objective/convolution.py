"""Layers of images: pixels, convolution and pooling. Between them lie (channels, height, n, width).

With the channels first and the examples between the rows, what a filter's weight meets is one long run of numbers, for
many examples at once: a convolution is copies at full speed and one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import DTypeLike

from engine.datasets import Image
from engine.objective.layers import Array, Bound, Matrix, Shape, Signal, Wiring

FILTER_SIZE = 3


def _images(shape: Shape, to: Wiring, pitch: int = 0, wanted: bool = True) -> Signal:
    """A signal of images whose rows begin `pitch` numbers apart (by default their width)."""
    channels, height, width = shape
    whole, whole_slope = np.zeros((2, channels, height, to.n, pitch or width), to.dtype)
    return Signal(whole[..., :width], whole_slope[..., :width], whole, whole_slope, wanted=wanted)


def _source(source: Signal | None) -> Signal:
    assert source is not None, "a network of images begins with Pixels"
    return source


def _check_images(shape: Shape, what: str) -> None:
    if len(shape) != 3:
        raise ValueError(f"a {what} layer takes images, not vectors of {shape[0]} features")


@dataclass(frozen=True, slots=True)
class Pixels:
    """A first layer: the features of the examples as images."""

    image: Image

    def output(self, shape: Shape) -> Shape:
        if shape != (self.image.size,):
            raise ValueError(f"{shape[0]} features are no image of {self.image.height} x {self.image.width} pixels")
        return self.image.channels, self.image.height, self.image.width

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        return ()

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        image = self.image
        target = _images(self.output((image.size,)), to, wanted=to.data is not None)

        def as_images(examples: Array) -> Array:
            features, pixels = examples[:, : image.size], (image.height, image.width)
            if image.interleaved:
                return features.reshape(to.n, *pixels, image.channels).transpose(3, 1, 0, 2)
            return features.reshape(to.n, image.channels, *pixels).transpose(1, 2, 0, 3)

        def forward(X: Array) -> None:
            np.copyto(target.value, as_images(X))

        def backward(X: Array) -> None:
            if to.data is not None:
                np.copyto(as_images(to.data), target.slope)

        return Bound(target, forward, backward)


@dataclass(frozen=True, slots=True)
class Convolution:
    """Filters of size x size over images with zeros around them, so that height and width stay; `size` is odd.

    W of shape (filters, channels * size * size + 1): a filter's channels one after the other, each row by row, then the
    bias. Source: CS231n, convolutional networks ("implementation as matrix multiplication").
    """

    filters: int
    size: int = FILTER_SIZE

    def output(self, shape: Shape) -> Shape:
        _check_images(shape, "convolution")
        if self.size % 2 == 0:
            raise ValueError(f"filters of {self.size} x {self.size} have no middle; give an odd size")
        return self.filters, *shape[1:]

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        fan_in, area = shape[0] * self.size**2, self.size**2
        return (Matrix(self.filters, fan_in + 1, 1, fan_in, self.filters * area),)

    def columns_size(self, shape: Shape) -> int:
        """How many numbers the filters meet in one example, counted as often as they meet them."""
        return shape[0] * self.size**2 * shape[1] * _pitch(shape[2], self.size)

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        source = _source(source)
        size, (channels, height, width) = self.size, source.shape
        columns, gather = _columns(source.value, size, bias=True)
        fan_in, run = len(columns) - 1, columns.shape[1]
        # What the filters find in the margin between two rows is never looked at.
        target = _images((self.filters, height, width), to, _pitch(width, size))
        value = target.whole.reshape(self.filters, run)
        W = to.weights[0][:, : fan_in + 1]

        def forward(X: Array) -> None:
            gather()
            np.matmul(W, columns, out=value)

        if to.gradient is None:
            return Bound(target, forward, forward)
        G, slope, columnsT = to.gradient[0][:, : fan_in + 1], target.whole_slope.reshape(self.filters, run), columns.T
        if not source.wanted:
            return Bound(target, forward, lambda X: np.matmul(slope, columnsT, out=G))
        # The source's slope is a convolution of the target's, with the filters turned by half a turn.
        turned = W[:, :fan_in].reshape(self.filters, channels, size, size)[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        filters, found = np.empty(turned.shape, to.dtype), np.empty((channels, run), to.dtype)
        slope_columns, gather_slope = _columns(target.slope, size)
        filter_rows = filters.reshape(channels, -1)
        found_images = found.reshape(channels, height, to.n, -1)[..., :width]

        def backward(X: Array) -> None:
            np.matmul(slope, columnsT, out=G)
            np.copyto(filters, turned)
            gather_slope()
            np.matmul(filter_rows, slope_columns, out=found)
            np.copyto(source.slope, found_images)

        return Bound(target, forward, backward)


def _pitch(width: int, size: int) -> int:
    """How far apart the rows of an image lie for filters of that size: even, so that pairs lie in pairs throughout."""
    pitch = width + size // 2
    return pitch + pitch % 2


def _columns(images: Array, size: int, bias: bool = False) -> tuple[Array, Callable[[], None]]:
    """What filters of size x size meet at each place of images (C, height, n, width), and a function that fills it in.

    The columns have shape (C * size * size, height * n * pitch); with a `bias` there is a row of ones more.
    """
    channels, height, n, width = images.shape
    # A margin of zeros after each row is the margin before the next one, too: a weight meets one long run.
    margin, pitch = size // 2, _pitch(width, size)
    row, run = n * pitch, height * n * pitch
    framed = np.zeros((channels, run + 2 * margin * (row + 1)), images.dtype)
    first, step = margin * (row + 1), framed.itemsize
    inside = framed[:, first : first + run].reshape(channels, height, n, pitch)[..., :width]
    windows = as_strided(
        framed, (channels, size, size, run), (framed.strides[0], row * step, step, step), writeable=False
    )
    fan_in = channels * size * size
    columns = np.ones((fan_in + bias, run), images.dtype)
    into = columns[:fan_in].reshape(windows.shape)

    def gather() -> None:
        np.copyto(inside, images)
        np.copyto(into, windows)

    return columns, gather


@dataclass(frozen=True, slots=True)
class MaxPooling:
    """The highest number of each size x size square; what is left over at the right and below is left out.

    Of equal numbers the upper, then the left one gets the derivative.
    """

    size: int = 2

    def output(self, shape: Shape) -> Shape:
        return _pooled(shape, self.size)

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        return ()

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        source, size = _source(source), self.size
        shape = self.output(source.shape)
        height, width = shape[1] * size, shape[2] * size
        pitch = source.whole.shape[-1]
        # Whole rows, margins too, where they are made of whole squares: one long loop is faster than many short ones.
        in_whole = pitch % size == 0
        values, slopes = (source.whole, source.whole_slope) if in_whole else (source.value, source.slope)
        used = pitch if in_whole else width
        target = _images(shape, to, used // size)
        rows, row_slopes = ([part[:, r:height:size, :, :used] for r in range(size)] for part in (values, slopes))
        highest = np.empty(rows[0].shape, to.dtype)
        across = [highest[..., c::size] for c in range(size)]
        if to.gradient is None:

            def pool(X: Array) -> None:
                _write_highest(rows, highest)
                _write_highest(across, target.whole)

            return Bound(target, pool, pool)
        down, along = _Contest(rows, highest), _Contest(across, target.whole)

        def forward(X: Array) -> None:
            down.run()
            along.run()

        def backward(X: Array) -> None:
            # `highest` is needed no more, and takes its own derivative.
            along.share_out(target.whole_slope, across)
            down.share_out(highest, row_slopes)

        return Bound(target, forward, backward)


def _write_highest(parts: list[Array], out: Array) -> None:
    np.maximum(parts[0], parts[1], out=out)
    for part in parts[2:]:
        np.maximum(out, part, out=out)


class _Contest:
    """The highest of several arrays, number by number, and to which of them it belonged: the first of equal ones.

    That is kept as integers of which all bits are set where a later one was higher than all before it: copying by bits
    is several times as fast as choosing by truth values.
    """

    def __init__(self, parts: list[Array], highest: Array) -> None:
        self._parts, self._highest = parts, highest
        self._bits: DTypeLike = np.int32 if highest.dtype == np.float32 else np.int64
        self._sign = highest.itemsize * 8 - 1
        self._differences = [np.empty(highest.shape, highest.dtype) for _ in parts[1:]]
        self._later = [difference.view(self._bits) for difference in self._differences]

    def run(self) -> None:
        """Write the highest numbers."""
        best = self._parts[0]
        for part, difference, later in zip(self._parts[1:], self._differences, self._later, strict=True):
            np.subtract(best, part, difference)
            np.right_shift(later, self._sign, later)
            np.maximum(best, part, out=self._highest)
            best = self._highest

    def share_out(self, slope: Array, parts: list[Array]) -> None:
        """Give each number of `slope`, which is used up, to the part that it belonged to, and zeros to the others."""
        rest, views = slope.view(self._bits), [part.view(self._bits) for part in parts]
        for place in range(len(parts) - 1, 0, -1):
            np.bitwise_and(rest, self._later[place - 1], views[place])
            np.bitwise_xor(rest, views[place], rest if place > 1 else views[0])


@dataclass(frozen=True, slots=True)
class AveragePooling:
    """The mean of each size x size square; what is left over at the right and below is left out."""

    size: int = 2

    def output(self, shape: Shape) -> Shape:
        return _pooled(shape, self.size)

    def matrices(self, shape: Shape) -> tuple[Matrix, ...]:
        return ()

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        source, size = _source(source), self.size
        shape = self.output(source.shape)
        target = _images(shape, to)
        height, width = shape[1] * size, shape[2] * size
        windows = [(slice(r, height, size), slice(c, width, size)) for r in range(size) for c in range(size)]
        values = [source.value[:, rows, :, columns] for rows, columns in windows]
        slopes = [source.slope[:, rows, :, columns] for rows, columns in windows]
        share = np.array(1 / size**2, to.dtype)

        def forward(X: Array) -> None:
            np.copyto(target.value, values[0])
            for part in values[1:]:
                np.add(target.value, part, target.value)
            np.multiply(target.value, share, target.value)

        def backward(X: Array) -> None:
            np.multiply(target.slope, share, target.slope)
            for part in slopes:
                np.copyto(part, target.slope)

        return Bound(target, forward, backward)


def _pooled(shape: Shape, size: int) -> Shape:
    _check_images(shape, "pooling")
    channels, height, width = shape
    if min(height, width) < size:
        raise ValueError(f"{height} x {width} pixels are too few to pool by {size}")
    if size < 2:
        raise ValueError(f"pooling by {size} changes nothing; pool by 2 or more")
    return channels, height // size, width // size


POOLINGS = {"max": MaxPooling, "average": AveragePooling}
