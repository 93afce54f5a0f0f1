"""Script values: which number of a command a sweep begins with, and which values it is offered."""

from __future__ import annotations

from collections.abc import Mapping

from engine.spec.script import ScriptSpec
from engine.sweep import log_values, value_text

FIRST = ("lr", "learning_rate", "learning-rate", "step_size", "step-size", "eta", "alpha")
"""Names of the number that is swept first, in any command that has one."""

SPAN, COUNT = 30.0, 7


def numbers_in(spec: ScriptSpec) -> dict[str, float | int]:
    """The numbers in a command by name: values of placeholders, and those of its options."""
    return {name: value for name, value in spec.adjustable().values.items() if not isinstance(value, str)}


def likeliest(numbers: Mapping[str, float | int]) -> str:
    """The number that is swept most often."""
    return next((name for name in FIRST if name in numbers), next(iter(numbers)))


def around(value: float | int) -> str:
    """Values around one, as text: whole ones by doubling, others over three decades."""
    if isinstance(value, int) and value > 0:
        values: list[float | int] = [max(value // 4, 1), max(value // 2, 1), value, 2 * value, 4 * value]
        return ", ".join(value_text(each) for each in dict.fromkeys(values))
    if value <= 0:
        return ", ".join(value_text(each) for each in (0, 1, 2))
    return ", ".join(value_text(each) for each in log_values(value / SPAN, value * SPAN, COUNT))
