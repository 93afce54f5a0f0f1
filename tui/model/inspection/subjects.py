"""Subjects: the runs that the inspector looks at, and the tabs in which it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.spec import RunSpec

TabName = Literal["landscape", "regions", "weights", "step", "check", "mistakes", "range"]

TITLES: Mapping[TabName, str] = {
    "landscape": "Landscape",
    "regions": "Regions",
    "weights": "Weights",
    "step": "One step",
    "check": "Gradient check",
    "mistakes": "Mistakes",
    "range": "Range",
}
"""The tabs in their order, as the screen calls them."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A run that is inspected: as it is now, or as it was after `iteration` iterations at a moment of a replay.

    `slot` is the colour slot of its curve, `spec` None where this version cannot read it.
    """

    run_id: int
    label: str
    slot: int
    spec: RunSpec | None
    iteration: int
    is_going_on: bool = False


@dataclass(frozen=True, slots=True)
class Inspected:
    """The runs that are inspected, the one of single-run tabs first; `is_replay` at a moment of a replay."""

    subjects: tuple[Subject, ...] = ()
    is_replay: bool = False

    @property
    def first(self) -> Subject | None:
        """The run that tabs about one run show."""
        return self.subjects[0] if self.subjects else None
