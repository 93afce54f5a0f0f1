"""`lossboard work`: a worker in the foreground."""

from __future__ import annotations

import os

import click

from engine.commands.options import reading
from engine.jobs.processes.launch import worker_command
from engine.jobs.processes.threads import ONE_THREAD


@click.command("work")
@click.option("--max-runs", metavar="N", type=click.IntRange(min=1), help="Leave after so many runs.")
@click.pass_obj
def command(db: str, max_runs: int | None) -> None:
    """Work on queued runs here, telling on stderr what is done, until none is left.

    Runs whose worker was lost are taken up again. Ctrl-C puts the run at hand back, to go on from where it is.
    """
    with reading(db) as reader:
        path = reader.path
    # Another program in this process's place: NumPy is loaded already, and it counted its threads then.
    arguments = [*worker_command(), "--db", path, "--beyond-limit"]
    if max_runs is not None:
        arguments += ["--max-runs", str(max_runs)]
    os.execve(arguments[0], arguments, {**os.environ, **ONE_THREAD})
