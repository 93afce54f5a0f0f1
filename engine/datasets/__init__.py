"""Data sets: fixed splits of examples into features and classes."""

from engine.datasets.registry import LOADERS, load
from engine.datasets.shapes import Shape, shape_of, train_examples
from engine.datasets.split import (
    SPLIT_SEED,
    SPLITS,
    Dataset,
    Image,
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
    "Image",
    "Rows",
    "Shape",
    "Split",
    "StoredSplit",
    "load",
    "shape_of",
    "stratified",
    "train_examples",
    "with_bias",
]
