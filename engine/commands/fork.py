"""`lossboard fork RUN --at ITERATION`: a run that goes on from an iteration of another one, with something changed."""

from __future__ import annotations

import click

from engine.commands.options import answer, json_option, people_errors, run_argument, spec_options
from engine.jobs.people import steer


@click.command("fork")
@run_argument
@click.option("--at", metavar="ITERATION", type=click.IntRange(min=0), help="Where to fork; by default the newest.")
@spec_options
@click.option("--name", default="", help="A name for the new run.")
@json_option
@click.pass_obj
def command(db: str, /, run_id: int, at: int | None, name: str, json: bool, **fields: str | None) -> None:
    """Start a run that goes on from an iteration of RUN, with what is given here changed.

    Weights, update buffers and random streams go on as they were there, bit for bit. Budgets count from iteration 0.
    """
    with people_errors():
        changes = {field: text for field, text in fields.items() if text is not None}
        forked = steer.fork(db, run_id, at, changes, name)
        answer(json, forked.sentence, run_id=forked.run_id)
