"""Shapes: classes, features, images and training examples of a data set by its name, without loading or making it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.datasets import cache, cifar10, own
from engine.datasets.split import Image
from engine.spec import NO_DATA, DataError, dataset_parts, is_path

CIFAR = Image(32, 32, channels=3)
DIGITS_TRAIN = 1198
SPIRAL_TRAIN_PER_CLASS = 100
"""Sizes of the train splits of the small data sets."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of classes and features (without the bias), and the image shape if the features are pixels."""

    classes: int
    features: int
    bias: bool = True
    image: Image | None = None

    @property
    def dimensions(self) -> int:
        """D, the number of features with the bias column."""
        return self.features + self.bias


def shape_of(dataset: str) -> Shape | None:
    """Return a data set's shape; None for a file that is not in this machine's cache.

    Raises ValueError for an unknown name.
    """
    if is_path(dataset):
        return _own(Path(dataset))
    name, amount = dataset_parts(dataset)
    return {
        "digits": Shape(10, 64, image=Image(8, 8)),
        "three-points": Shape(3, 1, bias=False),
        "spiral": Shape(amount or 0, 2),
        "synthetic-cifar": Shape(10, CIFAR.size, image=CIFAR),
        "cifar10": Shape(10, CIFAR.size, image=CIFAR),
    }[name]


def train_examples(dataset: str) -> int | None:
    """Return the number of training examples; None without data, or for a file that is not in this machine's cache.

    Raises ValueError for an unknown name.
    """
    if dataset == NO_DATA:
        return None
    if is_path(dataset):
        info = _info(Path(dataset))
        return None if info is None else info.sizes[0]
    name, amount = dataset_parts(dataset)
    return {
        "digits": DIGITS_TRAIN,
        "three-points": 3,
        "spiral": SPIRAL_TRAIN_PER_CLASS * (amount or 0),
        "synthetic-cifar": amount,
        "cifar10": cifar10.sizes()[0],
    }[name]


def _info(path: Path) -> cache.EntryInfo | None:
    try:
        return cache.read_info(own.entry_of(path))
    except DataError:
        return None


def _own(path: Path) -> Shape | None:
    info = _info(path)
    if info is None:
        return None
    return Shape(info.classes, info.features, image=own.image_of(info))
