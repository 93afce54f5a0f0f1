"""Columns: what a list can show of a run, by the name of its order, and the settings in which runs differ."""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterable, Mapping
from dataclasses import fields
from operator import itemgetter
from types import MappingProxyType

from engine.spec import FIELDS, RunSpec, short_name, typed_text
from engine.store.records import Run

Variety = Mapping[str, tuple[str, ...]]
"""The settings in which runs differ, the most telling first, with the values of each as text."""

KIND = "kind"
"""Stands among what differs, with all kinds of runs, where any run is not the engine's."""

NO_VARIETY: Variety = MappingProxyType({})

MOST_VALUES = 64
"""Most values of a setting that are kept: their texts decide how wide a column is."""

MISSING = "·"
"""Stands where a setting does not apply to a run, or cannot be read."""

TELLING = (
    "objective", "dataset", "step_size", "schedule", "regularization_strength", "hidden_size", "hidden", "channels",
    "activation", "update", "batch_size", "momentum", "dropout", "normalization", "averaging", "clip_norm", "strategy",
    "delta", "initial_scale", "sampling", "warm_up", "seed",
)  # fmt: skip
"""Settings that usually matter, the most telling first."""

_LAST = ("planned", "seconds", "patience", "divergence_factor", "pace", "metrics")

SETTINGS: tuple[str, ...] = (
    *TELLING,
    *(name for name in FIELDS if name not in (*TELLING, *_LAST, "iterations")),
    *_LAST,
)
"""Every setting of a run, the most telling first. `planned` is its budget in iterations."""

WORDS: frozenset[str] = frozenset(entry.name for entry in fields(RunSpec) if entry.type == "str")
"""Settings that are words; the others are numbers."""

TITLES: Mapping[str, str] = {
    **{name: FIELDS["iterations" if name == "planned" else name].label for name in SETTINGS},
    "step_size": "step",
    "batch_size": "batch",
    "regularization_strength": "lambda",
    "hidden_size": "hidden",
    "hidden": "layers",
    "initial_scale": "scale",
    "regularize_bias": "reg. bias",
    "rms_decay": "rms decay",
    "divergence_factor": "div. factor",
    "planned": "planned",
    "run": "run",
    "name": "name",
    "tags": "tags",
    "status": "status",
    "iterations": "iteration",
    "elapsed": "time",
    "kind": "kind",
    "project": "project",
    "group": "group",
    "loss": "loss",
    "train": "train",
    "validation": "valid.",
    "accuracy": "acc.",
    "test": "test",
    "test_accuracy": "test acc.",
    "batch_loss": "batch ~",
    "best": "best",
    "speed": "it/s",
    "created": "age",
}
"""The title of each column."""

COLUMNS: tuple[str, ...] = (
    "run", "status", "name", "tags", "kind", "project", "group",
    "strategy", "objective", "dataset", "update", "schedule", "step_size", "batch_size",
    *(name for name in SETTINGS if name not in ("strategy", "objective", "dataset", "update", "schedule", "step_size",
                                                "batch_size")),
    "iterations", "elapsed", "loss", "train", "validation", "accuracy", "test", "test_accuracy", "batch_loss", "best",
    "speed", "created",
)  # fmt: skip
"""The names of all columns from left to right; each is also an order."""


def setting(run: Run, name: str) -> str | float | None:
    """A setting of a run as people type it, or the number if it is a float; None if it has no effect on the run.

    The step size is the one in force; a name of your own is without the folder of its file.
    """
    spec = run.spec
    if spec is None:
        return None
    field = "iterations" if name == "planned" else name
    if name == "strategy":
        return spec.label
    if not FIELDS[field].applies({each: getattr(spec, each) for each in FIELDS[field].decided_by}):
        return None
    value = run.step_size_now if name == "step_size" and run.step_size_now is not None else getattr(spec, field)
    return value if isinstance(value, float) else short_name(_text(field, value))


def variety(specs: Iterable[str]) -> Variety:
    """The settings in which runs differ, of their specs as JSON; a setting counts only where it has an effect.

    Specs that cannot be read are left out.
    """
    all_chosen = [chosen for text in dict.fromkeys(specs) if (chosen := _chosen(text))]
    by_field = zip(*map(_IN_ORDER, all_chosen), strict=True)
    differing = {name for name, values in zip(FIELDS, by_field, strict=bool(all_chosen)) if len(set(values)) > 1}
    found: dict[str, tuple[str, ...]] = {}
    for name in SETTINGS:
        field = "iterations" if name == "planned" else name
        if field in differing:
            values = dict.fromkeys(chosen[field] for chosen in all_chosen if FIELDS[field].applies(chosen))
            if len(values) > 1:
                found[name] = tuple(_text(field, value) for value in list(values)[:MOST_VALUES])
    return found


_IN_ORDER = itemgetter(*FIELDS)
_SCALARS = frozenset({str, int, float, type(None)})
_DEFAULTS = {entry.name: entry.default for entry in fields(RunSpec)}


def _chosen(text: str) -> dict[str, str | float | None]:
    """The values of a spec by field, those that an older version did not write by default; {} if it is no spec."""
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(facts, dict):
        return {}
    chosen = {**_DEFAULTS, **facts}
    return chosen if _SCALARS.issuperset(map(type, _IN_ORDER(chosen))) else {}


def _text(field: str, value: object) -> str:
    """A value as text; of a path to a data set its last part, which tells files apart."""
    text = typed_text(field, value)
    return os.path.basename(text) if field == "dataset" and os.path.sep in text else text
