"""Feature size: the squared norm of a data set's examples, from which default step sizes follow."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from engine.datasets import own
from engine.datasets.registry import load
from engine.datasets.shapes import shape_of
from engine.datasets.split import Split
from engine.spec import NO_DATA, is_path

LOOKED_AT = 1000
"""Examples that are enough to tell."""


def squared_norm(dataset: str, is_standardized: bool, most_bytes: int | None = None) -> float | None:
    """Return the mean over examples of the sum of their squared features, without the bias.

    None for a data set whose name tells, one without data, and a file of more bytes that is not in this machine's
    cache. Raises SpecError for an unknown name, DataError for a file that cannot be read.
    """
    if dataset == NO_DATA or not (is_standardized or is_path(dataset)):
        return None
    shape = shape_of(dataset)
    if shape is None:
        if most_bytes is not None and own.stamp(Path(dataset))[0] > most_bytes:
            return None
        load(dataset)
        shape = shape_of(dataset)
    if is_standardized:
        return None if shape is None else float(shape.features)
    return _of_split(load(dataset).splits["train"])


@lru_cache(maxsize=16)
def _of_split(train: Split) -> float:
    features = train.batch(slice(0, LOOKED_AT))[:, : train.dimensions - train.bias].astype(np.float64)
    with np.errstate(all="ignore"):
        return float(np.square(features).sum(axis=1).mean())
