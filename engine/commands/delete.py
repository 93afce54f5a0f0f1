"""`lossboard delete RUN...`: put runs out of sight; they can be brought back until they are purged."""

from __future__ import annotations

import sys

import click

from engine.commands.options import each_answers, json_option, runs_argument, yes_option
from engine.jobs.people import steer
from engine.text import counted


@click.command("delete")
@runs_argument
@yes_option
@json_option
@click.pass_obj
def command(db: str, run_ids: tuple[int, ...], yes: bool, json: bool) -> None:
    """Delete runs. `lossboard undelete` brings them back until `lossboard purge` gives their space back."""
    if not yes and sys.stdin.isatty():
        click.confirm(f"Delete {counted(len(run_ids), 'run')}?", abort=True, err=True)
    each_answers(run_ids, lambda run_id: steer.delete(db, run_id), json)
