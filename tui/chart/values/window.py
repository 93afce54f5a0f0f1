"""Window: the shown part of an axis; zoom, pan and follow as pure functions.

A window is (low, high) in units of the axis; None is the whole axis. It never leaves its `limits`, and becomes None
when it covers all of them. On a log axis, fractions are of the length in decades.
"""

from __future__ import annotations

import math

from tui.chart.values.view import Window

LEAST_SHARE = 1e-6
"""Smallest length of a window as a fraction of its limits: its tick labels still differ."""
DECADES = 300.0
"""Largest distance of a log window's ends from 1, in decades: beyond it they overflow."""
LEAD = 0.25
"""Fraction of a following window left empty ahead of the newest data, so that it need not move at each row."""


def zoom(
    window: Window | None, factor: float, around: float, limits: Window, *, log: bool = False, least: float = 0.0
) -> Window | None:
    """Return the window `factor` times as narrow (below 1: wider); `around` keeps its place on the screen.

    On a linear axis it is at least `least` units wide.
    """
    low, high = _scaled(window or limits, log)
    first, last = _scaled(limits, log)
    if not (factor > 0 and math.isfinite(factor)):
        return window
    middle = min(max(_scale(around, log) if _shown(around, log) else (low + high) / 2, low), high)
    size = max((high - low) / factor, (last - first) * LEAST_SHARE, 0.0 if log else least)
    start = middle - (middle - low) / (high - low) * size
    return _within(start, size, first, last, limits, log)


def between(one: float, other: float, limits: Window, *, log: bool = False, least: float = 0.0) -> Window | None:
    """Return the window from one x to another, in either order; on a linear axis it is at least `least` units wide."""
    (low, high), (first, last) = _scaled((min(one, other), max(one, other)), log), _scaled(limits, log)
    size = max(high - low, (last - first) * LEAST_SHARE, 0.0 if log else least)
    return _within((low + high - size) / 2, size, first, last, limits, log)


def zoom_centred(window: Window, factor: float, *, log: bool = False) -> Window:
    """Return the window `factor` times as narrow (below 1: wider) around its middle.

    It stays as it is if its ends would no longer differ, or overflow.
    """
    low, high = _scaled(window, log)
    middle, half = (low + high) / 2, (high - low) / 2 / factor
    if half <= max(abs(low), abs(high)) * LEAST_SHARE or (log and max(abs(middle - half), middle + half) > DECADES):
        return window
    found = _unscaled(middle - half, middle + half, log)
    return found if all(map(math.isfinite, found)) else window


def pan(window: Window | None, share: float, limits: Window, *, log: bool = False) -> Window | None:
    """Move the window right by a fraction of its width (negative: left), up to the limits."""
    if window is None or not math.isfinite(share):
        return window
    low, high = _scaled(window, log)
    first, last = _scaled(limits, log)
    return _within(low + share * (high - low), high - low, first, last, limits, log)


def follow(window: Window | None, seen: float, *, log: bool = False) -> Window | None:
    """Move the window when the newest data (`seen`) have left it, with LEAD of its width free ahead of them.

    The width stays. None (the whole axis) stays None.
    """
    if window is None or not _shown(seen, log):
        return window
    low, high = _scaled(window, log)
    newest = _scale(seen, log)
    if low <= newest <= high:
        return window
    start = newest - (1 - LEAD) * (high - low)
    return _unscaled(start, start + high - low, log)


def _within(start: float, size: float, first: float, last: float, limits: Window, log: bool) -> Window | None:
    if size >= (last - first) * (1 - 1e-9):
        return None
    start = min(max(start, first), last - size)
    low, high = _unscaled(start, start + size, log)
    return max(low, limits[0]), min(high, limits[1])


def _scaled(window: Window, log: bool) -> Window:
    low, high = window
    return (_scale(low, log), _scale(high, log))


def _scale(value: float, log: bool) -> float:
    return math.log10(value) if log else value


def _unscaled(low: float, high: float, log: bool) -> Window:
    return (10.0**low, 10.0**high) if log else (low, high)


def _shown(value: float, log: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not log)
