"""`lossboard purge [RUN...]`: give back the space of deleted runs, for good."""

from __future__ import annotations

import sys

import click

from engine.commands.options import answer, json_option, people_errors, yes_option
from engine.jobs.people import steer


@click.command("purge")
@click.argument("run_ids", metavar="[RUN...]", type=int, nargs=-1)
@yes_option
@json_option
@click.pass_obj
def command(db: str, run_ids: tuple[int, ...], yes: bool, json: bool) -> None:
    """Remove deleted runs for good and give their space back; all of them when none is named."""
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("what is purged cannot be brought back: give --yes where nobody can be asked")
        click.confirm("Remove deleted runs for good?", abort=True, err=True)
    with people_errors():
        answer(json, steer.purge(db, run_ids or None))
