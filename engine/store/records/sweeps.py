"""Rows of sweeps."""

from __future__ import annotations

from dataclasses import dataclass

from engine.sweep import SweepPlan


@dataclass(frozen=True, slots=True)
class SweepTitle:
    """What stands above the runs of one sweep in a list: how many of them the list has, and their lowest loss.

    `second_parameter` is '' but in a grid.
    """

    sweep_id: int
    name: str
    parameter: str
    second_parameter: str
    runs: int
    best_loss: float | None


@dataclass(frozen=True, slots=True)
class RungDecision:
    """What was decided at one rung of a sweep: how many of its values went on, and the largest loss among them."""

    rung: int
    kept_up_to: float
    kept: int
    dropped: int
    decided_at: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """One row of the table `sweeps`. `plan` is None where it is not readable; `parent_id` is the sweep it came from."""

    sweep_id: int
    name: str
    plan: SweepPlan | None
    parent_id: int | None
    created_at: str
    decisions: tuple[RungDecision, ...] = ()
