"""`lossboard pause RUN...`: let runs wait; a checkpoint is kept and the worker is free for others."""

from __future__ import annotations

import click

from engine.commands.options import each_answers, json_option, runs_argument
from engine.jobs.people import steer


@click.command("pause")
@runs_argument
@json_option
@click.pass_obj
def command(db: str, run_ids: tuple[int, ...], json: bool) -> None:
    """Pause runs: each keeps where it is and frees its worker."""
    each_answers(run_ids, lambda run_id: steer.pause(db, run_id), json)
