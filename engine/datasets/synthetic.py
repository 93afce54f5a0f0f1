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
"""A class is a picture of 8 x 8 patches of colour."""


def synthetic_cifar(train: int) -> Dataset:
    """`train` training images of 3 x 32 x 32 bytes and a tenth as many to validate and to test; 10 classes.

    Pixels are 0..255 with the train split's mean image subtracted, the units of the CS231n notes.
    """
    return cache.opened_or_made(entry_of(train), lambda place: _make(place, train))


def entry_of(train: int) -> Path:
    """Where the data set with that many training images lies in the cache."""
    return cache.folder() / f"synthetic-cifar-{train}"


def sizes(train: int) -> tuple[int, int, int]:
    """The examples of train, validation and test."""
    return train, train // 10, train // 10


def _make(entry: Path, train: int) -> None:
    about = cache.EntryInfo(
        name="synthetic-cifar",
        classes=CLASSES,
        features=PIXELS,
        stored="uint8",
        sizes=sizes(train),
        centred=True,
        source="made by lossboard from a fixed seed",
    )
    cache.make(entry, about, images(about.examples))


def images(n: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.intp]]]:
    """n images and their classes in chunks: whole numbers only, so that every machine makes the same bytes.

    An image is its class's picture under noise, faded into that of another class: a few by more than a
    half, so that nothing learns them all.
    """
    generator = np.random.Generator(np.random.PCG64(SPLIT_SEED))
    patches = generator.integers(-40, 41, (CLASSES, 3, PATCHES, PATCHES), dtype=np.int16)
    pictures = patches.repeat(32 // PATCHES, axis=2).repeat(32 // PATCHES, axis=3).reshape(CLASSES, PIXELS)
    for start in range(0, n, ROWS_PER_CHUNK):
        count = min(ROWS_PER_CHUNK, n - start)
        y = generator.integers(0, CLASSES, count)
        other = generator.integers(0, CLASSES, count)
        fading = generator.integers(0, 81, (count, 1), dtype=np.int16)
        pixels = pictures[y] * (128 - fading) + pictures[other] * fading
        pixels >>= 7
        noise = generator.integers(0, 256, (count, PIXELS), dtype=np.uint8)
        pixels += noise >> 1
        pixels += 64
        yield pixels.clip(0, 255).astype(np.uint8), y
