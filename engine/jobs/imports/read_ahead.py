"""Reading ahead: decodes the next pieces of a long file in a thread, while those before are stored."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Queue

from engine.imports.records import Piece

AHEAD = 2
"""So many pieces wait at most."""

Item = Piece | BaseException | None


def read_ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same pieces; from the third on they are made in a thread, which ends with the iterator."""
    for piece in pieces:
        yield piece
        break
    else:
        return
    second = next(pieces, None)
    if second is None:
        return
    waiting: Queue[Item] = Queue(AHEAD)
    is_wanted, has_ended = True, False

    def work() -> None:
        end: BaseException | None = None
        try:
            for piece in pieces:
                waiting.put(piece)
                if not is_wanted:
                    break
        except BaseException as error:  # raised again where the pieces are wanted
            end = error
        waiting.put(end)

    threading.Thread(target=work, name="read ahead", daemon=True).start()
    try:
        yield second
        while not has_ended:
            item = waiting.get()
            has_ended = not isinstance(item, Piece)
            if isinstance(item, Piece):
                yield item
            elif item is not None:
                raise item
    finally:
        is_wanted = False
        while not has_ended:
            has_ended = not isinstance(waiting.get(), Piece)
