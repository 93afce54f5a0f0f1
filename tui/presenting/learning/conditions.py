"""Conditions: what a step of a scene waits for, from what is seen of the dashboard."""

from __future__ import annotations

from collections.abc import Callable

from engine.store import ENDED
from tui.chart.values.view import XKind
from tui.model.inspection.subjects import TabName
from tui.model.learning.observed import Observed

Condition = Callable[[Observed], bool]


def started(*names: str) -> Condition:
    """Whether runs of the tour with these names are in the store."""
    return lambda seen: len(seen.found(*names)) == len(names)


def ended(*names: str) -> Condition:
    """Whether they have ended."""
    return lambda seen: len(seen.found(*names)) == len(names) and all(run.state in ENDED for run in seen.found(*names))


def looks_closely(seen: Observed) -> bool:
    """Whether a run is shown alone."""
    return seen.choices.alone


def reads_values(seen: Observed) -> bool:
    """Whether the readout stands on the chart."""
    return seen.choices.chart_options.cursor is not None


def counts(kind: XKind) -> Condition:
    """Whether the x axis is of this kind."""
    return lambda seen: seen.choices.chart_options.x_kind == kind


def inspects(tab: TabName) -> Condition:
    """Whether the inspector shows this tab."""
    return lambda seen: seen.tab == tab


def replays(seen: Observed) -> bool:
    """Whether a replay is open."""
    return seen.replay is not None


def replays_inside(seen: Observed) -> bool:
    """Whether the landscape is shown at the moment of a replay."""
    return seen.replay is not None and seen.tab == "landscape"


def has_replayed(seen: Observed) -> bool:
    """Whether a replay has come to the end of its runs."""
    replay = seen.replay
    if replay is None or replay.final is None:
        return False
    return all(
        (now := replay.run(run.run_id)) is not None and now.iterations_done >= run.iterations_done
        for run in replay.final.runs
    )


def chooses_sweep(seen: Observed) -> bool:
    """Whether the dialog of a sweep is open, or a sweep is looked at."""
    return seen.place == "sweep" or sweeps_step_sizes(seen)


def sweeps_step_sizes(seen: Observed) -> bool:
    """Whether a sweep over step sizes is looked at."""
    sweep = seen.snapshot.sweep
    return sweep is not None and sweep.outcome is not None and sweep.outcome.plan.axes[0].field == "step_size"


def has_swept(seen: Observed) -> bool:
    """Whether it is over."""
    sweep = seen.snapshot.sweep
    return sweeps_step_sizes(seen) and sweep is not None and sweep.outcome is not None and sweep.outcome.over
