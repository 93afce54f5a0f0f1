"""The frozen records that the store takes and gives."""

from engine.store.records.errors import (
    FencedOff,
    FilterError,
    MisplacedStore,
    NoRun,
    NoSweep,
    Refused,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreGone,
)
from engine.store.records.recorded import Command, Evaluation, Event
from engine.store.records.runs import ENDED, STATES, Listed, Run, RunState, readable_spec, reason_words, status_word
from engine.store.records.sweeps import RungDecision, Sweep, SweepTitle
from engine.store.records.workers import (
    WORKER_COLUMNS,
    Checkpoint,
    Claim,
    Origin,
    Ownership,
    Process,
    RunBackground,
    Worker,
    worker_from_row,
)

__all__ = [
    "ENDED",
    "STATES",
    "WORKER_COLUMNS",
    "Checkpoint",
    "Claim",
    "Command",
    "Evaluation",
    "Event",
    "FencedOff",
    "FilterError",
    "Listed",
    "MisplacedStore",
    "NoRun",
    "NoSweep",
    "Origin",
    "Ownership",
    "Process",
    "Refused",
    "Run",
    "RunBackground",
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
    "reason_words",
    "status_word",
    "worker_from_row",
]
