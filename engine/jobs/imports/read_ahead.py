"""Reading ahead: decodes the next pieces of a run in a thread, while those before are stored."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from queue import Queue

from engine.imports.records import Piece

AHEAD = 4
"""So many pieces wait at most."""

Item = Piece | BaseException | None
"""What comes next: a piece, or the end, with what was raised there."""


class ReadAhead:
    """Pieces that a thread makes from now on."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self._waiting: Queue[Item] = Queue(AHEAD)
        self._is_wanted, self._has_ended = True, False
        threading.Thread(target=self._work, name="read ahead", daemon=True).start()

    def _work(self) -> None:
        end: BaseException | None = None
        try:
            for piece in self._pieces:
                self._waiting.put(piece)
                if not self._is_wanted:
                    break
        except BaseException as error:  # raised again where the pieces are wanted
            end = error
        self._waiting.put(end)

    def __iter__(self) -> Iterator[Piece]:
        """The pieces in their order. Raises what making them has raised."""
        while not self._has_ended:
            item = self._waiting.get()
            self._has_ended = not isinstance(item, Piece)
            if isinstance(item, Piece):
                yield item
            elif item is not None:
                raise item

    def close(self) -> None:
        """Let the thread end; idempotent."""
        self._is_wanted = False
        while not self._has_ended:
            self._has_ended = not isinstance(self._waiting.get(), Piece)


def read_ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same pieces; from the third on a thread makes them: most reads have one, for which none is worth it."""
    for _ in range(2):
        piece = next(pieces, None)
        if piece is None:
            return
        yield piece
    with closing(ReadAhead(pieces)) as rest:
        yield from rest
