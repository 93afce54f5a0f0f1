"""Store errors: each message says what is wrong, what was kept and what to do next."""

from __future__ import annotations

from engine.files.program import store_command


class StoreError(Exception):
    """Base class of store errors: the message says what is wrong, what was kept and what to do next."""


class StoreBusy(StoreError):
    """Another process held the write lock past the timeout: try again."""


class StoreFull(StoreError):
    """The disk is full: try again once it has room."""


class StoreGone(StoreError):
    """The file was deleted or replaced while open: later writes would be lost."""


class MisplacedStore(StoreError):
    """The file replaced another store whose journal is still beside it; opening for writing sets that journal aside,
    unless another process has the file open."""


class Refused(StoreError):
    """The run or sweep does not allow the request: nothing was changed, and the message says what would help."""


class NoRun(StoreError):
    """No run has this id."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"There is no run {run_id} in this store; {store_command('list')} shows which there are.")


class NoSweep(StoreError):
    """No sweep has this id."""

    def __init__(self, sweep_id: int) -> None:
        super().__init__(
            f"There is no sweep {sweep_id} in this store; {store_command('sweep list')} shows which there are."
        )


class FilterError(ValueError):
    """A filter does not parse: `position` is the index of the faulty character, `sentence` says what is valid."""

    def __init__(self, position: int, sentence: str) -> None:
        super().__init__(f"filter: {sentence}")
        self.position = position
        self.sentence = sentence


class FencedOff(StoreError):
    """The run now belongs to another worker or attempt: the caller must stop writing it."""
