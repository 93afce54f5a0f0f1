"""The examples: each data set as fixed splits of features and classes. Names only; the work is in the modules."""

from engine.datasets.registry import LOADERS, load
from engine.datasets.split import (
    SPLIT_SEED,
    SPLITS,
    Dataset,
    Rows,
    Split,
    StoredSplit,
    stratified,
    with_bias,
)
from engine.spec import DataError

__all__ = [
    "LOADERS",
    "SPLITS",
    "SPLIT_SEED",
    "DataError",
    "Dataset",
    "Rows",
    "Split",
    "StoredSplit",
    "load",
    "stratified",
    "with_bias",
]
