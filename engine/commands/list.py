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
from engine.store.list.columns import COLUMNS, KIND, MISSING, SETTINGS, TITLES, WORDS, Variety, setting
from engine.store.list.config_variety import shown, tells_apart
from engine.store.list.listing import ORDER_ALIASES
from engine.store.list.logged_fields import LoggedNames, logged_field, sought, unknown, written
from engine.store.read.logged_values import Values
from engine.store.records.config import Scalar
from engine.text import clean, setting_text

FIRST = ("run", "name", "status")
LAST = ("iterations", "train", "validation", "accuracy", "batch_loss", "best", "speed")
"""The columns before and after the settings in which runs differ."""

OF_LOGGED = ("run", "name", "status", "iterations", "loss", "elapsed")
"""The columns beside the config in which runs differ, where every run is logged by a program of its own."""

LEFT = WORDS | {"name", "tags", "status", "created", "kind", "project", "group"}
"""Columns of words, which are aligned to the left."""

Written = Callable[[Run, str], str]
"""(run, status) to the text of a column."""


def order_named(typed: str, names: LoggedNames) -> str:
    """The name of a column or order, which may be typed as its title, or that of a logged field, as programs name it.

    Raises UsageError for an unknown one, with what there is.
    """
    title = typed.strip().lower()
    name = title.replace("-", "_")
    name = ORDER_ALIASES.get(name, name)
    if name not in COLUMNS:
        name = next((column for column in COLUMNS if TITLES[column] == title), name)
    if name in COLUMNS:
        return name
    given = typed.strip().replace('"', "")
    if (field := sought(given, names)) is not None:
        return field.text
    if (prefixed := logged_field(given)) is not None:
        raise click.UsageError(clean(unknown(prefixed, names), 500))
    near = clean(near_match(name, [*COLUMNS, *ORDER_ALIASES, *written(names)]), 200)
    raise click.UsageError(
        f"there is no {clean(typed, 40)!r}{near or '.'} There are {', '.join(COLUMNS)}; and every metric and "
        "config value of logged runs, such as val/loss and config.lr."
    )


def offered(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The columns that begin as the last of the words between commas; each with the words before it."""
    before, comma, last = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{item.value}") for item in matching(COLUMNS, last)]


def columns_named(typed: str | None, names: LoggedNames) -> tuple[str, ...]:
    """The names of the columns in a text, separated by commas; none for no text. Raises UsageError."""
    parts = [] if typed is None else [part for part in typed.split(",") if part.strip()]
    return tuple(dict.fromkeys(order_named(name, names) for name in parts))


@click.command("list")
@click.argument("words", metavar="[FILTER]...", nargs=-1)
@limit_option
@click.option("--deleted", is_flag=True, help="The deleted runs, which can be brought back.")
@click.option("--filter", "text", metavar="FILTER", default="", help="Such as 'sgd loss<0.5 | tag:keep -status:lost'.")
@click.option(
    "--sort",
    metavar="COLUMN",
    default="run",
    show_default=True,
    shell_complete=offered,
    help="What to sort by; a metric or config value of logged runs too: val/loss, config.lr.",
)
@click.option("--reverse", is_flag=True, help="Reverse the order.")
@click.option(
    "--columns",
    metavar="COLUMNS",
    shell_complete=offered,
    help="Such as run,objective,seed,train,config.lr,val/loss; those in which the runs differ by default.",
)
@json_option
@click.pass_obj
def command(
    db: str, words: tuple[str, ...], limit: int, deleted: bool, text: str, sort: str, reverse: bool,
    columns: str | None, json: bool,
) -> None:  # fmt: skip
    """List the runs, newest first.

    A filter is words and fields: strategy:sgd, step_size>=1e-3, loss<0.5, accuracy>98 (per cent, or 0.98), -negated,
    | between alternatives. `loss` and `best` are train losses over the whole split, the newest and the lowest;
    `batch ~` is the loss now: that of mini-batches smoothed, of a search that of the weights it keeps.

    Runs that other programs log have fields of their own: config.lr>=1e-3, config.model=cnn (: for a part of it),
    summary.best<0.1, val/loss<0.3, metric:"odd name"<1. A metric is its newest value; val/loss.min and val/loss.max are
    its lowest and highest. Their `loss` is the metric that stands for them. config.step_size is that of the engine's
    runs too.

    Columns and orders have the same names: run, status, name, tags, objective, dataset, step_size, batch_size, seed,
    train, validation, accuracy, best, created, every other setting of a run, and every metric and config value.
    """
    text = " ".join((*words, text)).strip()
    with reading(db) as reader:
        names = reader.logged_names
        listing = Listing(text, order_named(sort, names), reverse, deleted=deleted)
        chosen = columns_named(columns, names)
        workers = reader.workers()
        judged = {run.run_id: judge(run, workers) for run in reader.running()}
        try:
            listed = reader.listed(listing, PageRequest(limit), judged)
        except FilterError as error:
            raise click.UsageError(clean(str(error), 500)) from None
        chosen = chosen or by_default(listing.order, {} if json else reader.variety())
        fields = [field for name in chosen if (field := sought(name, names)) is not None and name not in COLUMNS]
        given = reader.logged_values([run.run_id for run in listed.runs], fields)
    statuses = [judge(run, workers) for run in listed.runs]
    if json:
        shown = [run_as_dict(run, status) for run, status in zip(listed.runs, statuses, strict=True)]
        values = [{"values": given.get(run.run_id, {})} if fields else {} for run in listed.runs]
        click.echo(as_json([{**run, **more} for run, more in zip(shown, values, strict=True)]))
    elif listed.runs:
        rows = [
            row(run, status, chosen, given.get(run.run_id, {}))
            for run, status in zip(listed.runs, statuses, strict=True)
        ]
        right = frozenset(place for place, name in enumerate(chosen) if name not in LEFT and _is_number(name, given))
        click.echo(table([title(name) for name in chosen], rows, right))
        if listed.total > len(listed.runs):
            click.echo(f"{len(listed.runs):,} of {listed.total:,} runs; --limit shows more", err=True)
    elif text:
        click.echo("No run fits the filter.", err=True)
    else:
        click.echo(
            "No run is deleted." if deleted else f"There are no runs yet; {store_command('run')} starts one.", err=True
        )


def title(name: str) -> str:
    """The title of a column."""
    field = logged_field(name)
    return name if name == "created" else TITLES[name] if field is None else clean(field.title, 40)


MOST_CONFIG = 6
"""Config values in which runs differ that have a column unasked, the most telling ones."""


def by_default(order: str, differing: Variety) -> tuple[str, ...]:
    """The columns that nobody chose: the settings in which runs differ, and the one that sorts.

    The name tells the strategy, so that it has no column of its own.
    """
    kinds = differing.get(KIND, ())
    usual = OF_LOGGED if kinds and "engine" not in kinds else (*FIRST, *(["loss"] if kinds else []), *LAST)
    several = {KIND} if len(kinds) > 1 else set()
    wanted = ({*usual, *differing, order} - {"strategy", KIND}) | ({"strategy"} & {order}) | several
    config = [name for name in differing if logged_field(name) is not None and not tells_apart(name)][:MOST_CONFIG]
    config += [order] if order not in COLUMNS and order not in config else []
    settings, reached = (tuple(name for name in part if name in wanted) for part in PARTS)
    return (*settings, *config, *reached)


PARTS = COLUMNS[: COLUMNS.index("iterations")], COLUMNS[COLUMNS.index("iterations") :]
"""The columns of what runs were given, and of what they reached: config values stand between them."""


def row(run: Run, status: str, columns: Iterable[str], values: Values) -> list[str]:
    """A run as a row of the table; `values` are those of logged fields."""
    return [WRITTEN[name](run, status) if name in WRITTEN else _logged(values.get(name)) for name in columns]


def _logged(value: Scalar | None) -> str:
    return MISSING if value is None else loss(value) if isinstance(value, float) and value != value else shown(value)


def _is_number(name: str, given: Mapping[int, Values]) -> bool:
    """Whether a column is one of numbers; those of the store are."""
    return name in COLUMNS or not any(isinstance(values.get(name), str) for values in given.values())


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
    "kind": lambda run, status: run.kind,
    "project": lambda run, status: clean(run.project, 60) or MISSING,
    "group": lambda run, status: clean(run.run_group, 60) or MISSING,
    "loss": lambda run, status: loss(run.loss),
    "train": lambda run, status: loss(run.train_loss),
    "validation": lambda run, status: loss(run.validation_loss),
    "accuracy": lambda run, status: accuracy(run.validation_accuracy),
    "test": lambda run, status: loss(run.test_loss),
    "test_accuracy": lambda run, status: accuracy(run.test_accuracy),
    "batch_loss": lambda run, status: loss(run.batch_loss),
    "best": lambda run, status: loss(run.best_loss),
    "speed": lambda run, status: rate(run.iterations_per_s),
    "created": lambda run, status: run.created_at[:19].replace("T", " "),
}
"""How each column is written."""
