"""Which data set a spec's name means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.datasets import cache, cifar10, own, small, synthetic
from engine.datasets.shapes import shape_of
from engine.datasets.split import Dataset
from engine.spec import AMOUNTS, dataset_parts, is_path, parse_field

LOADERS: dict[str, Callable[..., Dataset]] = {
    "digits": small.digits,
    "three-points": small.three_points,
    "spiral": small.spiral,
    "synthetic-cifar": synthetic.synthetic_cifar,
    "cifar10": cifar10.cifar10,
}
"""Each data set by name; those in `spec.AMOUNTS` are called with their amount."""

STORED = ("synthetic-cifar", "cifar10")
"""The names whose examples lie in the cache folder."""


def load(dataset: str) -> Dataset:
    """The data set that a spec names: a known name, with its amount or without, or the path of a .npz or .csv.

    Read once per process, and again only when another cache folder or a changed file is meant.
    Raises SpecError with the near match, or DataError that names the file and what was expected.
    """
    dataset = parse_field("dataset", dataset)
    if is_path(dataset):
        return _opened(dataset, (str(cache.folder()), *own.stamp(Path(dataset))))
    return _opened(dataset, (str(cache.folder()),) if dataset_parts(dataset)[0] in STORED else ())


@lru_cache(maxsize=16)
def _opened(dataset: str, where: tuple[Any, ...]) -> Dataset:
    loaded = own.own(Path(dataset)) if is_path(dataset) else _known(*dataset_parts(dataset))
    shape = shape_of(dataset)
    return loaded if shape is None else replace(loaded, image=shape.image)


def _known(name: str, amount: int | None) -> Dataset:
    return LOADERS[name](amount) if name in AMOUNTS else LOADERS[name]()
