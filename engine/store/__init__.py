"""The store: every run, every iteration, in one SQLite file. The only SQL in the project."""

from engine.store.doors import Demand, Store, open_for_reading, open_for_writing
from engine.store.listing import FilterError, Listing
from engine.store.queue import Queue
from engine.store.reader import Reader
from engine.store.records import (
    ENDED,
    STATES,
    Checkpoint,
    Claim,
    Command,
    Curve,
    Evaluation,
    Event,
    Fenced,
    Origin,
    Ownership,
    Process,
    Refused,
    Run,
    RungDecision,
    RunState,
    Samples,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreGone,
    Sweep,
    Worker,
)
from engine.store.steering import Verb
from engine.store.writer import RunWriter

__all__ = [
    "ENDED",
    "STATES",
    "Checkpoint",
    "Claim",
    "Command",
    "Curve",
    "Demand",
    "Evaluation",
    "Event",
    "Fenced",
    "FilterError",
    "Listing",
    "Origin",
    "Ownership",
    "Process",
    "Queue",
    "Reader",
    "Refused",
    "Run",
    "RunState",
    "RunWriter",
    "RungDecision",
    "Samples",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "StoreGone",
    "Sweep",
    "Verb",
    "Worker",
    "open_for_reading",
    "open_for_writing",
]
