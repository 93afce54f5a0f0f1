"""`lossboard rename RUN NAME`: call a run something else."""

from __future__ import annotations

import click

from engine.commands.options import answer, json_option, people_errors, run_argument
from engine.jobs.people import steer


@click.command("rename")
@run_argument
@click.argument("name")
@json_option
@click.pass_obj
def command(db: str, run_id: int, name: str, json: bool) -> None:
    """Give RUN another name."""
    with people_errors():
        answer(json, steer.rename(db, run_id, name), run_id=run_id)
