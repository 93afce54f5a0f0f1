"""Recovery: runs that have lost their worker are recovered by the first dashboard that sees it."""

from __future__ import annotations

from tui.model.snapshot import Snapshot


class Recovery:
    """Remembers which lost runs were already handed to recovery, so that each is tried once."""

    def __init__(self) -> None:
        self._lost_attempts: frozenset[tuple[int, int | None]] = frozenset()
        self._stalls = False

    def is_needed(self, snapshot: Snapshot) -> bool:
        """Whether runs were lost since the last call, or active runs have no workers any more."""
        stalls = bool(snapshot.going_on or snapshot.paused) and not snapshot.workers
        needed = bool(snapshot.lost_attempts - self._lost_attempts) or (stalls and not self._stalls)
        self._lost_attempts, self._stalls = snapshot.lost_attempts, stalls
        return needed

    def failed(self) -> None:
        """Have the next call try again: the store was busy or full."""
        self._lost_attempts, self._stalls = frozenset(), False
