"""Kept reader: stays open from one answer to the next, since opening a store costs more than reading a moment."""

from __future__ import annotations

import weakref
from os import PathLike, fspath

from engine.store import Reader, StoreError, open_for_reading


class KeptReader:
    """One reader of one store; it is closed with this object."""

    def __init__(self) -> None:
        self._held: tuple[str, Reader] | None = None

    def of(self, path: str | PathLike[str]) -> tuple[Reader, bool]:
        """Return a reader of the store at a path, and whether it was opened now: what is known may be of another one.

        Raises StoreError as `open_for_reading` does, and StoreGone once when the file was deleted or replaced.
        """
        if self._held is not None and self._held[0] == fspath(path):
            reader = self._held[1]
            try:
                reader.data_version()
            except StoreError:
                reader.close()
                self._held = None
                raise
            return reader, False
        reader = open_for_reading(path)
        weakref.finalize(self, reader.close)
        self._held = fspath(path), reader
        return reader, True
