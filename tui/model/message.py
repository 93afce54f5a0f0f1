"""Message: what a class of messages is made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

Kind = TypeVar("Kind")


@dataclass_transform()
def message(kind: type[Kind]) -> type[Kind]:
    """A dataclass without the methods that nobody asks a message for: there are sixty kinds, made at every start."""
    return dataclass(repr=False, eq=False)(kind)
