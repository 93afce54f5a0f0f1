"""`lossboard list`: print the runs of a store, filtered and sorted."""

from __future__ import annotations

import click

from engine.commands.options import accuracy, as_json, json_option, limit_option, loss, rate, reading, table
from engine.commands.show import run_as_dict
from engine.jobs.processes.liveness import judge
from engine.store import FilterError, Listing, PageRequest, Run
from engine.store.list.listing import ORDER_ALIASES, ORDERS

HEADER = ["run", "name", "status", "iterations", "train", "valid.", "acc.", "batch ~", "best", "it/s"]
NUMBERS = frozenset({0, *range(3, len(HEADER))})


@click.command("list")
@limit_option
@click.option("--deleted", is_flag=True, help="The deleted ones, which can be brought back.")
@click.option("--filter", "text", metavar="FILTER", default="", help="Such as 'sgd loss<0.5 | tag:keep -status:lost'.")
@click.option(
    "--sort", type=click.Choice([*ORDERS, *ORDER_ALIASES]), default="run", show_default=True, help="What to sort by."
)
@click.option("--reverse", is_flag=True, help="The other way round.")
@json_option
@click.pass_obj
def command(db: str, limit: int, deleted: bool, text: str, sort: str, reverse: bool, json: bool) -> None:
    """List the runs, newest first.

    A filter is words and fields: strategy:sgd, step_size>=1e-3, loss<0.5, accuracy>98 (per cent, or 0.98), -negated,
    | between alternatives. `loss` and `best` are train losses over the whole split, the newest and the lowest;
    `batch ~` is the loss now: that of mini-batches smoothed, of a search that of the weights it keeps.
    """
    listing = Listing(text, ORDER_ALIASES.get(sort, sort), reverse, deleted=deleted)
    with reading(db) as reader:
        workers = reader.workers()
        judged = {run.run_id: judge(run, workers) for run in reader.running()}
        try:
            runs = reader.listed(listing, PageRequest(limit), judged).runs
        except FilterError as error:
            raise click.UsageError(str(error)) from None
    statuses = [judge(run, workers) for run in runs]
    if json:
        click.echo(as_json([run_as_dict(run, s) for run, s in zip(runs, statuses, strict=True)]))
    elif runs:
        click.echo(table(HEADER, [row(run, s) for run, s in zip(runs, statuses, strict=True)], NUMBERS))
    elif text:
        click.echo("no runs fit", err=True)
    else:
        click.echo("no deleted runs" if deleted else "no runs yet; lossboard run starts one", err=True)


def row(run: Run, status: str) -> list[str]:
    """A run as a row of the table, in the order of HEADER."""
    planned = run.spec.iterations if run.spec is not None else None
    return [
        str(run.run_id),
        run.name,
        status,
        f"{run.iterations_done}/{planned}" if planned is not None else str(run.iterations_done),
        loss(run.train_loss),
        loss(run.validation_loss),
        accuracy(run.validation_accuracy),
        loss(run.current_loss),
        loss(run.best_loss),
        rate(run.iterations_per_s),
    ]
