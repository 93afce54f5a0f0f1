"""Failure: how a program ended, in words: an exception with its type, message and line, a signal, an exit code."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Literal

LONGEST = 500


class Ending:
    """How a run ended: a state of the store, and the reason for people."""

    __slots__ = ("reason", "state")

    def __init__(self, state: Literal["finished", "failed", "cancelled"], reason: str = "") -> None:
        self.state, self.reason = state, reason


def ending_of(error: BaseException | None) -> Ending:
    """The ending of a program that this exception ends; None: it came to its end."""
    if error is None:
        return Ending("finished")
    if isinstance(error, KeyboardInterrupt):
        return Ending("cancelled", "stopped by ctrl-C")
    if isinstance(error, SystemExit):
        if error.code in (None, 0):
            return Ending("finished")
        return Ending("failed", f"its program ended with exit code {error.code}"[:LONGEST])
    if isinstance(error, GeneratorExit):
        return Ending("finished")
    said = " ".join(str(error).split())
    named = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return Ending("failed", f"{named[:LONGEST]}{_place(error.__traceback__)}")


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
