"""Niceness: workers make room for whoever sits at the screen."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

NICENESS = 10
"""Below the dashboard, so that the screen stays smooth when every core computes."""

AUTOGROUP = Path("/proc/self/autogroup")


def make_room() -> None:
    """Let every other process go first.

    Linux may share the processor among sessions before it shares it among processes: then the niceness of a worker,
    which is alone in its session, says nothing, and that of the session has to be set as well.
    """
    # Set and not added: a worker that another worker has started is as nice already.
    niceness = max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0))
    os.setpriority(os.PRIO_PROCESS, 0, niceness)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # not there, or not allowed: then the share is what the system gives
            AUTOGROUP.write_text(str(niceness))
