"""Failure: how a program ended, in words: an exception with its type, message and line, a signal, an exit code."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Literal, NoReturn

LONGEST = 500


class Ending:
    """How a run ended: a state of the store, the reason for people, and the exit code (None: a signal)."""

    __slots__ = ("code", "reason", "state")

    def __init__(
        self, state: Literal["finished", "failed", "cancelled"], reason: str = "", code: int | None = None
    ) -> None:
        self.state, self.reason, self.code = state, reason, code


class Leaving:
    """Stands for `sys.exit` and keeps how it was called last: nothing else tells at exit that a code was given."""

    def __init__(self, leave: Callable[..., NoReturn]) -> None:
        self._leave = leave
        self.ending = Ending("finished", code=0)

    def exit(self, status: Any = None, /) -> NoReturn:
        """Leave the program, or the thread where it is not the main one, as `sys.exit` does."""
        if threading.current_thread() is threading.main_thread():
            self.ending = ending_of(SystemExit(status))
        self._leave(status)


def ending_of(error: BaseException | None) -> Ending:
    """The ending of a program that this exception ends; None: it came to its end."""
    if error is None or isinstance(error, GeneratorExit):
        return Ending("finished", code=0)
    if isinstance(error, KeyboardInterrupt):
        return Ending("cancelled", "stopped by ctrl-C")
    if isinstance(error, SystemExit):
        if error.code in (None, 0):
            return Ending("finished", code=0)
        code = error.code & 0xFF if isinstance(error.code, int) else 1
        return Ending("failed", f"its program ended with exit code {error.code}"[:LONGEST], code)
    said = " ".join(str(error).split())
    named = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return Ending("failed", f"{named[:LONGEST]}{_place(error.__traceback__)}", 1)


def _place(trace: TracebackType | None) -> str:
    """Where it was raised: the innermost line outside of installed packages."""
    found, last, library = "", "", os.path.join(sys.base_prefix, "lib", "python")
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        last = f" ({os.path.basename(path)}, line {trace.tb_lineno})"
        if "site-packages" not in path and not path.startswith((library, "<frozen")):
            found = last
        trace = trace.tb_next
    return found or last
