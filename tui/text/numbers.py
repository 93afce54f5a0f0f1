"""Numbers: formats for numbers, times and bars, and text in a fixed width. Foreign text is cleaned by the caller."""

from __future__ import annotations

import math
from datetime import datetime

from rich.cells import set_cell_size

from engine.text import loss_text, setting_text, span_text
from tui.text.widths import width_of

NOTHING = "·"
"""Stands for an unknown number."""


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return the text in exactly `width` cells: cut with an ellipsis, or padded on one side."""
    if width <= 0:
        return ""
    cells = width_of(text)
    if cells > width:
        return set_cell_size(text, width - 1) + "…"
    padding = " " * (width - cells)
    return padding + text if right else text + padding


def number(value: float | None) -> str:
    """Format with three significant digits, two below 0.01; usually six cells: 0.214, 12.4, 7.8e-3, 1.71e3, nan."""
    if value is None:
        return NOTHING
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    if 1e-2 <= abs(value) < 999.5:
        return f"{value:#.3g}".rstrip(".")
    return _short_exponent(f"{value:.1e}" if abs(value) < 1 else f"{value:.2e}")


def loss(value: float | None) -> str:
    """Format a loss: 0.2140; NOTHING if unknown."""
    return NOTHING if value is None else loss_text(value)


def loss_in(width: int, value: float | None) -> str:
    """Format a loss with as many digits as fit into `width` cells."""
    text = loss(value)
    return text if len(text) <= width else number_in(width, value)


def number_in(width: int, value: float | None) -> str:
    """Format a number with as many digits as fit into `width` cells: 9.73e12, in six 9.7e12."""
    text = number(value)
    if len(text) <= width or value is None:
        return text
    shorter = (*(_short_exponent(f"{value:.{digits}e}") for digits in (1, 0)), f"{value:.0f}")
    return next((text for text in shorter if len(text) <= width), magnitude(value))


def setting(value: float | None, digits: int = 4) -> str:
    """Format a setting as a person would: 0.1, 0.03, 1e-4, 100."""
    return NOTHING if value is None else setting_text(value, digits)


def magnitude(value: float) -> str:
    """Format with one digit and an exponent: 5e-4."""
    return _short_exponent(f"{value:.0e}")


def value_label(value: float | None) -> str:
    """Format a swept value as settings are: 1e-6, 0.9, 4.642e-4; None, a batch of all examples, as 'full'."""
    return "full" if value is None else str(value) if isinstance(value, int) else setting(value)


def _short_exponent(text: str) -> str:
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def rate(value: float | None) -> str:
    """Format a number per second in at most four cells: 8.2, 100, 41k, 1.2M."""
    if value is None or not math.isfinite(value):
        return NOTHING
    for unit in ("", "k", "M", "G"):
        if value < 9.95:
            return f"{value:.1f}".removesuffix(".0") + unit
        if value < 999.5:
            return f"{value:.0f}{unit}"
        value /= 1000
    return f"{value:.0f}T"


def count(value: int | None) -> str:
    """Format a count, in full up to four digits, then shortened: 640, 1000, 12k, 1.5M."""
    if value is None:
        return NOTHING
    return str(value) if abs(value) < 10_000 else rate(value)


def percent(share: float | None, digits: int = 1) -> str:
    """Format a fraction as per cent: 97.2 %."""
    return NOTHING if share is None or not math.isfinite(share) else f"{100 * share:.{digits}f} %"


def duration(seconds: float | None) -> str:
    """Format a duration in seconds: 00:06, 12:40, 1:02:03, 3 d 04:00."""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour:02d}:{minute:02d}"
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute:02d}:{second:02d}"


def moment(text: str, *, full: bool = False) -> str:
    """Format an ISO 8601 time in the local time zone: 23 Nov 14:02, or in full 23 Nov 2026 14:02:05.

    Returns NOTHING if it is invalid.
    """
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%d %b %Y %H:%M:%S" if full else "%d %b %H:%M")
    except (ValueError, OverflowError, OSError):
        return NOTHING


def age(text: str, now: datetime | None = None) -> str:
    """Format how long ago an ISO 8601 time was, in at most four cells: now, 12m, 23h, 6d, 3y; NOTHING if it is invalid.

    `now` is the present by default.
    """
    try:
        then = datetime.fromisoformat(text).astimezone()
        minutes = int(((now or datetime.now()).astimezone() - then).total_seconds()) // 60
    except (ValueError, OverflowError, OSError):
        return NOTHING
    for size, unit in ((365 * 24 * 60, "y"), (24 * 60, "d"), (60, "h"), (1, "m")):
        if minutes >= size:
            return f"{minutes // size}{unit}"
    return "now"


def span(seconds: float | None) -> str:
    """Format how long something lasted: 10 s, 12 min 40 s; NOTHING if it is unknown."""
    return NOTHING if seconds is None or not math.isfinite(seconds) else span_text(seconds)


def bar(share: float, width: int) -> tuple[str, str]:
    """Return a progress bar of `width` cells as (done, remaining); ╸ is half a cell."""
    halves = round(max(0.0, min(1.0, share)) * width * 2)
    done = "━" * (halves // 2) + "╸" * (halves % 2)
    return done, "─" * (width - len(done))
