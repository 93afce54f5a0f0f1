"""Steering keys: turn keys into requests about the run under the cursor, or into a sentence that says why not."""

from __future__ import annotations

from engine.store import ENDED, Run, status_word
from tui.model import x_extent
from tui.model.messages import (
    DialogRequested,
    EditRequested,
    ForkRequested,
    SteeringRequested,
    StepSizeScaled,
    UndoRequested,
)
from tui.model.sweep.sweep_messages import SweepSteered
from tui.screens.keys.key_parts import KeyPort

RESUMED = ("paused", "failed")
"""States in which the pause key resumes a run."""


ONWARD = {
    "logged": "Start its program again.",
    "script": "n launches its command again.",
    "imported": "It was imported: nothing is started from here.",
}
"""What to do with a run that has ended and that the engine does not compute."""


STARTED = ("engine", "script")
"""Kinds of runs that workers start, and so start again."""


class SteeringKeys:
    """Turns keys into requests, which the app carries out."""

    def __init__(self, screen: KeyPort) -> None:
        self._screen = screen

    @property
    def _pointed(self) -> Run | None:
        return self._screen.snapshot.run(self._screen.choices.pointed)

    def _has_ended(self, run: Run) -> bool:
        if run.state not in ENDED:
            return False
        status = status_word(self._screen.snapshot.status(run))
        again = "p lets it go on, " if run.state == "failed" else ""
        onward = f"{again}f forks it: a new run goes on." if run.kind == "engine" else ONWARD[run.kind]
        self._screen.tell(f"Run {run.run_id} has ended already ({status}). {onward}")
        return True

    def action_stop(self) -> None:
        run = self._pointed
        if run is not None and not self._has_ended(run):
            self._screen.post_message(SteeringRequested(run.run_id, "stop"))

    def action_pause(self) -> None:
        """Pause the run, or resume it."""
        run = self._pointed
        if run is not None and ((run.state == "failed" and run.kind in STARTED) or not self._has_ended(run)):
            self._screen.post_message(SteeringRequested(run.run_id, "resume" if run.state in RESUMED else "pause"))

    def action_scale_step(self, factor: float) -> None:
        """Ask for a multiple of the step size, unless the run takes no steps."""
        run = self._pointed
        if run is None or self._has_ended(run):
            return
        if run.spec is not None and not run.spec.kind.steps:
            self._screen.tell(
                f"Run {run.run_id} is a {run.spec.kind.label}: it takes no steps, so it has no step size."
            )
        else:
            self._screen.post_message(StepSizeScaled(run.run_id, factor))

    def action_fork(self) -> None:
        """Fork at the readout if there is one, else at the newest iteration."""
        run, chart_options = self._pointed, self._screen.choices.chart_options
        if run is None:
            return
        at = run.iterations_done
        if chart_options.cursor is not None and chart_options.x_kind != "time":
            at = max(
                run.first_iteration, min(round(chart_options.cursor / x_extent.per_iteration(chart_options, run)), at)
            )
        self._screen.post_message(ForkRequested(run.run_id, at))

    def action_steer_sweep(self, verb: str) -> None:
        """Steer the sweep under the cursor, or that of its run; `pause` pauses while a known run of it goes on."""
        run, snapshot = self._pointed, self._screen.snapshot
        sweep_id = self._screen.choices.title if run is None else run.sweep_id
        if sweep_id is None:
            if run is not None:
                self._screen.tell(f"Run {run.run_id} belongs to no sweep.")
            return
        if verb == "pause":
            known = [*snapshot.runs, *(row for row in snapshot.rows if isinstance(row, Run))]
            going = any(run.sweep_id == sweep_id and run.state in ("running", "queued") for run in known)
            verb = "pause" if going else "resume"
        self._screen.post_message(SweepSteered(sweep_id, verb))

    def action_edit(self) -> None:
        if self._pointed is not None:
            self._screen.post_message(EditRequested(self._pointed.run_id))

    def action_delete(self) -> None:
        """Ask to delete the run, unless it is running."""
        run = self._pointed
        if run is None:
            return
        if run.state == "running" and self._screen.snapshot.status(run) != "lost":
            self._screen.tell(f"Run {run.run_id} is running: stop it first (t).")
        else:
            self._screen.post_message(SteeringRequested(run.run_id, "delete"))

    def action_undo(self) -> None:
        self._screen.post_message(UndoRequested())

    def action_workers(self) -> None:
        self._screen.post_message(DialogRequested("workers"))
