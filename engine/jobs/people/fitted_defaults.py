"""Fitted defaults: those of a run that follow from the size of its features, as far as it can be told."""

from __future__ import annotations

import math
from typing import Any

from engine import datasets
from engine.spec import FITTED, DataError, RunSpec, SpecError, defaults, fitted

AT_ONCE = 2 << 20
"""A file of so many bytes is read while somebody types; a larger one only once it has been read before."""


def fitted_defaults(spec: RunSpec, *, waits: bool) -> dict[str, Any]:
    """Return the defaults of a spec that its data make others than its names do, by field.

    A field whose value is not the default of the names was chosen, and is left out. `waits`: a file is read however
    long that takes, and DataError raised where it cannot be; else nothing is returned for it.
    """
    try:
        norm = datasets.squared_norm(spec.dataset, spec.standardize == "yes", None if waits else AT_ONCE)
    except (DataError, SpecError):
        if waits:
            raise
        return {}
    if norm is None or not math.isfinite(norm):
        return {}
    usual, named = defaults(spec.strategy, spec.objective), defaults(spec.strategy, spec.objective, spec.dataset)
    values = {name: getattr(usual, name) for name in FITTED}
    suited = {**values, **fitted(spec.strategy, spec.objective, values, norm)}
    return {
        name: value
        for name, value in suited.items()
        if getattr(spec, name) == getattr(named, name) != value and spec.decides(name)
    }
