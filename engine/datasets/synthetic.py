"""synthetic-cifar: images of CIFAR-10's shape that a linear score function can learn, made from a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets import cache
from engine.datasets.split import SPLIT_SEED, Dataset

CLASSES = 10
PIXELS = 3 * 32 * 32
ROWS_PER_CHUNK = 1000
PATCHES = 8
"""A class is an image of 8 x 8 patches of colour."""


def synthetic_cifar(train: int) -> Dataset:
    """Load `train` train images of 3 x 32 x 32 bytes, and a tenth as many each for validation and test; 10 classes.

    Pixels are 0..255 minus the train split's mean image, the units of the CS231n notes. Raises DataError if the cache
    cannot be written or is damaged.
    """
    return cache.opened_or_made(entry_of(train), lambda entry: _make(entry, train))


def entry_of(train: int) -> Path:
    """Return the path in the cache of the data set with `train` train images, which may not exist."""
    return cache.folder() / f"synthetic-cifar-{train}"


def sizes(train: int) -> tuple[int, int, int]:
    """Return the numbers of train, validation and test examples."""
    return train, train // 10, train // 10


def _make(entry: Path, train: int) -> None:
    info = cache.EntryInfo(
        name="synthetic-cifar",
        classes=CLASSES,
        features=PIXELS,
        stored="uint8",
        sizes=sizes(train),
        centred=True,
        source="made by lossboard from a fixed seed",
    )
    cache.make(entry, info, images(info.examples))


def images(n: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.intp]]]:
    """Yield n images and their classes in chunks (k, PIXELS) and (k,); integers give the same bytes on every machine.

    An image is its class's pattern mixed with that of another class, plus noise; a few have more than half of the
    other, so that no classifier is perfect.
    """
    generator = np.random.Generator(np.random.PCG64(SPLIT_SEED))
    patches = generator.integers(-40, 41, (CLASSES, 3, PATCHES, PATCHES), dtype=np.int16)
    patterns = patches.repeat(32 // PATCHES, axis=2).repeat(32 // PATCHES, axis=3).reshape(CLASSES, PIXELS)
    for start in range(0, n, ROWS_PER_CHUNK):
        count = min(ROWS_PER_CHUNK, n - start)
        y = generator.integers(0, CLASSES, count)
        other = generator.integers(0, CLASSES, count)
        share = generator.integers(0, 81, (count, 1), dtype=np.int16)
        pixels = patterns[y] * (128 - share) + patterns[other] * share
        pixels >>= 7
        noise = generator.integers(0, 256, (count, PIXELS), dtype=np.uint8)
        pixels += noise >> 1
        pixels += 64
        yield pixels.clip(0, 255).astype(np.uint8), y
