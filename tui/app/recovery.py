"""Recovery: runs that have lost their worker are recovered by the first dashboard that sees it."""

from __future__ import annotations

from tui.model.snapshot import Snapshot


class Recovery:
    """Remembers which lost runs were already handed to recovery, so that each is tried once."""

    def __init__(self) -> None:
        self._lost_attempts: frozenset[tuple[int, int | None]] = frozenset()
        self._has_stalled = False

    def is_needed(self, snapshot: Snapshot) -> bool:
        """Whether runs were lost since the last call, or active runs have no workers any more."""
        has_stalled = bool(snapshot.going_on or snapshot.paused) and not snapshot.workers
        needed = bool(snapshot.lost_attempts - self._lost_attempts) or (has_stalled and not self._has_stalled)
        self._lost_attempts, self._has_stalled = snapshot.lost_attempts, has_stalled
        return needed

    def failed(self) -> None:
        """Have the next call try again: the store was busy or full."""
        self._lost_attempts, self._has_stalled = frozenset(), False
