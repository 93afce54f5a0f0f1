"""`lossboard export RUN...`: write every iteration or step of runs as CSV or JSON lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import click

from engine.commands.options import as_json, reading, runs_argument
from engine.store import Reader
from engine.text import counted
from engine.trace.block import Block

ROWS_PER_READ = 20_000

WITHOUT_ROWS = ("elapsed_s", "loss")
"""Columns of a table of runs that have recorded nothing."""


@click.command("export")
@runs_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="CSV, or one JSON object per line.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, writable=True), help="A file instead of stdout; not overwritten."
)
@click.option(
    "--out-dir",
    type=click.Path(file_okay=False, writable=True),
    help="A folder for one file per run, run-N.csv or .jsonl, made if there is none; no file is overwritten.",
)
@click.pass_obj
def command(db: str, run_ids: tuple[int, ...], form: str, output: str | None, out_dir: str | None) -> None:
    """Write every iteration of runs. A loss that is not a number is empty in CSV and "nan" in JSON.

    Of a run that another program logs these are its steps, with a column for each metric, empty where a step has no
    value, nan where it is not a number; in JSON what is not there is left out. elapsed_s is the time since the run
    began.

    Several runs are one table, whose first column run_id says whose iteration it is; with --out-dir each is a file of
    its own. Runs of both kinds have a column step, which counts iterations too.
    """
    if output is not None and out_dir is not None:
        raise click.UsageError("--output is one file for all runs, --out-dir one for each; give one of them")
    chosen = tuple(dict.fromkeys(run_ids))
    with reading(db) as reader:
        for run_id in chosen:
            reader.the_run(run_id)
        if out_dir is not None:
            write_each(reader, chosen, form, Path(out_dir))
        elif output is not None:
            write(Path(output), lines_of(reader, chosen, form))
        else:
            for line in lines_of(reader, chosen, form):
                click.echo(line)


def write_each(reader: Reader, run_ids: tuple[int, ...], form: str, folder: Path) -> None:
    """Write a file for each run. Raises ClickException before the first one where one of them is there already."""
    paths = {run_id: folder / f"run-{run_id}.{form}" for run_id in run_ids}
    for path in paths.values():
        if path.exists():
            raise _is_there(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{folder} could not be made: {error.strerror}") from error
    for run_id, path in paths.items():
        write(path, lines_of(reader, (run_id,), form))
    click.echo(f"{counted(len(paths), 'file')} in {folder}", err=True)


def write(path: Path, lines: Iterable[str]) -> None:
    """Write a new file; a part of one is removed. Raises ClickException where it is there or cannot be written."""
    try:
        with path.open("x", encoding="utf-8") as file:
            for line in lines:
                file.write(line + "\n")
    except FileExistsError:
        raise _is_there(path) from None
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise click.ClickException(f"{path} could not be written: {error.strerror}") from error


def _is_there(path: Path) -> click.ClickException:
    return click.ClickException(f"{path} is there already and was left as it is; choose another name")


def lines_of(reader: Reader, run_ids: tuple[int, ...], form: str) -> Iterator[str]:
    """The lines of a table; several runs are told apart by their number in the first column."""
    return csv_lines(reader, run_ids) if form == "csv" else json_lines(reader, run_ids)


def blocks(reader: Reader, run_id: int) -> Iterator[Block]:
    """A run's iterations in blocks of at most ROWS_PER_READ."""
    first = 0
    while len(block := reader.iterations(run_id, first=first, limit=ROWS_PER_READ)):
        yield block
        first = block.end_iteration


def table_of(reader: Reader, run_ids: Iterable[int]) -> tuple[str, list[str]]:
    """The column that counts, and those of values: what any of the runs has recorded or logged, in the
    order of the first that has each."""
    found: dict[str, None] = {}
    kinds = set()
    for run_id in run_ids:
        kind = reader.the_run(run_id).kind
        kinds.add(kind)
        if kind == "engine":
            found.update(dict.fromkeys(reader.iterations(run_id, first=0, limit=1).columns()))
        else:
            found.update(dict.fromkeys(("elapsed_s", *(column_of(metric.name) for metric in reader.metrics(run_id)))))
    return "iteration" if kinds <= {"engine"} else "step", list(found or WITHOUT_ROWS)


KEYS = ("run_id", "step", "iteration", "elapsed_s")


def column_of(metric: str) -> str:
    """The column of a metric; one that is called as a column of the table has a prefix."""
    return f"metric:{metric}" if metric in KEYS else metric


Row = tuple[int, dict[str, float]]
"""A step and what it has, by column."""


def rows_of(reader: Reader, run_id: int) -> Iterator[Row]:
    """The rows of a run in order: its iterations, or the steps at which it has logged anything."""
    if reader.the_run(run_id).kind != "engine":
        yield from _logged_rows(reader, run_id)
        return
    for block in blocks(reader, run_id):
        columns = block.columns()
        values = zip(*(column.tolist() for column in columns.values()), strict=True)
        for step, row in enumerate(values, start=block.first_iteration):
            yield step, dict(zip(columns, row, strict=True))


def _logged_rows(reader: Reader, run_id: int) -> Iterator[Row]:
    """The steps of a logged run; the time of a step is that of its latest value."""
    names = [metric.name for metric in reader.metrics(run_id)]
    columns = [column_of(name) for name in names]
    for part in reader.logged_steps(run_id, names):
        at: int | None = None
        row: dict[str, float] = {}
        for step, place, elapsed_s, value in zip(
            part.step.tolist(), part.metric.tolist(), part.elapsed_s.tolist(), part.value.tolist(), strict=True
        ):
            if step != at:
                if at is not None:
                    yield at, row
                at, row = step, {"elapsed_s": elapsed_s}
            elif not elapsed_s <= row["elapsed_s"]:
                row["elapsed_s"] = elapsed_s
            row[columns[place]] = value
        if at is not None:
            yield at, row


def csv_lines(reader: Reader, run_ids: tuple[int, ...]) -> Iterator[str]:
    """CSV: a header and a line per iteration or step; numbers keep all digits, and what is not there is empty."""
    step, names = table_of(reader, run_ids)
    several = len(run_ids) > 1
    yield ",".join(quoted(name) for name in [*(["run_id"] if several else []), step, *names])
    for run_id in run_ids:
        start = f"{run_id}," if several else ""
        for at, cells in _cells_of(reader, run_id, names):
            yield f"{start}{at}," + ",".join(cells)


def _cells_of(reader: Reader, run_id: int, names: Sequence[str]) -> Iterator[tuple[int, Iterable[str]]]:
    """The rows of a run with a text for each of the columns, '' where there is no value.

    NaN is '' in the engine's rows, of which each has all values, and nan in logged ones, where '' is a step without it.
    """
    if reader.the_run(run_id).kind != "engine":
        places = {name: place for place, name in enumerate(names)}
        for at, row in _logged_rows(reader, run_id):
            cells = [""] * len(names)
            for name, value in row.items():
                if value == value or name != "elapsed_s":
                    cells[places[name]] = repr(value)
            yield at, cells
        return
    for block in blocks(reader, run_id):
        columns = block.columns()
        empty = [float("nan")] * len(block)
        values = [columns[name].tolist() if name in columns else empty for name in names]
        for at, numbers in enumerate(zip(*values, strict=True), start=block.first_iteration):
            yield at, ("" if value != value else repr(value) for value in numbers)


def quoted(name: str) -> str:
    """The name of a column as a field of CSV on one line: nothing in it reaches a terminal as an order."""
    name = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in name)
    return '"' + name.replace('"', '""') + '"' if any(character in name for character in ',"\n\r') else name


def json_lines(reader: Reader, run_ids: tuple[int, ...]) -> Iterator[str]:
    """JSON lines: one object per iteration or step, with what is there."""
    step, _ = table_of(reader, run_ids)
    for run_id in run_ids:
        whose = {"run_id": run_id} if len(run_ids) > 1 else {}
        for at, row in rows_of(reader, run_id):
            yield as_json({**whose, step: at, **row})
