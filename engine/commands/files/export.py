"""`lossboard export RUN...`: write every iteration of runs as CSV or JSON lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

    Several runs are one table, whose first column run_id says whose iteration it is; with --out-dir each is a file of
    its own.
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


def columns_of(reader: Reader, run_ids: Iterable[int]) -> list[str]:
    """The columns that any of the runs has recorded, in the order of the first that has each."""
    found: dict[str, None] = {}
    for run_id in run_ids:
        found.update(dict.fromkeys(reader.iterations(run_id, first=0, limit=1).columns()))
    return list(found or WITHOUT_ROWS)


def csv_lines(reader: Reader, run_ids: tuple[int, ...]) -> Iterator[str]:
    """CSV: a header and one line per iteration; numbers keep all digits, NaN and what was not recorded are empty."""
    names, several = columns_of(reader, run_ids), len(run_ids) > 1
    yield ",".join([*(["run_id"] if several else []), "iteration", *names])
    for run_id in run_ids:
        start = f"{run_id}," if several else ""
        for block in blocks(reader, run_id):
            columns = block.columns()
            empty = [float("nan")] * len(block)
            values = [columns[name].tolist() if name in columns else empty for name in names]
            for i, row in enumerate(zip(*values, strict=True), start=block.first_iteration):
                yield f"{start}{i}," + ",".join("" if value != value else repr(value) for value in row)


def json_lines(reader: Reader, run_ids: tuple[int, ...]) -> Iterator[str]:
    """JSON lines: one object per iteration."""
    for run_id in run_ids:
        whose = {"run_id": run_id} if len(run_ids) > 1 else {}
        for block in blocks(reader, run_id):
            columns = {name: column.tolist() for name, column in block.columns().items()}
            for i in range(len(block)):
                row = {name: values[i] for name, values in columns.items()}
                yield as_json({**whose, "iteration": block.first_iteration + i, **row})
