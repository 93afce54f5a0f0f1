"""Batch sizes that a data set allows, as far as is known without reading it."""

from __future__ import annotations

from engine.spec import SpecError, parse_field


def train_examples(dataset: str) -> int | None:
    """Return the number of training examples; None for an unknown name, or a file that was not read yet."""
    from engine import datasets  # the first screen needs none: reading them loads archives and check sums

    try:
        return datasets.train_examples(parse_field("dataset", dataset))
    except SpecError:  # a name that is being typed
        return None


def fitting(batch_size: int | None, dataset: str) -> int | None:
    """Return the batch size, or None (the full batch) where the data set is smaller or was not read yet."""
    examples = train_examples(dataset)
    return batch_size if batch_size is not None and examples is not None and batch_size <= examples else None


def too_many(batch_size: float | None, dataset: str) -> str:
    """Return why a batch is too large for a data set; '' if it is not, as far as is known."""
    examples = train_examples(dataset)
    if batch_size is None or examples is None or batch_size <= examples:
        return ""
    return f"{batch_size:,} is more than the {examples:,} training examples; write full for all of them"
