"""Which data set a spec's name means."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from engine.datasets import small
from engine.datasets.split import Dataset
from engine.spec import SpecError, near_match, shown

LOADERS: dict[str, Callable[[], Dataset]] = {"digits": small.digits, "three-points": small.three_points}


@cache
def load(name: str) -> Dataset:
    """The data set of that name, read once per process. Raises SpecError with the near match."""
    if name not in LOADERS:
        raise SpecError("dataset", f"data set {shown(name)} is not known{near_match(name, LOADERS)}")
    return LOADERS[name]()
