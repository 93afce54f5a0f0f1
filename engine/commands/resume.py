"""`lossboard resume RUN...`: let paused and failed runs go on, bit for bit as if they had not been interrupted."""

from __future__ import annotations

import click

from engine.commands.options import each_answers, json_option, runs_argument
from engine.jobs.people import steer


@click.command("resume")
@runs_argument
@json_option
@click.pass_obj
def command(db: str, run_ids: tuple[int, ...], json: bool) -> None:
    """Let paused runs go on, and failed ones: from their newest iteration, in their sweep or race."""
    each_answers(run_ids, lambda run_id: steer.resume(db, run_id), json)
