"""Columns: which column of a table or key of an object is the step and which the time; texts and times as numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.imports.records import LARGEST_STEP, LONGEST_NAME

STEPS = (
    "step", "_step", "global_step", "trainer/global_step", "train/global_step", "iteration", "iter", "iterations",
    "training_iteration", "total_timesteps", "time/total_timesteps", "timesteps", "timestep", "env_step", "batch",
    "epoch", "epochs", "round",
)  # fmt: skip
"""Names of the column that is the step, the first that is there."""

TIMES = (
    "_timestamp", "timestamp", "wall_time", "walltime", "wall time", "datetime", "_runtime", "runtime", "elapsed_s",
    "elapsed", "elapsed_time", "time_elapsed", "time/time_elapsed", "time_total_s", "relative time (process)",
    "relative time (wall)", "time",
)  # fmt: skip
"""Names of the column that is the time: since the epoch, or since the run's beginning."""

LEAST_EPOCH = 1e8
"""A larger number of seconds counts from 1970, a smaller one from the run's beginning."""

SMALLER = (1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3)
"""From so much on a time counts smaller units than seconds."""

WORDS = {"nan": math.nan, "infinity": math.inf, "-infinity": -math.inf, "inf": math.inf, "-inf": -math.inf}
"""Numbers that JSON does not know, as programs write them as texts."""


def step_names(names: Sequence[str]) -> list[str]:
    """Those names that may be the step's, the likeliest first."""
    return _known(names, STEPS)


def time_names(names: Sequence[str]) -> list[str]:
    """Those names that may be the time's, the likeliest first."""
    return _known(names, TIMES)


def _known(names: Sequence[str], known: Sequence[str]) -> list[str]:
    by_lower = {name.strip().lower(): name for name in reversed(names)}
    return [by_lower[each] for each in known if each in by_lower]


def whole_step(value: object) -> int | None:
    """A step as a whole number; None for anything else, and for what is too large to be stored."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < LARGEST_STEP else None


def seconds(value: object) -> float:
    """A time as seconds, from LEAST_EPOCH on since 1970; NaN for what is no time."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return _calendar_seconds(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return next((float(value) * unit for least, unit in SMALLER if value >= least), float(value))


def _calendar_seconds(text: object) -> float:
    """A time of ISO 8601 as seconds since 1970, in UTC where it names no zone; NaN for any other text."""
    try:
        found = datetime.fromisoformat(str(text).strip())
        return found.replace(tzinfo=found.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return math.nan


def is_time(name: str, value: object) -> bool:
    """Whether a value under a name of TIMES is one: plain `time` may be how long a step took."""
    found = seconds(value)
    return found >= LEAST_EPOCH or (math.isfinite(found) and name.strip().lower() != "time")


def flat(values: Mapping[Any, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """(name, value) of each value of nested objects, whose names are joined by `/`."""
    ahead = [(before, values)]
    while ahead:
        prefix, mapping = ahead.pop()
        nested = []
        for key, value in mapping.items():
            if isinstance(value, Mapping):
                nested.append((f"{prefix}{key}/"[: 2 * LONGEST_NAME], value))
            else:
                yield f"{prefix}{key}"[:LONGEST_NAME], value
        ahead += reversed(nested)


def number(value: object) -> float | None:
    """A value of JSON as a number; None for anything else. Truths are numbers, as loggers have them."""
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return WORDS.get(value.strip().lower()) if isinstance(value, str) and len(value) < 12 else None


class Clock:
    """Turns times into seconds since a run's beginning, which is the first of them where they count from 1970."""

    def __init__(self, started_s: float | None = None) -> None:
        self.started_s = started_s

    def elapsed_s(self, value: object) -> float:
        """Seconds since the beginning; NaN where `value` is no time."""
        found = seconds(value)
        if not found >= LEAST_EPOCH:
            return found
        if self.started_s is None:
            self.started_s = found
        return found - self.started_s
