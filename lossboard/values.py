"""Values: what a program logs as names and numbers; scalars of any library, without importing it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from typing import Any

LONGEST_NAME = 200


def flat(values: Mapping[Any, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """(name, value) of each value; the names of nested mappings are joined by `/`."""
    for key, value in values.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}/")
        else:
            yield name[:LONGEST_NAME], value


def named(name: str) -> str:
    """The name of a metric. Raises ValueError where nothing of it can be seen."""
    if not name.strip():
        raise ValueError("a metric needs a name")
    return name


def number(value: Any) -> float:
    """A scalar as a float: a number of Python, NumPy, torch or jax, an array of one element.

    Raises TypeError or ValueError with what it is instead.
    """
    if isinstance(value, (str, bytes, bytearray)) or value is None:
        raise TypeError(f"{type(value).__name__} is no number")
    size = getattr(value, "size", None)
    count = getattr(value, "numel", None)
    elements = count() if callable(count) else size if isinstance(size, int) else 1
    if elements != 1:
        raise TypeError(f"{type(value).__name__} of {elements} values is not one number")
    item = getattr(value, "item", None)
    found = item() if callable(item) else value
    if isinstance(found, complex):
        raise TypeError("a complex number is not one number")
    try:
        return float(found)
    except OverflowError:
        return math.inf if found > 0 else -math.inf


def whole(step: Any) -> int:
    """A step as an integer of 64 bits. Raises TypeError or ValueError with a sentence."""
    try:
        found = number(step)
    except (TypeError, ValueError):
        found = math.nan
    exact = step if isinstance(step, int) else int(found) if math.isfinite(found) and found == int(found) else None
    if exact is None or isinstance(step, bool):
        raise ValueError(f"step: give a whole number, not {step!r}"[:200])
    if not -(2**62) < exact < 2**62:
        raise ValueError(f"step: {exact} is too large")
    return int(exact)


def config_of(values: Any) -> dict[str, Any]:
    """A program's configuration as a dictionary: a mapping, or an object with attributes (argparse, a dataclass).

    Raises TypeError for anything else.
    """
    if values is None:
        return {}
    if isinstance(values, Mapping):
        return {str(key): value for key, value in values.items()}
    if hasattr(values, "__dict__") and not callable(values):
        return {key: value for key, value in vars(values).items() if not key.startswith("_")}
    raise TypeError(f"config: give a dictionary, or an object with attributes, not {type(values).__name__}")


def text_of(name: str, value: Any) -> str:
    """A text, '' for None. Raises TypeError with a sentence for what is none."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{name}: give text, not {type(value).__name__}")
    return value


def words_of(name: str, value: Any) -> list[str]:
    """A list of texts. Raises TypeError with a sentence for what is none."""
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise TypeError(f"{name}: give a list of words, not {type(value).__name__}")
    return [text_of(name, each) for each in value]
