"""Recovery: runs that nobody works on any more are taken up again by whoever sees that first."""

from __future__ import annotations

from tui.model.snapshot import Snapshot


class Recovery:
    """Remembers which lost runs recovery was tried for, so that each is tried once."""

    def __init__(self) -> None:
        self._lost_attempts: frozenset[tuple[int, int | None]] = frozenset()
        self._stalls = False

    def is_needed(self, snapshot: Snapshot) -> bool:
        """Whether a run is to be taken over since the last look, or all that is to go on has no worker any more."""
        stalls = bool(snapshot.going_on or snapshot.paused) and not snapshot.workers
        needed = bool(snapshot.lost_attempts - self._lost_attempts) or (stalls and not self._stalls)
        self._lost_attempts, self._stalls = snapshot.lost_attempts, stalls
        return needed

    def failed(self) -> None:
        """The help that was sent found the store busy or full: the next look asks again."""
        self._lost_attempts, self._stalls = frozenset(), False
