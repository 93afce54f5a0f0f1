"""`lossboard list`: print the runs of a store, filtered and sorted, in columns that can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import click
from click.shell_completion import CompletionItem

from engine.commands.options import accuracy, as_json, json_option, limit_option, loss, rate, reading, table
from engine.commands.show import run_as_dict
from engine.commands.typed.values import matching
from engine.files.program import store_command
from engine.jobs.processes.liveness import judge
from engine.spec.parsing import near_match
from engine.store import FilterError, Listing, PageRequest, Run, status_word
from engine.store.list.columns import COLUMNS, MISSING, SETTINGS, TITLES, WORDS, setting
from engine.store.list.listing import ORDER_ALIASES
from engine.text import clean, setting_text

FIRST = ("run", "name", "status")
LAST = ("iterations", "train", "validation", "accuracy", "batch_loss", "best", "speed")
"""The columns before and after the settings in which runs differ."""

LEFT = WORDS | {"name", "tags", "status", "created"}
"""Columns of words, which are aligned to the left."""

Written = Callable[[Run, str], str]
"""(run, status) to the text of a column."""


def order_named(context: click.Context, parameter: click.Parameter, typed: str) -> str:
    """The name of a column or order, which may be typed as its title.

    Raises BadParameter for an unknown one, with what there is.
    """
    title = typed.strip().lower()
    name = title.replace("-", "_")
    name = ORDER_ALIASES.get(name, name)
    if name not in COLUMNS:
        name = next((column for column in COLUMNS if TITLES[column] == title), name)
    if name not in COLUMNS:
        near = near_match(name, [*COLUMNS, *ORDER_ALIASES])
        raise click.BadParameter(f"there is no {clean(typed, 40)!r}{near or '.'} There are {', '.join(COLUMNS)}.")
    return name


def offered(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The columns that begin as the last of the words between commas; each with the words before it."""
    before, comma, last = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{item.value}") for item in matching(COLUMNS, last)]


def columns_named(context: click.Context, parameter: click.Parameter, typed: str | None) -> tuple[str, ...]:
    """The names of the columns in a text, separated by commas; none for no text. Raises BadParameter."""
    names = [] if typed is None else [part for part in typed.split(",") if part.strip()]
    return tuple(dict.fromkeys(order_named(context, parameter, name) for name in names))


@click.command("list")
@limit_option
@click.option("--deleted", is_flag=True, help="The deleted runs, which can be brought back.")
@click.option("--filter", "text", metavar="FILTER", default="", help="Such as 'sgd loss<0.5 | tag:keep -status:lost'.")
@click.option(
    "--sort",
    metavar="COLUMN",
    default="run",
    show_default=True,
    callback=order_named,
    shell_complete=offered,
    help="What to sort by.",
)
@click.option("--reverse", is_flag=True, help="Reverse the order.")
@click.option(
    "--columns",
    metavar="COLUMNS",
    callback=columns_named,
    shell_complete=offered,
    help="Such as run,objective,seed,train; those in which the runs differ by default.",
)
@json_option
@click.pass_obj
def command(
    db: str, limit: int, deleted: bool, text: str, sort: str, reverse: bool, columns: tuple[str, ...], json: bool
) -> None:
    """List the runs, newest first.

    A filter is words and fields: strategy:sgd, step_size>=1e-3, loss<0.5, accuracy>98 (per cent, or 0.98), -negated,
    | between alternatives. `loss` and `best` are train losses over the whole split, the newest and the lowest;
    `batch ~` is the loss now: that of mini-batches smoothed, of a search that of the weights it keeps.

    Columns and orders have the same names: run, status, name, tags, objective, dataset, step_size, batch_size, seed,
    train, validation, accuracy, best, created, and every other setting of a run.
    """
    listing = Listing(text, sort, reverse, deleted=deleted)
    with reading(db) as reader:
        workers = reader.workers()
        judged = {run.run_id: judge(run, workers) for run in reader.running()}
        try:
            listed = reader.listed(listing, PageRequest(limit), judged)
        except FilterError as error:
            raise click.UsageError(str(error)) from None
        columns = columns or by_default(listing.order, () if json else reader.variety())
    statuses = [judge(run, workers) for run in listed.runs]
    if json:
        click.echo(as_json([run_as_dict(run, s) for run, s in zip(listed.runs, statuses, strict=True)]))
    elif listed.runs:
        rows = [row(run, status, columns) for run, status in zip(listed.runs, statuses, strict=True)]
        right = frozenset(place for place, name in enumerate(columns) if name not in LEFT)
        click.echo(table([TITLES[name] if name != "created" else name for name in columns], rows, right))
        if listed.total > len(listed.runs):
            click.echo(f"{len(listed.runs):,} of {listed.total:,} runs; --limit shows more", err=True)
    elif text:
        click.echo("No run fits the filter.", err=True)
    else:
        click.echo(
            "No run is deleted." if deleted else f"There are no runs yet; {store_command('run')} starts one.", err=True
        )


def by_default(order: str, differing: Iterable[str]) -> tuple[str, ...]:
    """The columns that nobody chose: the settings in which runs differ, and the one that sorts.

    The name tells the strategy, so that it has no column of its own.
    """
    wanted = {*FIRST, *LAST, *differing, order} - {"strategy"} | ({"strategy"} & {order})
    return tuple(name for name in COLUMNS if name in wanted)


def row(run: Run, status: str, columns: Iterable[str]) -> list[str]:
    """A run as a row of the table."""
    return [WRITTEN[name](run, status) for name in columns]


def _iterations(run: Run, status: str) -> str:
    planned = run.spec.iterations if run.spec is not None else None
    return f"{run.iterations_done}/{planned}" if planned is not None else str(run.iterations_done)


def _of_setting(name: str) -> Written:
    def written(run: Run, status: str) -> str:
        value = setting(run, name)
        return MISSING if value is None else value if isinstance(value, str) else setting_text(value)

    return written


WRITTEN: Mapping[str, Written] = {
    **{name: _of_setting(name) for name in SETTINGS},
    "run": lambda run, status: str(run.run_id),
    "name": lambda run, status: run.name or (run.spec.label if run.spec is not None else MISSING),
    "tags": lambda run, status: " ".join(clean(tag, 60) for tag in run.tags) or MISSING,
    "status": lambda run, status: status_word(status),
    "iterations": _iterations,
    "elapsed": lambda run, status: f"{run.elapsed_s:.1f} s",
    "train": lambda run, status: loss(run.train_loss),
    "validation": lambda run, status: loss(run.validation_loss),
    "accuracy": lambda run, status: accuracy(run.validation_accuracy),
    "test": lambda run, status: loss(run.test_loss),
    "test_accuracy": lambda run, status: accuracy(run.test_accuracy),
    "batch_loss": lambda run, status: loss(run.current_loss),
    "best": lambda run, status: loss(run.best_loss),
    "speed": lambda run, status: rate(run.iterations_per_s),
    "created": lambda run, status: run.created_at[:19].replace("T", " "),
}
"""How each column is written."""
