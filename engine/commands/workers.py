"""`lossboard workers` and `lossboard work`: the number of workers, and one worker in the foreground."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import asdict

import click

from engine.commands.options import answer, as_json, json_option, people_errors, reading
from engine.jobs.cluster.where import certificates_of, where_of
from engine.jobs.processes.launch import (
    MOST_WORKERS,
    bridge_command,
    set_worker_count,
    worker_command,
    worker_count,
)
from engine.jobs.processes.liveness import at_work
from engine.jobs.processes.threads import ONE_THREAD
from engine.jobs.processes.workforce import workforce
from engine.text import clean, counted


@click.command("workers")
@click.argument("number", type=click.IntRange(1, MOST_WORKERS), required=False)
@click.option("--default", is_flag=True, help="Go back to the default: one per core, at least 4.")
@json_option
@click.pass_obj
def workers(db: str, number: int | None, default: bool, json: bool) -> None:
    """Set how many workers may work for the store at once, or tell how many may, and what each of them does.

    With the bridge to a cluster, its workers there as well.
    """
    with people_errors():
        if number is not None or default:
            answer(json, set_worker_count(db, None if default else number))
            return
    with reading(db) as reader:
        present = reader.workers()
        most, working = worker_count(reader), at_work(present)
        seen = workforce(present, reader.cluster_workers(), reader.running())
    if json:
        click.echo(as_json({"most": most, "working": working, "workers": [asdict(each) for each in seen]}))
        return
    click.echo(f"{working} of at most {most} are working")
    for each in seen:
        name = f"{each.role} {each.worker_id}" if each.role != "cluster worker" else "  of its cluster"
        rate = f"{each.iterations_per_s:,.0f} iterations/s" if each.iterations_per_s else ""
        lost = f"{counted(each.chunks_lost, 'chunk')} lost" if each.chunks_lost else ""
        where = each.cluster if each.role == "bridge" else f"process {each.pid}"
        told = ", ".join(filter(None, (f"{each.host}", where, each.does, rate, lost)))
        click.echo(clean(f"{name}: {told}", 300))


@click.command("work")
@click.option("--max-runs", metavar="N", type=click.IntRange(min=1), help="Leave after so many runs.")
@click.option(
    "--cluster",
    metavar="WHERE",
    default="",
    help="Have runs computed by a Dask cluster: tcp://HOST:8786, tls://HOST:8786, local:N or ssh:HOST,HOST.",
)
@click.option("--scheduler-file", metavar="FILE", default="", help="The same, with the file that its scheduler writes.")
@click.option("--tls-ca", metavar="FILE", default="", help="The certificate of the authority, for tls://.")
@click.option("--tls-cert", metavar="FILE", default="", help="This side's certificate.")
@click.option("--tls-key", metavar="FILE", default="", help="This side's key.")
@click.option("--stay", is_flag=True, help="With a cluster: wait for more runs when none is left.")
@click.pass_obj
def work(
    db: str,
    max_runs: int | None,
    cluster: str,
    scheduler_file: str,
    tls_ca: str,
    tls_cert: str,
    tls_key: str,
    stay: bool,
) -> None:
    """Work on queued runs here, telling on stderr what is done, until none is left.

    Runs whose worker was lost are taken up again. Ctrl-C puts the run at hand back, to go on from where it is. With a
    cluster, its workers compute the runs, and only what they find is stored from here.
    """
    given = {
        "--cluster": cluster, "--scheduler-file": scheduler_file, "--tls-ca": tls_ca, "--tls-cert": tls_cert,
        "--tls-key": tls_key,
    }  # fmt: skip
    options = [word for name, value in given.items() if value for word in (name, value)]
    if (options or stay) and not (cluster or scheduler_file):
        raise click.UsageError(f"{options[0] if options else '--stay'} goes with --cluster or --scheduler-file.")
    if options:
        _check_cluster(cluster, scheduler_file, (tls_ca, tls_cert, tls_key))
    with reading(db) as reader:
        path = reader.path
    # exec, since NumPy is loaded in this process already and has fixed its number of threads.
    if options:
        arguments = [*bridge_command(), "--db", path, *options, *["--stay"] * stay]
    else:
        arguments = [*worker_command(), "--db", path, "--beyond-limit"]
    if max_runs is not None:
        arguments += ["--max-runs", str(max_runs)]
    try:
        os.execve(arguments[0], arguments, {**os.environ, **ONE_THREAD})
    except OSError as error:
        raise click.ClickException(f"{clean(arguments[0])} cannot be started as a worker: {error.strerror}.") from None


def _check_cluster(cluster: str, scheduler_file: str, files: tuple[str, str, str]) -> None:
    """Refuse what names no cluster, and any cluster where what it takes is not installed."""
    try:
        where_of(cluster, scheduler_file, certificates_of(files))
    except ValueError as error:
        raise click.UsageError(f"{clean(str(error), 300)}.") from None
    if importlib.util.find_spec("distributed") is None:
        raise click.ClickException("A cluster takes the package distributed: pip install 'lossboard[cluster]'.")
