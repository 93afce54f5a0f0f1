"""Sweeps: rows of the table `sweeps`, decisions at rungs, and titles in a list of runs."""

from __future__ import annotations

from dataclasses import dataclass

from engine.sweep import SweepPlan


@dataclass(frozen=True, slots=True)
class SweepTitle:
    """The title above a sweep's runs in a list: `runs` counts those listed.

    `lowest_train_loss` is the lowest of their newest evaluations, by which a sweep ranks its values.
    `second_parameter` is '' unless the sweep is a grid.
    """

    sweep_id: int
    name: str
    parameter: str
    second_parameter: str
    runs: int
    lowest_train_loss: float | None


@dataclass(frozen=True, slots=True)
class RungDecision:
    """The decision at one rung of a sweep: `kept` and `dropped` count values, `kept_up_to` is the largest loss kept."""

    rung: int
    kept_up_to: float
    kept: int
    dropped: int
    decided_at: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """One row of the table `sweeps`. `plan` is None where it cannot be read; `parent_id` is the sweep that this one
    refines or repeats."""

    sweep_id: int
    name: str
    plan: SweepPlan | None
    parent_id: int | None
    created_at: str
    decisions: tuple[RungDecision, ...] = ()
