"""Lossboard: the door that other programs import. Public names are imported on first use, so importing it is cheap."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lossboard.root import check_name

if TYPE_CHECKING:
    from engine import datasets
    from engine.analysis import gradient, landscape, probe
    from engine.objective.objectives import NetworkOptions, objective
    from engine.spec import RunSpec, SpecError, defaults
    from engine.store import StoreError, open_for_reading, open_for_writing
    from engine.strategy import optimize
    from engine.sweep import Axis, SweepPlan

HOMES = {
    "Axis": "engine.sweep",
    "NetworkOptions": "engine.objective.objectives",
    "RunSpec": "engine.spec",
    "SpecError": "engine.spec",
    "StoreError": "engine.store",
    "SweepPlan": "engine.sweep",
    "datasets": "engine",
    "defaults": "engine.spec",
    "gradient": "engine.analysis",
    "landscape": "engine.analysis",
    "objective": "engine.objective.objectives",
    "open_for_reading": "engine.store",
    "open_for_writing": "engine.store",
    "optimize": "engine.strategy",
    "probe": "engine.analysis",
}
"""The home of each public name: a module that defines it, or a package that it is a module of."""

__all__ = [
    "Axis",
    "NetworkOptions",
    "RunSpec",
    "SpecError",
    "StoreError",
    "SweepPlan",
    "datasets",
    "defaults",
    "gradient",
    "landscape",
    "objective",
    "open_for_reading",
    "open_for_writing",
    "optimize",
    "probe",
]


def __getattr__(name: str) -> Any:
    """Import a public name. Raises AttributeError for any other name, ImportError if another package hides `engine`."""
    home = HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lossboard' has no attribute {name!r}")
    check_name("engine")
    module = importlib.import_module(home)
    found = getattr(module, name, None)
    return importlib.import_module(f"{home}.{name}") if found is None else found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
