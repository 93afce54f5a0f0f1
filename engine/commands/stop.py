"""`lossboard stop RUN...`: end runs where they are; every iteration so far is kept."""

from __future__ import annotations

import click

from engine.commands.options import each_answers, json_option, runs_argument
from engine.jobs.people import steer


@click.command("stop")
@runs_argument
@json_option
@click.pass_obj
def command(db: str, run_ids: tuple[int, ...], json: bool) -> None:
    """Stop runs where they are; what they have recorded is kept."""
    each_answers(run_ids, lambda run_id: steer.stop(db, run_id), json)
