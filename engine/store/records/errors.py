"""What can be wrong with a store: every message says what, what was kept and what to do next."""

from __future__ import annotations


class StoreError(Exception):
    """Something is wrong with a store: the message says what, what was kept and what to do next."""


class StoreBusy(StoreError):
    """Another process held the write lock for longer than the timeout: try again."""


class StoreFull(StoreError):
    """There is no room for more rows: try again when there is."""


class StoreGone(StoreError):
    """The file was deleted or replaced while it was open: nothing written from now on would be found again."""


class MisplacedStore(StoreError):
    """The file was put in the place of another store, whose journal is still there: opening it for writing sets that
    aside, unless somebody has the file open."""


class Refused(StoreError):
    """What was asked for cannot be done to that run: nothing was changed, and the message says what would help."""


class NoRun(StoreError):
    """No run has that number."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"There is no run {run_id} in this store; lossboard list shows which there are.")


class NoSweep(StoreError):
    """No sweep has that number."""

    def __init__(self, sweep_id: int) -> None:
        super().__init__(f"There is no sweep {sweep_id} in this store; lossboard sweep list shows which there are.")


class FilterError(ValueError):
    """A filter that cannot be read: `position` is where, from 0, and the sentence says what would fit."""

    def __init__(self, position: int, sentence: str) -> None:
        super().__init__(f"filter: {sentence} (character {position + 1})")
        self.position = position
        self.sentence = sentence


class FencedOff(StoreError):
    """The run belongs to somebody else by now: whoever sees this leaves it alone."""
