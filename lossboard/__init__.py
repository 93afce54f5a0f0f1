"""Lossboard: the door that other programs import. Public names are imported on first use, so importing it is cheap."""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from typing import Any

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
    from lossboard.current import current_run, evaluate, finish, knob, log, mark, should_stop, start, steps
    from lossboard.run import Run

HOMES = {
    "Axis": "engine.sweep",
    "Block": "engine.trace.block",
    "NetworkOptions": "engine.objective.objectives",
    "Run": "lossboard.run",
    "RunSpec": "engine.spec",
    "SpecError": "engine.spec",
    "State": "engine.trace.state",
    "StoreError": "engine.store",
    "SweepPlan": "engine.sweep",
    "Update": "engine.strategy.updates",
    "as_objective": "engine.objective.functions",
    "config": "lossboard.current",
    "current_run": "lossboard.current",
    "datasets": "engine",
    "defaults": "engine.spec",
    "evaluate": "lossboard.current",
    "finish": "lossboard.current",
    "gradient": "engine.analysis",
    "knob": "lossboard.current",
    "known_function": "engine.objective.functions",
    "landscape": "engine.analysis",
    "log": "lossboard.current",
    "mark": "lossboard.current",
    "objective": "engine.objective.objectives",
    "open_for_reading": "engine.store",
    "open_for_writing": "engine.store",
    "optimize": "engine.strategy",
    "own_objective": "engine.objective.own_functions",
    "probe": "engine.analysis",
    "should_stop": "lossboard.current",
    "start": "lossboard.current",
    "steps": "lossboard.current",
    "summary": "lossboard.current",
}
"""The home of each public name: a module that defines it, or a package that it is a module of."""

__all__ = [
    "Axis",
    "Block",
    "NetworkOptions",
    "Run",
    "RunSpec",
    "SpecError",
    "State",
    "StoreError",
    "SweepPlan",
    "Update",
    "as_objective",
    "current_run",
    "datasets",
    "defaults",
    "evaluate",
    "finish",
    "gradient",
    "knob",
    "known_function",
    "landscape",
    "log",
    "mark",
    "objective",
    "open_for_reading",
    "open_for_writing",
    "optimize",
    "own_objective",
    "probe",
    "should_stop",
    "start",
    "steps",
]


def __getattr__(name: str) -> Any:
    """Import a public name. Raises AttributeError for any other name, ImportError if another package hides `engine`."""
    home = HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lossboard' has no attribute {name!r}")
    if home.startswith("engine"):
        importlib.import_module("lossboard.root").check_name("engine")
    module = importlib.import_module(home)
    if name in ("config", "summary"):  # of the run that is logged, so there may be none
        return getattr(module, name)
    found = getattr(module, name, None)
    return importlib.import_module(f"{home}.{name}") if found is None else found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "config", "summary"})
