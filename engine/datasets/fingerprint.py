"""Fingerprint: what tells that a data set holds other examples than it did, as one line that is kept with a run."""

from __future__ import annotations

from hashlib import blake2b

from engine.datasets.split import Dataset
from engine.spec import DataError
from engine.text import counted

SEPARATOR = ", sum "


def fingerprint(dataset: Dataset) -> str:
    """Return the sizes of a data set and a check sum of all its splits; '' for one without classes.

    Reads all examples once a process: about a second for a gigabyte.
    """
    if not dataset.classes:
        return ""
    train = next(iter(dataset.splits.values()))
    examples = sum(len(split) for split in dataset.splits.values())
    joined = " ".join(f"{name} {split.digest}" for name, split in dataset.splits.items())
    sizes = (
        counted(examples, "example"),
        counted(train.dimensions - train.bias, "feature"),
        f"{dataset.classes} classes",
    )
    return f"{', '.join(sizes)}{SEPARATOR}{blake2b(joined.encode(), digest_size=8).hexdigest()}"


def check_same(dataset: Dataset, before: str, owner: str) -> None:
    """Raise DataError where a data set is not the one with the fingerprint `before`; '' fits every one.

    `owner` is the run, as the subject of a sentence: it says what changed and what to do.
    """
    now = fingerprint(dataset) if before else ""
    if now == before:
        return
    (then, _, _), (sizes, _, _) = before.partition(SEPARATOR), now.partition(SEPARATOR)
    how = f"it had {then} and has {sizes} now" if then != sizes else f"it has as many examples ({then}), but others"
    raise DataError(
        f"The data set {dataset.name} has changed since {owner} began: {how}. Its weights were learnt from the data of "
        f"then: put those back, or start a new run on these."
    )
