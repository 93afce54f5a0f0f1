"""`lossboard workers` and `lossboard work`: the number of workers, and one worker in the foreground."""

from __future__ import annotations

import os

import click

from engine.commands.options import answer, as_json, json_option, people_errors, reading
from engine.jobs.processes.launch import MOST_WORKERS, set_worker_count, worker_command, worker_count
from engine.jobs.processes.liveness import at_work
from engine.jobs.processes.threads import ONE_THREAD
from engine.text import clean


@click.command("workers")
@click.argument("number", type=click.IntRange(1, MOST_WORKERS), required=False)
@click.option("--default", is_flag=True, help="Go back to the default: one per core, at least 4.")
@json_option
@click.pass_obj
def workers(db: str, number: int | None, default: bool, json: bool) -> None:
    """Set how many workers may work for the store at once, or tell how many may and how many do."""
    with people_errors():
        if number is not None or default:
            answer(json, set_worker_count(db, None if default else number))
            return
    with reading(db) as reader:
        most, working = worker_count(reader), at_work(reader.workers())
    click.echo(as_json({"most": most, "working": working}) if json else f"{working} of at most {most} are working")


@click.command("work")
@click.option("--max-runs", metavar="N", type=click.IntRange(min=1), help="Leave after so many runs.")
@click.pass_obj
def work(db: str, max_runs: int | None) -> None:
    """Work on queued runs here, telling on stderr what is done, until none is left.

    Runs whose worker was lost are taken up again. Ctrl-C puts the run at hand back, to go on from where it is.
    """
    with reading(db) as reader:
        path = reader.path
    # exec, since NumPy is loaded in this process already and has fixed its number of threads.
    arguments = [*worker_command(), "--db", path, "--beyond-limit"]
    if max_runs is not None:
        arguments += ["--max-runs", str(max_runs)]
    try:
        os.execve(arguments[0], arguments, {**os.environ, **ONE_THREAD})
    except OSError as error:
        raise click.ClickException(f"{clean(arguments[0])} cannot be started as a worker: {error.strerror}.") from None
