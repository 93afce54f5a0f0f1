"""What the benches of the store start from: a run that somebody has claimed, and a block of made-up losses."""

from __future__ import annotations

import os

import numpy as np

from engine.spec import RunSpec, defaults
from engine.store import Process, RunWriter, Store
from engine.trace.block import Block


def claimed_writer(store: Store, spec: RunSpec | None = None) -> RunWriter:
    """The writer of a run that has just been queued and claimed."""
    store.queue.add([spec or defaults()])
    claim = store.queue.claim(store.register_worker(Process("bench", "bench", os.getpid(), 0)))
    if claim is None:
        raise RuntimeError("the queue was empty")
    return store.writer(claim)


def block(first_iteration: int, count: int, seconds: float, generator: np.random.Generator) -> Block:
    """So many noisy losses that took so many seconds."""
    loss = generator.lognormal(size=count)
    start_s = first_iteration / count * seconds
    return Block(first_iteration, loss).stamped(start_s, start_s + seconds)
