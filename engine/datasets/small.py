"""Small data sets, made or unpacked in memory: three-points, digits, spiral."""

from __future__ import annotations

from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.split import SPLIT_SEED, SPLITS, Dataset, Split, stratified, with_bias

DIGITS_PIXEL_MAXIMUM = 16.0

THREE_POINTS = (1.0, 0.5, 2.0)
"""x0, x1, x2, each the only example of its class. The notes give no numbers; all are positive, so that the loss is
bowl-shaped along each of w0, w1, w2, and powers of two, so that its kinks are exact."""

SPIRAL_EXAMPLES_PER_CLASS = 150
SPIRAL_TURN = 4.0
SPIRAL_NOISE = 0.2


def three_points() -> Dataset:
    """Make three numbers in three classes without bias: W is (w0, w1, w2) as in the notes; each split has all three.

    Source: CS231n, optimization, "visualizing the loss function".
    """
    X = np.array(THREE_POINTS, dtype=np.float32)[:, None]
    split = Split(X, np.arange(3), bias=False)
    return Dataset("three-points", classes=3, splits=MappingProxyType(dict.fromkeys(SPLITS, split)))


def digits() -> Dataset:
    """Load 1,797 images of 8 x 8 pixels, scaled to 0..1 (see engine/data/README.md)."""
    with files("engine.data").joinpath("digits.npz").open("rb") as file, np.load(file, allow_pickle=False) as archive:
        images, y = archive["images"], archive["labels"].astype(np.intp)
    return _split_up("digits", 10, images.reshape(len(images), -1) / DIGITS_PIXEL_MAXIMUM, y)


def spiral(classes: int) -> Dataset:
    """Make points in the plane on one spiral arm per class, of 4 radians and radius 0 to 1: not linearly separable.

    Each class has 100 train, 25 validation and 25 test examples.
    Source: CS231n, neural networks case study, generalised to any number of evenly spaced arms.
    """
    generator = np.random.Generator(np.random.PCG64(SPLIT_SEED))
    n = SPIRAL_EXAMPLES_PER_CLASS
    radius = np.tile(np.linspace(0.0, 1.0, n), classes)
    starts = np.repeat(2 * np.pi * np.arange(classes) / classes, n)
    angle = starts + SPIRAL_TURN * radius + SPIRAL_NOISE * generator.standard_normal(n * classes)
    X = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    return _split_up("spiral", classes, X, np.repeat(np.arange(classes), n))


def _split_up(name: str, classes: int, features: NDArray[Any], y: NDArray[np.intp]) -> Dataset:
    X = with_bias(features)
    splits = {part: Split(X[rows], y[rows]) for part, rows in stratified(y).items()}
    return Dataset(name, classes, MappingProxyType(splits))
