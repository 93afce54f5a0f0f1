"""The frozen records that the store takes and gives."""

from engine.store.records.errors import (
    Fenced,
    FilterError,
    Misplaced,
    NoRun,
    NoSweep,
    Refused,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreGone,
)
from engine.store.records.recorded import Command, Evaluation, Event
from engine.store.records.runs import ENDED, STATES, Listed, Run, RunState, readable_spec
from engine.store.records.sweeps import RungDecision, Sweep, SweepTitle
from engine.store.records.workers import (
    WORKER_COLUMNS,
    Background,
    Checkpoint,
    Claim,
    Origin,
    Ownership,
    Process,
    Worker,
    worker_from_row,
)

__all__ = [
    "ENDED",
    "STATES",
    "WORKER_COLUMNS",
    "Background",
    "Checkpoint",
    "Claim",
    "Command",
    "Evaluation",
    "Event",
    "Fenced",
    "FilterError",
    "Listed",
    "Misplaced",
    "NoRun",
    "NoSweep",
    "Origin",
    "Ownership",
    "Process",
    "Refused",
    "Run",
    "RunState",
    "RungDecision",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "StoreGone",
    "Sweep",
    "SweepTitle",
    "Worker",
    "readable_spec",
    "worker_from_row",
]
