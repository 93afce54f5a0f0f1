"""What runs recorded now and then: evaluations, and what happened to them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Loss and accuracy (0..1) of a whole split at the weights after `iteration` iterations."""

    iteration: int
    split: str
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Command:
    """A steering command for a run, or what was decided about it: `verb` is one that an Event may have."""

    command_id: int
    run_id: int
    verb: str
    argument: str
    issued_at: str
    applied_at_iteration: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a run before `iteration`, for a mark on its curve.

    `verb` is stop, pause, resume, set-step-size (`argument` is the new one), take-up (its worker was lost, and another
    one went on), fork (a run was forked here: `argument` is
    its number), forked (this run goes on from there: `argument` is its parent's number), keep or drop (a decision at a
    rung of a race). `outcome` says it in words.
    """

    iteration: int
    verb: str
    argument: str
    outcome: str
    happened_at: str
