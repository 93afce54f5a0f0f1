"""`lossboard workers [NUMBER]`: how many workers may work for the store at once."""

from __future__ import annotations

import click

from engine.commands.options import answer, as_json, json_option, people_errors, reading
from engine.jobs.processes.launch import MOST_WORKERS, set_worker_count, worker_count
from engine.jobs.processes.liveness import at_work


@click.command("workers")
@click.argument("number", type=click.IntRange(1, MOST_WORKERS), required=False)
@click.option("--default", is_flag=True, help="Go back to the default: one per core, at least 4.")
@json_option
@click.pass_obj
def command(db: str, number: int | None, default: bool, json: bool) -> None:
    """Set how many workers may work for the store at once, or tell how many may and how many do."""
    with people_errors():
        if number is not None or default:
            answer(json, set_worker_count(db, None if default else number))
            return
    with reading(db) as reader:
        most, working = worker_count(reader), at_work(reader.workers())
    click.echo(as_json({"most": most, "working": working}) if json else f"{working} of at most {most} are working")
