"""Catalogue: every known data set and every cache entry, described without making any."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.datasets import cache, cifar10, own, registry, synthetic
from engine.datasets.split import SPLITS, Dataset
from engine.spec import AMOUNTS, DATASETS, DataError, dataset_parts, is_path, parse_field

READY, ON_USE, TO_ADD, CHANGED, DAMAGED = "ready", "made on first use", "to be added", "source has changed", "damaged"

EXPLANATIONS = {
    "digits": "Handwritten digits, 8 x 8 pixels scaled to 0..1, packaged with lossboard (UCI repository, CC BY 4.0).",
    "three-points": "The three-point example of the CS231n optimization notes: one number per class and no bias, "
    "so that W is (w0, w1, w2). Every split holds all three.",
    "spiral": "Points in the plane on spiral arms, which no line tells apart; spiral:N has N arms, one a class "
    "(after the CS231n neural networks case study).",
    "synthetic-cifar": "Images of CIFAR-10's shape, made from a fixed seed into the cache; synthetic-cifar:N has "
    "N training images. Pixels 0..255 less the mean image.",
    "cifar10": "60,000 photographs in 10 classes; pixels 0..255 less the mean image. " + cifar10.HOW_TO_GET,
}


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """One data set: its name or path in a spec, its `state`, and its shape if known.

    `features` is the number without the bias, `sizes` the numbers of train, validation and test examples,
    `cache_bytes` its size in the cache folder, `trouble` the message if it is damaged. `labels` are the names of its
    classes, in their order, where its file has names.
    """

    dataset: str
    state: str
    classes: int | None = None
    features: int | None = None
    sizes: tuple[int, ...] | None = None
    cache_bytes: int = 0
    source: str = ""
    trouble: str = ""
    labels: tuple[str, ...] = ()


def all_entries() -> list[DatasetEntry]:
    """Return the known data sets, then the other entries of the cache."""
    known = [describe(name) for name in DATASETS]
    stored = [_entry(name, info) for name, info in cache.entries().items()]
    listed = {entry.dataset for entry in known}
    return known + [entry for entry in stored if entry.dataset not in listed]


def describe(dataset: str) -> DatasetEntry:
    """Describe a data set by its name or path in a spec. Reads and checks a file, but makes no large data set.

    Raises SpecError for an unknown name, DataError for a file that does not fit.
    """
    dataset = parse_field("dataset", dataset)
    if is_path(dataset):
        registry.load(dataset)
        entry = own.entry_of(Path(dataset))
        return _entry(entry.name, cache.read_info(entry))
    name, amount = dataset_parts(dataset)
    if name not in registry.STORED:
        return _small(dataset, registry.load(dataset))
    folder = synthetic.entry_of(amount) if amount else cifar10.entry_of()
    if folder.exists():
        try:
            return _entry(folder.name, cache.read_info(folder))
        except DataError as error:
            return DatasetEntry(dataset, DAMAGED, trouble=error.message)
    if amount:
        return DatasetEntry(dataset, ON_USE, synthetic.CLASSES, synthetic.PIXELS, synthetic.sizes(amount))
    return DatasetEntry(dataset, TO_ADD, cifar10.CLASSES, cifar10.PIXELS, cifar10.sizes())


def own_files() -> dict[str, list[str]]:
    """Return the paths of the user's files in the cache by short name, which is without folder and ending.

    A name of another data set is none.
    """
    found: dict[str, list[str]] = {}
    for info in cache.entries().values():
        if isinstance(info, cache.EntryInfo) and is_path(info.name):
            paths = found.setdefault(Path(info.name.lower().removesuffix(".gz")).stem, [])
            paths += [info.source] if info.source not in paths else []
    return {name: paths for name, paths in found.items() if name not in DATASETS}


def explanation(dataset: str) -> str:
    """Return one or two sentences on a data set and its origin; '' for a user's own file."""
    return "" if is_path(dataset) else EXPLANATIONS[dataset_parts(dataset)[0]]


def _small(dataset: str, loaded: Dataset) -> DatasetEntry:
    train = loaded.splits["train"]
    sizes = tuple(len(loaded.splits[split]) for split in SPLITS)
    return DatasetEntry(dataset, READY, loaded.classes, train.dimensions - train.bias, sizes)


def _entry(folder: str, info: cache.EntryInfo | DataError) -> DatasetEntry:
    if isinstance(info, DataError):
        return DatasetEntry(folder, DAMAGED, trouble=info.message)
    dataset, state = info.name, READY
    if info.name in AMOUNTS:
        dataset = parse_field("dataset", f"{info.name}:{info.sizes[0]}")
    elif info.name not in DATASETS:
        dataset = info.source
        state = READY if _is_current(folder, Path(info.source)) else CHANGED
    return DatasetEntry(
        dataset,
        state,
        info.classes,
        info.features,
        info.sizes,
        info.stored_bytes,
        source=info.source,
        labels=info.labels,
    )


def _is_current(folder: str, source: Path) -> bool:
    try:
        return own.entry_of(source).name == folder
    except DataError:
        return False
