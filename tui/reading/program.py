"""Program: what is known of the program that logs a run, for the run's details."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.store import Reader, Run
from tui.model.run_seen import ProgramSeen

LAST_PARTS = 24
"""Parts of the output that are read: some thousands of characters each."""


def program_seen(reader: Reader, run: Run, marked: Iterable[int], *, is_now: bool = True) -> ProgramSeen | None:
    """Read what a run's program said, logged and printed, and the configs of the other `marked` runs; None for a run of
    the engine.

    Of another moment than now only what does not change is told, and what had been printed by then.
    """
    if run.kind == "engine":
        return None
    said = reader.logged_background(run.run_id)
    found = (reader.logged_background(run_id).config for run_id in marked if run_id != run.run_id)
    others = tuple(config for config in found if config)
    printed = tuple(reader.output(run.run_id, limit=LAST_PARTS))
    if is_now:
        metrics = tuple(reader.metrics(run.run_id))
        return ProgramSeen(run.run_id, said, others, metrics, reader.standing_metric(run.run_id), printed)
    by_then = tuple(part for part in printed if part.step is not None and part.step < run.iterations_done)
    return ProgramSeen(run.run_id, replace(said, summary="", knobs=""), others, printed=by_then)
