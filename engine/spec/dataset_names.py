"""Dataset names: how a run names its data, which is one of DATASETS, perhaps with a number, or a path."""

from __future__ import annotations

import os.path
from dataclasses import dataclass

from engine.spec.parsing import at_least, near_match, quoted

ENDINGS = (".npz", ".csv", ".csv.gz")
"""How the names of files of examples end."""

DATASETS = ("digits", "three-points", "spiral", "synthetic-cifar", "cifar10")
NO_DATA = "none"
"""The data set of a function of the weights alone."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Bounds and default of the whole number that may follow a data set's name after a colon, such as spiral:4."""

    unit: str
    least: int
    most: int
    default: int


AMOUNTS = {
    "spiral": Amount("classes", least=2, most=20, default=3),
    "synthetic-cifar": Amount("training examples", least=100, most=50_000, default=50_000),
}


def is_path(dataset: str) -> bool:
    """True if the name is a path: it contains a path separator or ends in .npz, .csv or .csv.gz."""
    separators = {os.path.sep, os.path.altsep or os.path.sep}
    return dataset.lower().endswith(ENDINGS) or any(separator in dataset for separator in separators)


def dataset_parts(dataset: str) -> tuple[str, int | None]:
    """Split a known data set's name into name and amount: the default amount if none is given, None if it takes none.

    Raises ValueError for an unknown name or an amount that does not fit.
    """
    name, colon, amount = (part.strip() for part in dataset.strip().lower().partition(":"))
    if name not in DATASETS:
        raise ValueError(
            f"{quoted(dataset)} is not known{near_match(name, DATASETS)} "
            f"(choose from {', '.join(DATASETS)}, or give the path of a .npz or .csv file)"
        )
    takes = AMOUNTS.get(name)
    if takes is None:
        if colon:
            raise ValueError(f"{name} takes no number after it, not {quoted(dataset)}")
        return name, None
    if not colon:
        return name, takes.default
    try:
        return name, at_least(takes.least, takes.most).parse(amount)
    except ValueError as error:
        raise ValueError(f"{takes.unit} of {name}: {error}") from None


def normal_name(text: str, given: str) -> str:
    """Return the normal form of a name, or the absolute path of a file, so that runs in any folder find it.

    Raises ValueError for an unknown name or an unprintable path.
    """
    if text.lower() == NO_DATA:
        return NO_DATA
    if not is_path(text):
        name, amount = dataset_parts(text)
        return name if amount is None or amount == AMOUNTS[name].default else f"{name}:{amount}"
    if not text.isprintable():
        raise ValueError(f"the path {quoted(text)} holds characters that cannot be shown; rename the file")
    return os.path.abspath(os.path.expanduser(text))
