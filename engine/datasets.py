"""The examples: each data set as fixed splits of features (bias trick: a last column of ones) and classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.spec import SpecError, near_match, shown

SPLITS = ("train", "validation", "test")
DIGITS_PIXEL_MAXIMUM = 16.0
SPLIT_SEED = 231


@dataclass(frozen=True, slots=True)
class Split:
    """N examples: `X` float32 of shape (N, D), whose last column is ones; `y` classes 0..C-1 of shape (N,)."""

    X: NDArray[Any]
    y: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set's splits by name, and its number of classes."""

    name: str
    classes: int
    splits: Mapping[str, Split]


def with_bias(features: NDArray[Any]) -> NDArray[np.float32]:
    """The features as float32 with a last column of ones, so that W holds the bias (CS231n, linear classification)."""
    ones = np.ones((len(features), 1), dtype=np.float32)
    return np.ascontiguousarray(np.hstack([features.astype(np.float32), ones]))


def stratified(y: NDArray[np.intp], seed: int = SPLIT_SEED) -> dict[str, NDArray[np.intp]]:
    """Row numbers of each split: within each class two thirds train, one sixth validates, one sixth tests.

    The order within a class comes from a fixed seed, so that the splits never change; rows come
    back sorted.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    parts: dict[str, list[NDArray[np.intp]]] = {name: [] for name in SPLITS}
    for label in np.unique(y):
        rows = generator.permutation(np.flatnonzero(y == label))
        train_end, validation_end = round(len(rows) * 4 / 6), round(len(rows) * 5 / 6)
        for name, part in zip(SPLITS, np.split(rows, [train_end, validation_end]), strict=True):
            parts[name].append(part)
    return {name: np.sort(np.concatenate(part)) for name, part in parts.items()}


def _digits() -> Dataset:
    with files("engine.data").joinpath("digits.npz").open("rb") as file, np.load(file, allow_pickle=False) as archive:
        images, y = archive["images"], archive["labels"].astype(np.intp)
    X = with_bias(images.reshape(len(images), -1) / DIGITS_PIXEL_MAXIMUM)
    splits = {name: Split(X[rows], y[rows]) for name, rows in stratified(y).items()}
    return Dataset("digits", classes=10, splits=MappingProxyType(splits))


LOADERS: dict[str, Callable[[], Dataset]] = {"digits": _digits}


@cache
def load(name: str) -> Dataset:
    """The data set of that name, read once per process. Raises SpecError with the near match."""
    if name not in LOADERS:
        raise SpecError("dataset", f"data set {shown(name)} is not known{near_match(name, LOADERS)}")
    return LOADERS[name]()
