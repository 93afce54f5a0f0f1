"""Registry: loads a data set by its name or path in a spec."""

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
"""The loader of each data set by name; those in `spec.AMOUNTS` take their amount."""

_sent: dict[str, Path] = {}
"""Entries of the cache from which this process opens data sets, in place of what their names stand for here."""

STORED = ("synthetic-cifar", "cifar10")
"""The names of data sets stored in the cache folder."""


def load(dataset: str) -> Dataset:
    """Load a data set by known name, with or without its amount, or by the path of a .npz or .csv file.

    The last 16 are cached; a changed file or another cache folder is read again.
    Raises SpecError for an unknown name, DataError for missing or damaged data.
    """
    dataset = parse_field("dataset", dataset)
    if dataset in _sent:
        return _opened_entry(dataset, _sent[dataset])
    if is_path(dataset):
        return _opened(dataset, (str(cache.folder()), *own.stamp(Path(dataset))))
    return _opened(dataset, (str(cache.folder()),) if dataset_parts(dataset)[0] in STORED else ())


def provide(dataset: str, entry: Path) -> None:
    """Have this process open a data set from an entry of the cache, whatever its name stands for on this machine."""
    _sent[parse_field("dataset", dataset)] = entry


def entry_of(dataset: str) -> Path | None:
    """Return the path in the cache of a data set that is kept there; None for the small ones of the package.

    Raises DataError for a file that cannot be read.
    """
    dataset = parse_field("dataset", dataset)
    if is_path(dataset):
        return own.entry_of(Path(dataset))
    name, amount = dataset_parts(dataset)
    if name == "synthetic-cifar" and amount is not None:
        return synthetic.entry_of(amount)
    return cifar10.entry_of() if name == "cifar10" else None


@lru_cache(maxsize=16)
def _opened_entry(dataset: str, entry: Path) -> Dataset:
    loaded = cache.open_entry(entry)
    shape = None if is_path(dataset) else shape_of(dataset)
    image = own.image_of(cache.read_info(entry)) if shape is None else shape.image
    return replace(loaded, image=image)


@lru_cache(maxsize=16)
def _opened(dataset: str, cache_key: tuple[Any, ...]) -> Dataset:
    loaded = own.own(Path(dataset)) if is_path(dataset) else _known(*dataset_parts(dataset))
    shape = shape_of(dataset)
    return loaded if shape is None else replace(loaded, image=shape.image)


def _known(name: str, amount: int | None) -> Dataset:
    return LOADERS[name](amount) if name in AMOUNTS else LOADERS[name]()
