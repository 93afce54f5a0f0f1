"""Own code: the yes of a user to the files of code that specs name, given by naming them or afterwards."""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike

from engine.jobs.people import steer
from engine.objective.own_functions import named_here
from engine.own_code.loading import allow
from engine.spec import GROUPS, RunSpec
from engine.store import Refused, open_for_writing

__all__ = ["named", "trust"]


def named(spec: RunSpec, fields: Collection[str] = tuple(GROUPS)) -> RunSpec:
    """Return a spec with the SHA-256 of each file that its user has just named in `fields`, whose yes is noted.

    Raises SpecError for what cannot be loaded.
    """
    return named_here(spec, fields) if spec.own_names else spec


def trust(path: str | PathLike[str], run_id: int) -> str:
    """Note the user's yes to the files of code that a run names, as they were when it was made, and resume it.

    Returns a sentence. Raises Refused if it names none.
    """
    with open_for_writing(path, create=False) as store:
        run = store.reader().the_run(run_id)
    files = [] if run.spec is None else allow(run.spec)
    if not files:
        raise Refused(f"Run {run_id} names no file of code; there is nothing to allow.")
    answer = f"Run {run_id} may run {', '.join(files)} on this machine."
    return f"{answer} {steer.resume(path, run_id)}" if run.state == "paused" else answer
