"""Sweep messages: all messages about sweeps and probes. Each is named after what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from textual.message import Message

from tui.model.message import message
from tui.model.messages import Pointing

if TYPE_CHECKING:
    from engine.jobs.people.probe import RunProbe
    from engine.spec import RunSpec
    from engine.sweep import SweepPlan
    from tui.model.sweep.sweep_draft import SweepDraft


@message
class SweepRequested(Message):
    """The dialog for a sweep is to open, with the spec of a run (None: the default spec).

    `step_sizes` are the ends of a sweep of the step size, if it is known where to look.
    """

    run_id: int | None = None
    step_sizes: tuple[float, float] | None = None


@message
class SweepDraftKept(Message):
    """The dialog for a sweep was closed with this draft."""

    draft: SweepDraft


@message
class SweepSubmitted(Message):
    """A sweep was submitted and is to be queued."""

    plan: SweepPlan


@message
class RepetitionSubmitted(Message):
    """A sweep is to start again: `changes` maps fields to text."""

    sweep_id: int
    changes: Mapping[str, str]


@message
class SweepStarted(Message):
    """A sweep is in the queue and workers were started; `sentence` describes it."""

    sweep_id: int
    sentence: str


@message
class SweepOpened(Message):
    """A sweep's screen is to open, with the cursor on the value of the run `at`, if it is given."""

    sweep_id: int
    at: int | None = None


@message
class SweepLookedAt(Message):
    """The chart options of the open sweep changed."""


@message
class SweepValuePointed(Message):
    """A row of a sweep's table was clicked."""

    values: tuple[float | int | None, ...]
    pointing: Pointing = "select"


@message
class SweepSteered(Message):
    """A whole sweep is to be steered: `verb` is pause, resume, stop or delete."""

    sweep_id: int
    verb: str


@message
class ValuesContinued(Message):
    """Runs of a sweep that were stopped early are to continue."""

    run_ids: tuple[int, ...]


@message
class SweepGrown(Message):
    """A sweep is to be refined around its best value, to get more values, or to be repeated with changes."""

    sweep_id: int
    into: Literal["refinement", "more values", "repetition"]


@message
class SweepGone(Message):
    """A sweep was deleted."""

    sweep_id: int
    sentence: str


@message
class DefaultSpecChosen(Message):
    """The spec of a run is to become the default spec of new runs and sweeps."""

    run_id: int


@message
class RunShown(Message):
    """A run is to be shown on the board, alone, and `esc` goes back to its sweep."""

    run_id: int
    sweep_id: int


@message
class ProbeRequested(Message):
    """One step with each step size is to be tried from a run's weights at an iteration (None: the newest)."""

    run_id: int
    iteration: int | None = None


@message
class ProbeAnswered(Message):
    """The result of the probe of a run; if `found` is None, `sentence` says why there is none."""

    run_id: int
    found: RunProbe | None
    sentence: str = ""


@message
class ProbedRunRequested(Message):
    """A run with a probed step size is to start, from the weights of run `run_id` after `at` iterations."""

    run_id: int
    spec: RunSpec
    step_size: float
    at: int
