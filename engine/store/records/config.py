"""Config: JSON objects in which a program says what its run was started with or what came of it, read by flat names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

Scalar = str | float | int
"""A value as lists compare and show it: true, false and null are words, a list is its JSON."""

MOST_KEYS = 2000
"""Most values that are told of one object."""

LONGEST = 500
"""Characters of one value."""

DEEPEST = 40


def json_object(text: str) -> dict[str, Any]:
    """A stored JSON object; {} where it is none."""
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


@lru_cache(maxsize=512)
def flat(text: str) -> Mapping[str, Scalar]:
    """The values of a JSON object by flat name: those of nested objects are joined with dots, at most MOST_KEYS."""
    found: dict[str, Scalar] = {}
    for name, value in _walk(json_object(text), "", 0):
        if len(found) >= MOST_KEYS:
            break
        found.setdefault(name, value)
    return MappingProxyType(found)


def value_named(text: str | None, name: str) -> Scalar | None:
    """The value with a flat name in a JSON object; None where there is none."""
    found = _value(json_object(text), name) if text else None
    return None if found is None else _scalar(found)


def _walk(inside: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, Scalar]]:
    for key, value in inside.items():
        name = before + key
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield from _walk(value, f"{name}.", depth + 1)
        else:
            yield name, _scalar(_Null if value is None else value)


class _Null:
    """Stands for null, which is a value, unlike a key that is not there."""


def _value(inside: Mapping[str, Any], name: str) -> Any:
    """The value of a flat name: a key may have dots itself."""
    if name in inside and not (isinstance(inside[name], dict) and inside[name]):
        return _Null if inside[name] is None else inside[name]
    for key, value in inside.items():
        if (
            isinstance(value, dict)
            and name.startswith(f"{key}.")
            and ((found := _value(value, name[len(key) + 1 :])) is not None)
        ):
            return found
    return None


def _scalar(value: Any) -> Scalar:
    if value is _Null:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value) if abs(value) < 1 << 1000 else str(value)[:LONGEST]
    if isinstance(value, (int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # for SQLite half a surrogate pair is no text, and NUL ends one
    return text[:LONGEST].partition("\0")[0].encode(errors="replace").decode()
