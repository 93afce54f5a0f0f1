"""Message: the decorator of message classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

Kind = TypeVar("Kind")


@dataclass_transform()
def message(kind: type[Kind]) -> type[Kind]:
    """Make a dataclass without __repr__ and __eq__: sixty classes are created at every start."""
    return dataclass(repr=False, eq=False)(kind)
