"""`lossboard undelete RUN...`: bring deleted runs back."""

from __future__ import annotations

import click

from engine.commands.options import each_answers, json_option, runs_argument
from engine.jobs.people import steer


@click.command("undelete")
@runs_argument
@json_option
@click.pass_obj
def command(db: str, run_ids: tuple[int, ...], json: bool) -> None:
    """Bring deleted runs back, as they were."""
    each_answers(run_ids, lambda run_id: steer.undelete(db, run_id), json)
