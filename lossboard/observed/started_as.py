"""Own script: the script run that this process was started as, which its first `start` logs into."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from typing import Any

VARIABLE = "LOSSBOARD_RUN"
"""Set by a worker: the store, the run, its attempt, when that began on the monotonic clock, and its time before."""

KINDS = {"store": str, "run": int, "attempt": int, "began": float, "elapsed": float}

_is_taken = False


def own_script(store: str) -> dict[str, Any] | None:
    """What the worker of this process says of its run, once; None where it has none, or the program names another
    store."""
    global _is_taken
    try:
        told = json.loads(os.environ.get(VARIABLE, ""))
        found = {name: kind(told[name]) for name, kind in KINDS.items()}
    except (ValueError, TypeError, KeyError):
        return None
    if _is_taken or (store and os.path.realpath(store) != os.path.realpath(found["store"])):
        return None
    _is_taken = True
    return found
