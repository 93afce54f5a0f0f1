"""Recorded: evaluations, commands and events of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Loss and accuracy (0 to 1) over a whole split, at the weights after `iteration` iterations."""

    iteration: int
    split: str
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Command:
    """A steering command for a run, or a decision about it; `verb` as in Event, `outcome` '' while it waits."""

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

    `verb` is stop, pause, resume, set-step-size (`argument`: the new one), take-up (another worker continued after the
    first was lost), fork (another run was forked here; `argument`: its id), forked (this run continues from here;
    `argument`: its parent's id), keep or drop (a decision at a rung of a race). `outcome` is the sentence for people.
    """

    iteration: int
    verb: str
    argument: str
    outcome: str
    happened_at: str
