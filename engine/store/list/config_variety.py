"""Config variety: the config values in which logged runs differ, the most telling first."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from engine.store.list.columns import KIND, MOST_VALUES, Variety, variety
from engine.store.records.config import Scalar, flat
from engine.text import clean, setting_text

MOST_DIFFERING = 60
"""Most values that are told to differ: a list has room for a few."""

WIDEST = 60
"""Characters of a value where it stands in a list."""

TELLING = (
    "lr", "learning_rate", "step_size", "model", "arch", "architecture", "backbone", "network", "optimizer", "optim",
    "batch", "batch_size", "bs", "dataset", "data", "weight_decay", "wd", "momentum", "dropout", "scheduler",
    "schedule", "depth", "width", "layers", "hidden", "epochs",
)  # fmt: skip
"""Names of settings that usually matter, the most telling first."""

LEAST = re.compile(
    r"(?:^|[._/-])(?:seed|id|uuid|name|dir|path|file|folder|host|hostname|user|time|date|timestamp|url)$"
)
"""Ends of names that tell runs apart without saying why they differ."""


def variety_of(rows: Sequence[tuple[str, str]]) -> Variety:
    """What runs differ in, of their (kind, spec or config as JSON): all kinds where any is not the engine's, then
    config values, then settings."""
    kinds = tuple(dict.fromkeys(kind for kind, _ in rows))
    found = variety(spec for kind, spec in rows if kind == "engine")
    if not set(kinds) - {"engine"}:
        return found
    return {KIND: kinds, **config_variety([config for kind, config in rows if kind != "engine"]), **found}


def config_variety(configs: Sequence[str]) -> Variety:
    """The values in which configs (JSON objects as text) differ, by `config.NAME`, the most telling first."""
    found: dict[str, dict[Scalar, None]] = {}
    texts = dict.fromkeys(configs)
    for text in texts:
        for name, value in flat(text).items():
            found.setdefault(name, {})[value] = None
    differing = {name: list(values) for name, values in found.items() if len(values) > 1}
    order = sorted(differing, key=lambda name: _rank(name, differing[name], len(texts)))[:MOST_DIFFERING]
    return {f"config.{name}": tuple(map(shown, differing[name][:MOST_VALUES])) for name in order}


def differing_values(configs: Iterable[str]) -> tuple[str, ...]:
    """The flat names of the values in which a few configs differ, those that only some have included."""
    all_given = [flat(text) for text in configs]
    texts = tuple(dict.fromkeys(name for given in all_given for name in given))
    missing = object()
    different = [name for name in texts if len({given.get(name, missing) for given in all_given}) > 1]
    values = {name: [given[name] for given in all_given if name in given] for name in different}
    order = sorted(different, key=lambda name: _rank(name, values[name], len(all_given) + 1))
    return tuple(_telling(order, values))


def _telling(names: list[str], values: Mapping[str, Sequence[Scalar]]) -> list[str]:
    """The names without those that only tell runs apart, unless there are no others."""
    return [name for name in names if _rank(name, values[name], 0)[0] < UNTOLD] or names


UNTOLD = 3
"""The rank of what only tells runs apart."""


def tells_apart(name: str) -> bool:
    """Whether a field tells runs apart without saying why they differ: seeds, names, folders."""
    return LEAST.search(name.lower()) is not None


def shown(value: Scalar) -> str:
    """A value as a list shows it."""
    return (
        clean(value, WIDEST)
        if isinstance(value, str)
        else str(value)
        if isinstance(value, int)
        else setting_text(value)
    )


def _rank(name: str, values: Sequence[Scalar], runs: int) -> tuple[int, int, int]:
    """Known names first, then numbers and words of which several runs have the same, then what each run has alone."""
    last = re.split(r"[./]", name)[-1].lower().replace("-", "_")
    if last in TELLING:
        return 0, TELLING.index(last), 0
    if tells_apart(name) or any(isinstance(value, str) and len(value) > WIDEST for value in values):
        return UNTOLD, 0, len(values)
    words = any(isinstance(value, str) or not math.isfinite(value) for value in values)
    return (1 if len(set(values)) < runs else 2), int(words), len(values)
