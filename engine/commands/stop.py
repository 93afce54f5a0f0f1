"""`lossboard stop RUN...`: end runs where they are; every iteration so far is kept."""

from __future__ import annotations

import click

from engine.commands.options import people_errors
from engine.store import open_for_writing


@click.command("stop")
@click.argument("run_ids", metavar="RUN...", type=int, nargs=-1, required=True)
@click.pass_obj
def command(db: str, run_ids: tuple[int, ...]) -> None:
    """Stop runs; what they have recorded is kept."""
    with people_errors():
        store = open_for_writing(db, create=False)
        try:
            for run_id in run_ids:
                click.echo(store.queue.command(run_id, "stop"))
        finally:
            store.close()
