"""`lossboard tag RUN TAG...`: words by which to find a run again."""

from __future__ import annotations

import click

from engine.commands.options import answer, json_option, people_errors, run_argument
from engine.jobs.people import steer


@click.command("tag")
@run_argument
@click.argument("tags", metavar="TAG...", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take these tags away instead.")
@json_option
@click.pass_obj
def command(db: str, run_id: int, tags: tuple[str, ...], remove: bool, json: bool) -> None:
    """Add tags to RUN, or take them away."""
    with people_errors():
        answer(json, (steer.untag if remove else steer.tag)(db, run_id, tags), run_id=run_id)
