"""The store's two clocks: one to tell people when, one that no clock setting can turn back."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc_now() -> str:
    """Now, as ISO 8601 text in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def boot_seconds() -> float:
    """Seconds since this machine started, sleep included where the system counts it; equal in all its processes."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
