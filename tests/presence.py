"""Values that a test knows to be there, though their type allows them to be missing."""

from __future__ import annotations

from typing import TypeVar

Thing = TypeVar("Thing")


def present(value: Thing | None) -> Thing:
    """The value itself; the test fails where there is none."""
    assert value is not None
    return value
