"""Undo: how something that the viewer did is taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Deleted = tuple[Literal["run", "sweep"], int]


@dataclass(frozen=True, slots=True)
class Undo:
    """`carry_out` takes it back in a thread and returns the sentence on it; `deleted` is what that brings back."""

    carry_out: Callable[[], str]
    deleted: Deleted | None = None
