"""What runs recorded: curves, single iterations, evaluations, and what happened to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A run's losses between two iterations, decimated: row i covers `width` iterations from iteration[i].

    All columns have shape (n,). `count` is the number of finite losses in the bucket: 0 is a gap,
    where low, high and mean are NaN. `elapsed_s` is the time at the bucket's last iteration.
    `low_before` is the lowest finite loss before the first row (inf when there is none), from which
    best-so-far goes on.
    """

    run_id: int
    width: int
    iteration: NDArray[np.int64]
    elapsed_s: Floats
    count: NDArray[np.int64]
    low: Floats
    high: Floats
    mean: Floats
    last: Floats
    low_before: float


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Single iterations of a run, evenly spread: all columns have shape (n,), NaN where nothing was recorded."""

    iteration: NDArray[np.int64]
    elapsed_s: Floats
    loss: Floats
    data_loss: Floats
    gradient_norm: Floats
    step_size: Floats


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
