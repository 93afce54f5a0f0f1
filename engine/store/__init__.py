"""The store: every run, every iteration, in one SQLite file. The only SQL in the project."""

from engine.store.doors import Demand, Store, open_for_reading, open_for_writing
from engine.store.filter import FilterError
from engine.store.listing import Listing
from engine.store.page import Around
from engine.store.queue import Queue
from engine.store.reader import Reader
from engine.store.records import (
    ENDED,
    STATES,
    Background,
    Checkpoint,
    Claim,
    Command,
    Curve,
    Evaluation,
    Event,
    Fenced,
    Listed,
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
    SweepTitle,
    Worker,
)
from engine.store.steering import Verb
from engine.store.writer import RunWriter

__all__ = [
    "ENDED",
    "STATES",
    "Around",
    "Background",
    "Checkpoint",
    "Claim",
    "Command",
    "Curve",
    "Demand",
    "Evaluation",
    "Event",
    "Fenced",
    "FilterError",
    "Listed",
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
    "SweepTitle",
    "Verb",
    "Worker",
    "open_for_reading",
    "open_for_writing",
]
