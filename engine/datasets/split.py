"""Split and Dataset: the interface to examples in memory or in a mapped file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

SPLITS = ("train", "validation", "test")
SPLIT_SEED = 231

Floats = NDArray[np.float32]
Labels = NDArray[np.intp]
Rows = NDArray[np.intp] | slice


class Split:
    """N examples in memory: `X` (N, D) float32, `y` (N,) classes 0..C-1.

    The last column of X is ones (bias trick), unless `bias` is False. Raises ValueError if the lengths differ.
    """

    def __init__(self, X: NDArray[Any], y: NDArray[Any], bias: bool = True) -> None:
        if len(X) != len(y):
            raise ValueError(f"{len(X)} rows of X and {len(y)} of y: a split needs as many of each")
        self._X = X
        self.y: Labels = np.asarray(y, dtype=np.intp)
        self.bias = bias

    def __len__(self) -> int:
        return len(self.y)

    @property
    def dimensions(self) -> int:
        """D, the number of features with the bias column."""
        return int(self._X.shape[1])

    @property
    def X(self) -> NDArray[Any]:
        """All examples (N, D). A stored split makes a new array per call: prefer `chunks`."""
        return self._X

    @cached_property
    def digest(self) -> str:
        """A check sum of its examples and classes, the same for equal ones in memory and mapped."""
        sum_of = blake2b(digest_size=8)
        for part in (np.ascontiguousarray(self._X), np.ascontiguousarray(self.y, dtype=np.int64)):
            sum_of.update(f"{part.dtype.str} {part.shape}".encode())
            sum_of.update(part.data if part.size else b"")
        return sum_of.hexdigest()

    def like(self, features: NDArray[Any]) -> Split:
        """Return other examples (n, features) as a split of this form, all of class 0: for scores of new examples."""
        y = np.zeros(len(features), dtype=np.intp)
        return Split(with_bias(features) if self.bias else features.astype(np.float32), y, self.bias)

    def given(self, rows: Rows) -> NDArray[Any]:
        """Return the features (n, D - 1) of the chosen examples as they were given: see `like`."""
        features: NDArray[Any] = self._X[rows]
        return features[:, : self.dimensions - self.bias]

    def batch(self, rows: Rows, out: Floats | None = None) -> Floats:
        """Return the chosen examples (n, D) float32, written to `out` if given.

        `out` may be a view with gaps, such as the first D columns of a padded buffer. Raises IndexError for a row out
        of range.
        """
        if out is None:
            return np.asarray(self._X[rows], dtype=np.float32)
        out[...] = self._X[rows]
        return out

    def chunks(self, size: int) -> Iterator[tuple[slice, Floats]]:
        """Yield all examples in order as (slice, (n, D) float32), n <= size; the next array may overwrite the last.

        Raises ValueError for a size below 1.
        """
        if size < 1:
            raise ValueError(f"a chunk needs at least 1 example, not {size}")
        for start in range(0, len(self), size):
            rows = slice(start, min(start + size, len(self)))
            yield rows, self._chunk(rows, size)

    def _chunk(self, rows: slice, size: int) -> Floats:
        return np.asarray(self._X[rows], dtype=np.float32)


class StoredSplit(Split):
    """N examples in their stored form: gathering a batch subtracts the mean and adds the column of ones.

    `features` (N, D - 1) are uint8 or float32, usually a view of a mapped file that all workers share; `mean` (D - 1,)
    is float32, or None to subtract nothing.
    """

    def __init__(self, features: NDArray[Any], y: NDArray[Any], mean: Floats | None = None) -> None:
        super().__init__(features, y)
        self._mean = mean
        self._gathered = features[:0].copy()
        self._buffer = np.empty((0, 0), dtype=np.float32)

    @property
    def dimensions(self) -> int:
        """D, the number of features with the bias column."""
        return int(self._X.shape[1]) + 1

    def like(self, features: NDArray[Any]) -> Split:
        """Return other examples (n, features) as a split of this form: the same mean is subtracted."""
        return StoredSplit(features, np.zeros(len(features), dtype=np.intp), self._mean)

    @property
    def X(self) -> Floats:
        """All examples (N, D) float32, a new array per call: 4 N D bytes."""
        return self.batch(slice(None))

    def batch(self, rows: Rows, out: Floats | None = None) -> Floats:
        """Return the chosen examples (n, D) float32, written to `out` if given.

        Raises IndexError for a row out of range.
        """
        stored = self._X[rows] if isinstance(rows, slice) else self._gather(rows)
        if out is None:
            out = np.empty((len(stored), self.dimensions), dtype=np.float32)
        features = out[:, :-1]
        # Conversion and subtraction are two passes, because one mixed-type pass takes twice as long.
        np.copyto(features, stored)
        if self._mean is not None:
            features -= self._mean
        out[:, -1] = 1
        return out

    def _gather(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        rows = np.asarray(rows)
        if not len(rows):
            return self._X[:0]
        low, high = int(rows.min()), int(rows.max())
        if low < 0 or high >= len(self):
            raise IndexError(
                f"row {low if low < 0 else high} is not among the {len(self)} examples, 0 to {len(self) - 1}"
            )
        if len(rows) > len(self._gathered):
            self._gathered = np.empty((len(rows), self._X.shape[1]), dtype=self._X.dtype)
        # mode="clip" writes straight into the buffer; the default mode makes a copy first.
        return self._X.take(rows, axis=0, out=self._gathered[: len(rows)], mode="clip")

    def _chunk(self, rows: slice, size: int) -> Floats:
        if len(self._buffer) < min(size, len(self)):
            self._buffer = np.empty((min(size, len(self)), self.dimensions), dtype=np.float32)
        return self.batch(rows, out=self._buffer[: rows.stop - rows.start])


@dataclass(frozen=True, slots=True)
class Image:
    """The layout of pixels in features: row-major, channel by channel or, if `interleaved`, pixel by pixel."""

    height: int
    width: int
    channels: int = 1
    interleaved: bool = False

    @property
    def size(self) -> int:
        """The number of features."""
        return self.height * self.width * self.channels

    def grey(self, features: NDArray[Any]) -> NDArray[Any]:
        """Return features (..., size) as images (..., height, width), averaged over the channels."""
        lead, pixels = features.shape[:-1], (self.height, self.width)
        shape = (*pixels, self.channels) if self.interleaved else (self.channels, *pixels)
        grey: NDArray[Any] = features.reshape(*lead, *shape).mean(axis=-1 if self.interleaved else -3)
        return grey


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set: its splits by name (train, validation, test) and its number of classes.

    `image` is the layout of its pixels, None if features are not pixels.
    """

    name: str
    classes: int
    splits: Mapping[str, Split]
    image: Image | None = None


def with_bias(features: NDArray[Any]) -> Floats:
    """Return the features (N, D - 1) as (N, D) float32 with a last column of ones, the bias trick.

    Source: CS231n, linear classification.
    """
    ones = np.ones((len(features), 1), dtype=np.float32)
    return np.ascontiguousarray(np.hstack([features.astype(np.float32), ones]))


def stratified(y: NDArray[Any], seed: int = SPLIT_SEED) -> dict[str, Labels]:
    """Return the sorted row numbers of each split: of each class 4/6 train, 1/6 validation, 1/6 test.

    A fixed seed shuffles each class, so that the splits never change.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    parts: dict[str, list[Labels]] = {name: [] for name in SPLITS}
    for label in np.unique(y):
        rows = generator.permutation(np.flatnonzero(y == label))
        train_end, validation_end = round(len(rows) * 4 / 6), round(len(rows) * 5 / 6)
        for name, part in zip(SPLITS, np.split(rows, [train_end, validation_end]), strict=True):
            parts[name].append(part)
    return {name: np.sort(np.concatenate(part)) for name, part in parts.items()}
