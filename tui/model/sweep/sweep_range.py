"""SweepRange: the values of one field in a sweep being edited: two ends and a scale, or a list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Literal

from engine.spec import FIELDS, SpecError
from engine.spec.fields import RATES
from engine.sweep import (
    MOST_VALUES,
    WHOLE,
    Axis,
    Value,
    fitting,
    linear_values,
    listed,
    log_values,
    powers_of_two,
    value_text,
)
from tui.text.numbers import setting

Scale = Literal["log", "linear", "powers of two", "list"]

LOWEST, HIGHEST = Decimal("1e-12"), Decimal("1e12")
"""Smallest and largest size of an end moved by keys."""

DEFAULT_RANGES: dict[str, tuple[Scale, str, str, int]] = {
    **dict.fromkeys(RATES, ("linear", "0", "0.9", 10)),
    "step_size": ("log", "1e-4", "1e2", 7),
    "batch_size": ("powers of two", "1", "512", 10),
    "regularization_strength": ("log", "1e-6", "1", 7),
    "delta": ("log", "1e-2", "1e2", 5),
    "momentum": ("linear", "0", "0.9", 10),
    "initial_scale": ("log", "1e-5", "1", 6),
    "dropout": ("linear", "0", "0.8", 9),
    "seed": ("linear", "0", "9", 10),
    "hidden_size": ("powers of two", "4", "256", 7),
    "rms_decay": ("linear", "0.5", "0.99", 8),
    "beta1": ("linear", "0.5", "0.95", 10),
    "beta2": ("linear", "0.9", "0.99", 10),
    "decay_factor": ("linear", "0.1", "1", 10),
    "decay_every": ("powers of two", "32", "512", 5),
    "decay_rate": ("log", "1e-5", "1e-1", 5),
    "warm_up": ("powers of two", "1", "256", 9),
    "memory": ("powers of two", "1", "64", 7),
    "population": ("powers of two", "4", "64", 5),
    "temperature": ("log", "1e-3", "10", 5),
    "cooling": ("linear", "0.95", "0.995", 10),
    "perturbation": ("log", "1e-4", "1", 5),
    "difference": ("log", "1e-9", "1e-1", 9),
    "clip_norm": ("log", "1e-2", "1e2", 5),
    "period": ("powers of two", "32", "512", 5),
    "period_factor": ("linear", "1", "3", 5),
    "lowest_share": ("log", "1e-4", "1e-1", 4),
    "plateau": ("linear", "1", "10", 10),
    "average_decay": ("linear", "0.9", "0.99", 10),
    "decoupled_decay": ("log", "1e-4", "1", 5),
}
"""Default range of each field that can be swept: scale, low end, high end, number of values."""

BRIEF = 5
"""Default number of values of a second parameter: ten by ten runs take long."""


@dataclass(frozen=True, slots=True)
class SweepRange:
    """`count` values of `field` from `low` to `high` on a scale, or those listed in `text` (scale 'list').

    Ends are decimal, so that moves up and down cancel exactly. They are not validated here: `axis` does that.
    """

    field: str
    scale: Scale
    low: Decimal
    high: Decimal
    count: int
    text: str = ""

    @classmethod
    def default(cls, field: str) -> SweepRange:
        """Return the default range of a field."""
        scale, low, high, count = DEFAULT_RANGES[field]
        return cls(field, scale, Decimal(low), Decimal(high), count)

    @classmethod
    def short_default(cls, field: str) -> SweepRange:
        """Return the default range with at most BRIEF values, for the second parameter of a grid."""
        default = cls.default(field)
        low = default.high / 2 ** (BRIEF - 1) if default.scale == "powers of two" else default.low
        return replace(default, low=max(low, default.low), count=min(default.count, BRIEF))

    @property
    def label(self) -> str:
        """The field's name on the screen."""
        return FIELDS[self.field].label

    def end_text(self, end: Decimal) -> str:
        """Format an end: 1e-4, 32, 0.9."""
        if self.field in WHOLE and end == int(end):
            return f"{int(end)}"
        return setting(float(end))

    def axis(self) -> Axis:
        """Return the values as an axis of a sweep. Raises SpecError: when the ends or the list are invalid."""
        low, high = float(self.low), float(self.high)
        match self.scale:
            case "list":
                return Axis(self.field, listed(self.text, self.field))
            case "powers of two":
                return Axis(self.field, powers_of_two(low, high))
            case "log":
                return Axis(self.field, fitting(self.field, log_values(low, high, self.count)))
            case "linear":
                return Axis(self.field, fitting(self.field, linear_values(low, high, self.count)))

    def values(self) -> tuple[Value, ...]:
        """Return the values from the lowest to the highest; () if they are invalid."""
        try:
            return self.axis().ordered
        except SpecError:
            return ()

    def with_low_moved(self, by: int) -> SweepRange:
        """Move the low end up by `by` decades, or powers of two; on a linear scale by units of its size."""
        ranged = self._ranged()
        return replace(ranged, low=ranged._moved(self.low, by))._as_dense_as(ranged)

    def with_high_moved(self, by: int) -> SweepRange:
        """Move the high end in the same way."""
        ranged = self._ranged()
        return replace(ranged, high=ranged._moved(self.high, by))._as_dense_as(ranged)

    def _as_dense_as(self, before: SweepRange) -> SweepRange:
        """Return the range with as many values in each decade as before, so that round values stay round."""
        decades, now = before._decades, self._decades
        if not decades or not now or (before.count - 1) % decades:
            return self
        return replace(self, count=(before.count - 1) // decades * now + 1)

    @property
    def _decades(self) -> int:
        """The number of decades of a logarithmic range; 0 if it is not a whole number."""
        if self.scale != "log" or not 0 < self.low < self.high:
            return 0
        ratio = self.high / self.low
        return ratio.adjusted() if ratio == Decimal(1).scaleb(ratio.adjusted()) else 0

    def _ranged(self) -> SweepRange:
        """Return a list as a range with the field's default scale; other ranges as they are."""
        return self if self.scale != "list" else replace(self, scale=DEFAULT_RANGES[self.field][0])

    def _moved(self, end: Decimal, by: int) -> Decimal:
        if self.scale == "linear":
            return _clamped(end + by * self._unit())
        if end <= 0:
            return _clamped(max(self.high, Decimal(1)) / 1000) if by > 0 else end
        factor = Decimal(2 if self.scale == "powers of two" else 10)
        return _clamped(end * factor**by if by > 0 else end / factor**-by)

    def _unit(self) -> Decimal:
        largest = max(abs(self.low), abs(self.high)) or Decimal(1)
        unit = Decimal(1).scaleb(largest.adjusted())
        return max(unit, Decimal(1)) if self.field in WHOLE else unit

    def recounted(self, by: int) -> SweepRange:
        """Change the number of values; for powers of two move the high end instead."""
        if self.scale == "powers of two":
            return self.with_high_moved(by)
        if self.scale == "list":
            return self
        return replace(self, count=max(1, min(self.count + by, 10 * MOST_VALUES)))

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The scales that the field may have."""
        ways: tuple[Scale, ...] = ("log", "linear", "list")
        return ("powers of two", *ways) if DEFAULT_RANGES[self.field][0] == "powers of two" else ways

    def with_scale(self, scale: Scale) -> SweepRange:
        """Switch to a scale; a list starts with the current values."""
        if scale == "list":
            return replace(self, scale=scale, text=self.text or ", ".join(map(value_text, self.values())))
        return replace(self, scale=scale)

    def with_end(self, end: Literal["low", "high"], text: str) -> SweepRange:
        """Apply a typed end. Raises SpecError: when it is not a number."""
        number = _number(end, f"{end} end", text)
        ranged = self._ranged()
        return replace(ranged, low=number) if end == "low" else replace(ranged, high=number)

    def with_count(self, text: str) -> SweepRange:
        """Apply a typed number of values; for powers of two it moves the high end. Raises SpecError."""
        number = _number("count", "how many", text)
        if number != int(number) or not 1 <= number <= 10**9:
            raise SpecError("count", f"how many: {text.strip()[:20]!a} is not a number of values; 1 or more")
        ranged = self._ranged()
        if ranged.scale == "powers of two":
            return replace(ranged, high=_clamped(ranged.low * 2 ** min(int(number) - 1, 60)))
        return replace(ranged, count=int(number))

    def with_list(self, text: str) -> SweepRange:
        """Apply typed values; none make a range again."""
        return replace(self, scale="list", text=text.strip()) if text.strip() else replace(self._ranged(), text="")

    def within(self, examples: int | None) -> SweepRange:
        """The range of batch sizes that a data set with so many training examples allows."""
        if self.field != "batch_size" or examples is None or self.high <= examples:
            return self
        high = Decimal(2 ** (max(examples, 1).bit_length() - 1))
        return replace(self, high=high, count=int(high).bit_length())


def _clamped(end: Decimal) -> Decimal:
    bound = max(-HIGHEST, min(end, HIGHEST))
    return bound if abs(bound) >= LOWEST or bound == 0 else LOWEST


def _number(field: str, label: str, text: str) -> Decimal:
    try:
        number = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or not (abs(number) < Decimal("1e300")):
        like = "10" if field == "count" else "1e-3"
        raise SpecError(field, f"{label}: {text.strip()[:20]!a} is not a number; write it like {like}")
    return number
