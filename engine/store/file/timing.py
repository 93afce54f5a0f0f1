"""Timing: wall-clock time for people, and a monotonic clock that all processes of a machine share."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc_now() -> str:
    """The current time as ISO 8601 text in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def boot_seconds() -> float:
    """Seconds since boot, the same in all processes of this machine; includes sleep where CLOCK_BOOTTIME exists."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
