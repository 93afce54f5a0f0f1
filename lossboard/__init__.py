"""Lossboard: the door that other programs import. Public names are imported on first use, so importing it is cheap."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lossboard.root import check_name

if TYPE_CHECKING:
    from engine import datasets
    from engine.analysis import gradient, landscape, probe
    from engine.objective.functions import as_objective, known_function
    from engine.objective.objectives import NetworkOptions, objective
    from engine.objective.own_functions import own_objective
    from engine.spec import RunSpec, SpecError, defaults
    from engine.store import StoreError, open_for_reading, open_for_writing
    from engine.strategy import optimize
    from engine.strategy.updates import Update
    from engine.sweep import Axis, SweepPlan
    from engine.trace.block import Block
    from engine.trace.state import State

HOMES = {
    "Axis": "engine.sweep",
    "Block": "engine.trace.block",
    "NetworkOptions": "engine.objective.objectives",
    "RunSpec": "engine.spec",
    "SpecError": "engine.spec",
    "State": "engine.trace.state",
    "StoreError": "engine.store",
    "SweepPlan": "engine.sweep",
    "Update": "engine.strategy.updates",
    "as_objective": "engine.objective.functions",
    "datasets": "engine",
    "defaults": "engine.spec",
    "gradient": "engine.analysis",
    "known_function": "engine.objective.functions",
    "landscape": "engine.analysis",
    "objective": "engine.objective.objectives",
    "open_for_reading": "engine.store",
    "open_for_writing": "engine.store",
    "optimize": "engine.strategy",
    "own_objective": "engine.objective.own_functions",
    "probe": "engine.analysis",
}
"""The home of each public name: a module that defines it, or a package that it is a module of."""

__all__ = [
    "Axis",
    "Block",
    "NetworkOptions",
    "RunSpec",
    "SpecError",
    "State",
    "StoreError",
    "SweepPlan",
    "Update",
    "as_objective",
    "datasets",
    "defaults",
    "gradient",
    "known_function",
    "landscape",
    "objective",
    "open_for_reading",
    "open_for_writing",
    "optimize",
    "own_objective",
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
