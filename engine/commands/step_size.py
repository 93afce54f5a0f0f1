"""`lossboard step-size RUN VALUE`: another step size for a run, from an iteration that is recorded."""

from __future__ import annotations

import click

from engine.commands.options import answer, json_option, people_errors, run_argument
from engine.jobs.people import steer


@click.command("step-size")
@run_argument
@click.argument("value")
@json_option
@click.pass_obj
def command(db: str, run_id: int, value: str, json: bool) -> None:
    """Go on with another step size (learning rate); `lossboard show` tells from which iteration on."""
    with people_errors():
        answer(json, steer.set_step_size(db, run_id, value), run_id=run_id)
