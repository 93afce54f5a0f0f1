"""Layers of images: pixels, convolution and pooling. Between them lie (height, channels, width, n).

With the rows first and the examples last, a row of all examples is one matrix, and what a filter meets in some rows is
one too: a convolution is a few copies at full speed and a matrix product for each row. A neighbour lies n numbers away,
so pooling takes long runs as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided

from engine.datasets import Image
from engine.objective.layers import Array, Bound, Matrix, Shape, Signal, Wiring

FILTER_SIZE = 3
BAND_BYTES = 1 << 17
"""Pooling makes all of its passes over about so much of an array before it takes the next: that stays in the cache."""

Parts = Sequence[Array] | Array
"""Arrays of one shape, or one array of them all."""


def _images(shape: Shape, to: Wiring, wanted: bool = True) -> Signal:
    """A signal of images."""
    channels, height, width = shape
    value, slope = np.zeros((2, height, channels, width, to.n), to.dtype)
    return Signal(value, slope, value, slope, wanted=wanted)


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
                return features.reshape(to.n, *pixels, image.channels).transpose(1, 3, 2, 0)
            return features.reshape(to.n, image.channels, *pixels).transpose(2, 1, 3, 0)

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

    def windows_size(self, shape: Shape) -> int:
        """How many numbers of one example lie ready for the filters."""
        return self.size * shape[0] * (shape[1] + self.size - 1) * shape[2]

    def bind(self, source: Signal | None, to: Wiring) -> Bound:
        source = _source(source)
        size, (channels, height, width) = self.size, source.shape
        fan_in, middle, run = size * channels, size // 2, width * to.n
        windows, gather = _windows(source.value, size)
        # Rows of zeros above and below the slope: what a turned filter meets there.
        framed = np.zeros((height + size - 1, self.filters, width, to.n), to.dtype)
        value, slope = np.zeros((height, self.filters, width, to.n), to.dtype), framed[middle : middle + height]
        target = Signal(value, slope, value, slope)
        found = value.reshape(height, self.filters, run)
        # A filter in the order of the windows: of each row the columns, of each column the channels, then the bias.
        filters = np.zeros((self.filters, size, fan_in + 1), to.dtype)
        filter_rows = filters.reshape(self.filters, -1)
        ordered, biases = _by_row(filters, size, channels), filters[:, middle, fan_in]
        taps, bias = _taps(to.weights[0], size, channels)

        def forward(X: Array) -> None:
            np.copyto(ordered, taps)
            np.copyto(biases, bias)
            gather()
            np.matmul(filter_rows, windows, out=found)

        if to.gradient is None:
            return Bound(target, forward, forward)
        slope_rows, windowsT = slope.reshape(found.shape), windows.transpose(0, 2, 1)
        by_row = np.empty((height, *filter_rows.shape), to.dtype)
        total = np.empty_like(filters)
        total_rows = total.reshape(filter_rows.shape)
        total_ordered, total_biases = _by_row(total, size, channels), total[:, middle, fan_in]
        G_taps, G_bias = _taps(to.gradient[0], size, channels)

        def backward_to_weights(X: Array) -> None:
            np.matmul(slope_rows, windowsT, out=by_row)
            np.add.reduce(by_row, axis=0, out=total_rows)
            np.copyto(G_taps, total_ordered)
            np.copyto(G_bias, total_biases)

        if not source.wanted:
            return Bound(target, forward, backward_to_weights)
        # The source's slope is a convolution of the target's, with the filters turned by half a turn. What each column
        # of a filter finds is moved and added up: those are fewer numbers than the rows that it meets.
        to_turn = taps[:, ::-1, ::-1].transpose(2, 3, 1, 0)
        turned = np.empty(to_turn.shape, to.dtype)
        turned_rows = turned.reshape(size * channels, -1)
        parts = np.empty((size * channels, run), to.dtype)
        by_column = parts.reshape(size, channels, width, to.n)
        rows = [
            (band, _moved_sum(by_column, row)) for band, row in zip(_bands(framed, size), source.slope, strict=True)
        ]

        def backward(X: Array) -> None:
            backward_to_weights(X)
            np.copyto(turned, to_turn)
            for band, add_up in rows:
                np.matmul(turned_rows, band, out=parts)
                add_up()

        return Bound(target, forward, backward)


def _taps(W: Array, size: int, channels: int) -> tuple[Array, Array]:
    """Views of padded weights: the filters (filters, row, column, channel), and their biases (filters,)."""
    fan_in = channels * size * size
    return W[:, :fan_in].reshape(len(W), channels, size, size).transpose(0, 2, 3, 1), W[:, fan_in]


def _by_row(filters: Array, size: int, channels: int) -> Array:
    """The filters (filters, row, column, channel) without what stands in for the bias."""
    return filters[:, :, : size * channels].reshape(len(filters), size, size, channels)


def _windows(images: Array, size: int) -> tuple[Array, Callable[[], None]]:
    """What filters of size x size meet in each row of images (height, C, width, n), and a function that fills it in.

    The windows have shape (height, size * (size * C + 1), width * n). Each row of an image lies there once for each
    column of a filter, moved and with zeros around it, and then a row of ones for the bias.
    """
    height, channels, width, n = images.shape
    middle, fan_in = size // 2, size * channels
    framed = np.zeros((height + size - 1, fan_in + 1, width, n), images.dtype)
    framed[:, fan_in] = 1
    inside = framed[middle : middle + height, :fan_in].reshape(height, size, channels, width, n)
    copies = [(inside[:, place, :, into], images[:, :, out_of]) for place, into, out_of in _moves(size, width)]

    def gather() -> None:
        for into, moved in copies:
            np.copyto(into, moved)

    return _bands(framed, size), gather


def _bands(framed: Array, size: int) -> Array:
    """Each `size` rows of framed images (height + size - 1, C, width, n) as one matrix, which overlaps the next one.

    The shape is (height, size * C, width * n).
    """
    rows, channels, width, n = framed.shape
    shape, strides = (rows - size + 1, size * channels, width * n), (*framed.strides[:2], framed.itemsize)
    return as_strided(framed, shape, strides, writeable=False)


def _moves(size: int, width: int) -> list[tuple[int, slice, slice]]:
    """For each column of a filter: the columns of an image that meet something in it, and what they meet."""
    moves = []
    for place in range(size):
        left, right = max(0, size // 2 - place), max(0, place - size // 2)
        if left + right < width:
            moves.append((place, slice(left, width - right), slice(right, width - left)))
    return moves


def _moved_sum(parts: Array, out: Array) -> Callable[[], None]:
    """A function that adds up parts (size, C, width, n), each moved by its column, to a row (C, width, n)."""
    size, _, width, _ = parts.shape
    whole = parts[size // 2]
    moved = [
        (out[:, into], parts[place, :, out_of]) for place, into, out_of in _moves(size, width) if place != size // 2
    ]

    def add_up() -> None:
        np.copyto(out, whole)
        for into, part in moved:
            np.add(into, part, into)

    return add_up


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
        source = _source(source)
        shape = self.output(source.shape)
        target, work = _images(shape, to), _PoolingWork(shape, self.size, to)
        bands = [_PoolingBand(source, target, rows, work) for rows in work.bands(shape[1])]
        if to.gradient is None:

            def pool(X: Array) -> None:
                for band in bands:
                    _write_highest(band.rows, band.highest)
                    np.copyto(band.columns, band.beside)
                    _write_highest(band.columns, band.value)

            return Bound(target, pool, pool)
        contests = [
            (band, _Contest(band.rows, band.highest, work.bits), _Contest(band.columns, band.value, work.bits))
            for band in bands
        ]

        def forward(X: Array) -> None:
            for band, down, along in contests:
                down.run()
                np.copyto(band.columns, band.beside)
                along.run()

        def backward(X: Array) -> None:
            for band, down, along in contests:
                along.share_out(band.slope, band.columns)
                np.copyto(band.beside, band.columns)
                down.share_out(band.highest, band.row_slopes)

        return Bound(target, forward, backward)


class _PoolingWork:
    """Buffers that the bands of a pooled image share: what is in them is needed within a band alone.

    `highest` (rows, C, size * width, n) is over the rows of each square, `columns` (size, rows, C, width, n) are its
    columns apart: passes over long runs are several times as fast as those over every second number.
    """

    def __init__(self, shape: Shape, size: int, to: Wiring) -> None:
        channels, height, width = shape
        row = channels * width * size * to.n
        self.rows = max(1, min(height, BAND_BYTES // (row * np.dtype(to.dtype).itemsize)))
        self.highest = np.empty((self.rows, channels, width * size, to.n), to.dtype)
        self.columns = np.empty((size, self.rows, channels, width, to.n), to.dtype)
        self.bits = np.empty(self.rows * row, np.int32 if self.highest.dtype == np.float32 else np.int64)

    def bands(self, height: int) -> list[slice]:
        """The rows of each band of a pooled image."""
        return [slice(row, min(row + self.rows, height)) for row in range(0, height, self.rows)]


class _PoolingBand:
    """Some rows of a pooled image: views of what they are made of, and of where they are made."""

    def __init__(self, source: Signal, target: Signal, rows: slice, work: _PoolingWork) -> None:
        count, size = rows.stop - rows.start, len(work.columns)
        self.value, self.slope = target.value[rows], target.slope[rows]
        self.highest, self.columns = work.highest[:count], work.columns[:, :count]
        _, channels, width, n = self.highest.shape
        self.beside = self.highest.reshape(count, channels, width // size, size, n).transpose(3, 0, 1, 2, 4)
        self.rows, self.row_slopes = (
            [part[rows.start * size + row : rows.stop * size : size, :, :width] for row in range(size)]
            for part in (source.value, source.slope)
        )


def _write_highest(parts: Parts, out: Array) -> None:
    np.maximum(parts[0], parts[1], out=out)
    for part in parts[2:]:
        np.maximum(out, part, out=out)


class _Contest:
    """The highest of several arrays, number by number, and to which of them it belonged: the first of equal ones.

    That is kept as bytes of which all bits are set where a later one was higher than all before it; they are widened to
    `bits`, integers. Copying by bits is several times as fast as choosing by truth values.
    """

    def __init__(self, parts: Parts, highest: Array, bits: Array) -> None:
        self._parts, self._highest = parts, highest
        self._bits = bits[: highest.size].reshape(highest.shape)
        self._later = [np.empty(highest.shape, np.int8) for _ in parts[1:]]
        self._is_later = [later.view(np.bool_) for later in self._later]

    def run(self) -> None:
        """Write the highest numbers."""
        best = self._parts[0]
        for part, later, is_later in zip(self._parts[1:], self._later, self._is_later, strict=True):
            np.less(best, part, is_later)
            np.negative(later, later)
            np.maximum(best, part, out=self._highest)
            best = self._highest

    def share_out(self, slope: Array, parts: Parts) -> None:
        """Give each number of `slope`, which is used up, to the part that it belonged to, and zeros to the others."""
        bits = self._bits
        rest, views = slope.view(bits.dtype), [part.view(bits.dtype) for part in parts]
        for place in range(len(parts) - 1, 0, -1):
            np.copyto(bits, self._later[place - 1])
            np.bitwise_and(rest, bits, views[place])
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
        values = [source.value[rows, :, columns] for rows, columns in windows]
        slopes = [source.slope[rows, :, columns] for rows, columns in windows]
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
