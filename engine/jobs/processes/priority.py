"""Priority: workers run at a lower priority than the dashboard."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

NICENESS = 10
"""Niceness of workers: the screen stays responsive when every core computes."""

AUTOGROUP = Path("/proc/self/autogroup")


def lower_priority() -> None:
    """Lower the priority of this process.

    Linux with autogroups schedules sessions before processes: the niceness of a worker, alone in its session, then has
    no effect, and the session's own has to be set as well.
    """
    # Set, not added: a worker started by another worker inherits its niceness.
    niceness = max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0))
    os.setpriority(os.PRIO_PROCESS, 0, niceness)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # no autogroups, or no permission: the default priority stays
            AUTOGROUP.write_text(str(niceness))
