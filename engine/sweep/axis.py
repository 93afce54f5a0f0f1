"""Axis: the values that a sweep tries for one field of a spec, as ranges, lists and text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from engine.spec import RunSpec, parse_field, unknown_field
from engine.spec.fields import FIELDS, RATES
from engine.spec.parsing import SpecError, quoted
from engine.spec.script import ScriptSpec, as_number
from engine.text import setting_text

SWEEPABLE = tuple(
    dict.fromkeys(
        (
            *("step_size", "batch_size", "regularization_strength", "delta", "momentum", "initial_scale", "seed"),
            *(
                "hidden_size",
                "dropout",
                "rms_decay",
                "beta1",
                "beta2",
                "decay_factor",
                "decay_every",
                "decay_rate",
                "warm_up",
            ),
            *("memory", "population", "temperature", "cooling", "perturbation", "difference", "clip_norm"),
            *("period", "period_factor", "lowest_share", "plateau", "average_decay"),
            *RATES,
        )
    )
)
"""Fields that a sweep may vary: numbers that affect how a run goes, not how long it lasts."""

WHOLE = frozenset({
    "batch_size", "seed", "hidden_size", "decay_every", "warm_up", "memory", "population", "period", "plateau",
})  # fmt: skip
LOGARITHMIC = frozenset({
    "step_size", "batch_size", "regularization_strength", "initial_scale", "hidden_size", "memory", "population",
    "temperature", "perturbation", "difference", "clip_norm", "period", "lowest_share", "decoupled_decay",
})  # fmt: skip
"""Fields on a logarithmic scale if an axis has fewer than three values to show its spacing."""

MOST_VALUES = 1000
DIGITS = 6
"""Significant digits of a computed value, so that tables print it in full and people can type it again."""

Value = float | int | None


@dataclass(frozen=True, slots=True)
class Axis:
    """A field of a spec and the distinct values to try, validated by the field; None is the full batch.

    With `of_script` it is a placeholder of a command, whose values are numbers. Raises SpecError for a field that
    cannot be swept, for no, too many, duplicate or invalid values.
    """

    field: str
    values: tuple[Value, ...]
    of_script: bool = False

    def __post_init__(self) -> None:
        if not self.of_script:
            check_sweepable(self.field)
        if not self.values:
            raise SpecError(self.field, f"{self.label}: give at least one value")
        check_count(len(self.values), self.field)
        if None in self.values and (self.of_script or self.field != "batch_size"):
            raise SpecError(self.field, f"{self.label}: the values of a sweep are numbers, not none")
        check = _finite if self.of_script else FIELDS[self.field].check
        parsed = tuple(check("full" if value is None else value) for value in self.values)
        if len(set(parsed)) < len(parsed):
            duplicate = next(value for i, value in enumerate(parsed) if value in parsed[:i])
            raise SpecError(self.field, f"{self.label}: {value_text(duplicate)} is there twice")
        object.__setattr__(self, "values", parsed)

    @property
    def label(self) -> str:
        """The field's label, such as 'step size', or the placeholder's name."""
        return self.field if self.of_script else FIELDS[self.field].label

    @property
    def ordered(self) -> tuple[Value, ...]:
        """The values in ascending order, the full batch last."""
        return tuple(sorted(self.values, key=sort_key))

    @property
    def logarithmic(self) -> bool:
        """True if the values are more even in decades than on a line; the field decides for fewer than three values."""
        numbers = [sort_key(value) for value in self.ordered if value is not None]
        if not numbers or numbers[0] <= 0:
            return False
        if len(numbers) < 3:
            return numbers[-1] >= 10 * numbers[0] if self.of_script else self.field in LOGARITHMIC
        return _unevenness([math.log(number) for number in numbers]) < _unevenness(numbers)

    @property
    def is_whole(self) -> bool:
        """True if only whole numbers fit: those of a placeholder are whole where all that it has are."""
        if self.of_script:
            return all(isinstance(value, int) for value in self.values)
        return self.field in WHOLE

    def of(self, spec: RunSpec | ScriptSpec) -> Value:
        """Return a spec's value of this field."""
        value: Value = _finite(spec.values[self.field]) if isinstance(spec, ScriptSpec) else getattr(spec, self.field)
        return value


def log_values(low: float, high: float, count: int) -> tuple[float, ...]:
    """Return `count` values from `low` to `high`, evenly spaced in decades; powers of ten are exact.

    Raises SpecError, naming the argument that does not fit.
    """
    _check_range(low, high, count)
    if low <= 0:
        raise SpecError("low", f"a logarithmic range begins above 0, not at {low:g}; use a linear one or a list")
    return _between(math.log10(low), math.log10(high), low, high, count, lambda exponent: 10.0**exponent)


def linear_values(low: float, high: float, count: int) -> tuple[float, ...]:
    """Return `count` values from `low` to `high`, evenly spaced. Raises SpecError, naming the argument."""
    _check_range(low, high, count)
    return _between(low, high, low, high, count, float)


def powers_of_two(low: float, high: float) -> tuple[int, ...]:
    """Return the powers of two from `low` to `high` inclusive. Raises SpecError if there are none."""
    _check_range(low, high, 1 if low == high else 2)
    if low <= 0:
        raise SpecError("low", f"powers of two begin above 0, not at {low:g}")
    first, last = math.ceil(math.log2(low)), math.floor(math.log2(high))
    values = tuple(2**exponent for exponent in range(max(first, 0), last + 1))
    if not values:
        raise SpecError("low", f"there is no power of two from {low:g} to {high:g}")
    return values


def listed(text: str, field: str = "step_size", *, of_script: bool = False) -> tuple[Value, ...]:
    """Parse a list such as '0.1, 1, 10' as values of a field. Raises SpecError for an empty or invalid item."""
    if not of_script:
        check_sweepable(field)
    parts = [part.strip() for part in text.split(",")]
    if not any(parts):
        raise SpecError(field, "write the values with commas between them, like 0.01,0.1,1")
    if not all(parts):
        raise SpecError(field, f"{quoted(text)} has nothing between two commas, or at an end")
    check_count(len(parts), field)
    return tuple(_number(part) if of_script else parse_field(field, part) for part in parts)


SPAN = re.compile(r"\s*(\S+)\s*(?:\.\.\.?|…|to)\s*(\S+)\s*[x×]\s*(\d+)\s*$")
"""A range as it is typed: 1e-4 ... 1 x 8."""


def span_values(text: str) -> tuple[Value, ...]:
    """Parse the values of a number in a command: a list such as 0.1, 1, 10, or a range such as 1e-4 ... 1 x 8.

    A range is evenly spaced in decades where it begins above 0. Raises SpecError for anything else.
    """
    match = SPAN.match(text)
    if match is None:
        return listed(text, "values", of_script=True)
    low, high = (float(_number(end)) for end in match.groups()[:2])
    return (log_values if low > 0 else linear_values)(low, high, int(match[3]))


def fitting(field: str, values: Iterable[Value]) -> tuple[Value, ...]:
    """Round computed values to distinct whole numbers if the field needs whole ones; order is kept."""
    return whole(values) if field in WHOLE else tuple(values)


def whole(values: Iterable[Value]) -> tuple[Value, ...]:
    """Round values to distinct whole numbers; order is kept."""
    return tuple(dict.fromkeys(value if value is None else round(value) for value in values))


def _finite(value: Any) -> Any:
    """Check a placeholder's value. Raises SpecError unless it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise SpecError("values", f"the values of a sweep are numbers, not {quoted(value)}")
    return value


def _number(text: str) -> float | int:
    """The number of a text. Raises SpecError where it is none."""
    value = as_number(text)
    if value is None:
        raise SpecError("values", f"the values of a sweep are numbers, not {quoted(text)}")
    return value


def rounded(value: float, digits: int = DIGITS) -> float:
    """Round to `digits` significant digits."""
    return float(f"{value:.{digits}g}")


def sort_key(value: Value) -> float:
    """Return the sort key of a value: the full batch comes after every number."""
    return math.inf if value is None else float(value)


def value_text(value: Value) -> str:
    """Format a value: 'full', a whole number, or a number as settings are written, with six significant digits."""
    return "full" if value is None else str(value) if isinstance(value, int) else setting_text(value, 6)


def check_sweepable(field: str) -> None:
    """Raise SpecError if the field is unknown or a sweep cannot vary it."""
    unknown_field([field])
    if field not in SWEEPABLE:
        can = ", ".join(FIELDS[name].label for name in SWEEPABLE)
        raise SpecError(field, f"{FIELDS[field].label} cannot be swept; choose from {can}")


def check_count(count: int, field: str = "count") -> None:
    """Raise SpecError if a sweep cannot have this many values or runs."""
    if not 1 <= count <= MOST_VALUES:
        raise SpecError(field, f"a sweep has 1 to {MOST_VALUES:,} runs, not {count:,}")


def _check_range(low: float, high: float, count: int) -> None:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise SpecError("low", f"a range lies between two finite numbers, not {low:g} and {high:g}")
    if low > high:
        raise SpecError("low", f"the low end {low:g} is above the high end {high:g}")
    check_count(count)
    if low == high and count > 1:
        raise SpecError("count", f"from {low:g} to {high:g} there is room for one value, not {count:,}")
    if low < high and count == 1:
        raise SpecError("count", f"from {low:g} to {high:g} takes at least two values")


def _between(first: float, last: float, low: float, high: float, count: int, value_at: Any) -> tuple[float, ...]:
    """Return `count` values from `low` to `high`: value_at(position), evenly spaced from `first` to `last`."""
    if count == 1:
        return (float(low),)
    positions = [first + (last - first) * i / (count - 1) for i in range(1, count - 1)]
    for digits in (DIGITS, 12, 17):
        inner = [rounded(value_at(position), digits) for position in positions]
        values = (float(low), *inner, float(high))
        if values == tuple(sorted(set(values))):
            return values
    raise SpecError("count", f"from {low:g} to {high:g} there is no room for {count:,} different values")


def _unevenness(numbers: Sequence[float]) -> float:
    """Return the coefficient of variation of the gaps between consecutive numbers."""
    gaps = [after - before for before, after in pairwise(numbers)]
    mean = math.fsum(gaps) / len(gaps)
    return math.hypot(*(gap - mean for gap in gaps)) / math.sqrt(len(gaps)) / mean
