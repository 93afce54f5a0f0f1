"""Program: what is known of the program that logs a run, for the run's details."""

from __future__ import annotations

from dataclasses import replace

from engine.store import Reader, Run
from tui.model.run_seen import ProgramSeen

LAST_PARTS = 24
"""Parts of the output that are read: some thousands of characters each."""


def program_seen(reader: Reader, run: Run, *, is_now: bool = True) -> ProgramSeen | None:
    """Read what a run's program said, logged and printed; None for a run of the engine.

    Of another moment than now only what does not change is told, and what had been printed by then.
    """
    if run.kind == "engine":
        return None
    said = reader.logged_background(run.run_id)
    printed = tuple(reader.output(run.run_id, limit=LAST_PARTS))
    if is_now:
        metrics = tuple(reader.metrics(run.run_id))
        return ProgramSeen(run.run_id, said, metrics, reader.standing_metric(run.run_id), printed)
    by_then = tuple(part for part in printed if part.step is not None and part.step < run.iterations_done)
    return ProgramSeen(run.run_id, replace(said, summary="", knobs=""), printed=by_then)
