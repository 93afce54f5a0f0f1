"""Data sets: fixed splits of examples into features and classes."""

from engine.datasets.feature_size import squared_norm
from engine.datasets.fingerprint import check_same, fingerprint
from engine.datasets.registry import LOADERS, entry_of, load, provide
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
from engine.datasets.standard import standardized
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
    "check_same",
    "entry_of",
    "fingerprint",
    "load",
    "provide",
    "shape_of",
    "squared_norm",
    "standardized",
    "stratified",
    "train_examples",
    "with_bias",
]
