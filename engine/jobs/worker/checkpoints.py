"""Checkpoints: when the next one of a run is due, and of which kind it is."""

from __future__ import annotations

import math
import time

from engine.store import Checkpoint
from engine.trace.state import State, state_to_bytes

CHECKPOINT_S = 2.0
CHECKPOINT_SHARE = 0.02
"""Largest share of time spent on checkpoints: a slow checkpoint makes the next one wait longer."""

SNAPSHOT_RATIO = 1.25
"""Ratio between the iterations of successive snapshots: a fork recomputes at most a fifth of its parent, and a run of a
million iterations keeps 60 snapshots."""

SMALL_SNAPSHOT = 256 * 1024
LARGE_SNAPSHOT_RATIO = 2.0


class Checkpoints:
    """The checkpoints of one attempt, the last snapshot of an earlier one at `snapshot_iteration`."""

    def __init__(self, snapshot_iteration: int) -> None:
        self._taken_at, self._every_s = time.monotonic(), CHECKPOINT_S
        self._snapshot_at = _snapshot_after(snapshot_iteration, 0)

    def due(self, iteration: int, state: State | bytes, *, at_once: bool = False) -> Checkpoint | None:
        """The checkpoint of a state before an iteration if one is due, or is to be taken `at_once`."""
        snapshot = iteration >= self._snapshot_at
        if not (snapshot or at_once or time.monotonic() - self._taken_at >= self._every_s):
            return None
        return self.taken(iteration, state, "snapshot" if snapshot else "resume")

    def taken(self, iteration: int, state: State | bytes, kind: str) -> Checkpoint:
        """The checkpoint of a state, as bytes already or not, which is stored with the next commit."""
        started = time.monotonic()
        checkpoint = Checkpoint(iteration, state if isinstance(state, bytes) else state_to_bytes(state), kind)
        self._taken_at = time.monotonic()
        self._every_s = max(CHECKPOINT_S, (self._taken_at - started) / CHECKPOINT_SHARE)
        if kind == "snapshot":
            self._snapshot_at = _snapshot_after(checkpoint.iteration, len(checkpoint.data))
        return checkpoint


def _snapshot_after(iteration: int, size: int) -> int:
    """The iteration at which the next snapshot is due, after one of `size` bytes at `iteration`."""
    ratio = SNAPSHOT_RATIO if size <= SMALL_SNAPSHOT else LARGE_SNAPSHOT_RATIO
    return max(iteration + 1, math.ceil(iteration * ratio))
