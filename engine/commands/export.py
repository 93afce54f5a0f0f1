"""`lossboard export RUN`: write every iteration of a run as CSV or JSON lines."""

from __future__ import annotations

from collections.abc import Iterator

import click

from engine.commands.options import as_json, reading
from engine.commands.typed.values import RUN
from engine.store import Reader
from engine.trace.block import Block

ROWS_PER_READ = 20_000


@click.command("export")
@click.argument("run_id", metavar="RUN", type=RUN)
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
@click.pass_obj
def command(db: str, run_id: int, form: str, output: str | None) -> None:
    """Write every iteration of RUN. A loss that is not a number is empty in CSV and "nan" in JSON."""
    with reading(db) as reader:
        reader.the_run(run_id)
        lines = csv_lines(reader, run_id) if form == "csv" else json_lines(reader, run_id)
        if output is None:
            for line in lines:
                click.echo(line)
            return
        try:
            with open(output, "x", encoding="utf-8") as file:
                for line in lines:
                    file.write(line + "\n")
        except FileExistsError:
            raise click.ClickException(
                f"{output} is there already and was left as it is; choose another name"
            ) from None
        except OSError as error:
            raise click.ClickException(f"{output} could not be written: {error.strerror}") from error


def blocks(reader: Reader, run_id: int) -> Iterator[Block]:
    """A run's iterations in blocks of at most ROWS_PER_READ."""
    first = 0
    while len(block := reader.iterations(run_id, first=first, limit=ROWS_PER_READ)):
        yield block
        first = block.end_iteration


def csv_lines(reader: Reader, run_id: int) -> Iterator[str]:
    """CSV: a header and one line per iteration; numbers keep all digits, NaN is empty."""
    names: list[str] | None = None
    for block in blocks(reader, run_id):
        columns = block.columns()
        if names is None:
            names = list(columns)
            yield ",".join(["iteration", *names])
        values = [columns[name].tolist() for name in names]
        for i, row in enumerate(zip(*values, strict=True), start=block.first_iteration):
            yield f"{i}," + ",".join("" if value != value else repr(value) for value in row)
    if names is None:
        yield "iteration,elapsed_s,loss"


def json_lines(reader: Reader, run_id: int) -> Iterator[str]:
    """JSON lines: one object per iteration."""
    for block in blocks(reader, run_id):
        columns = {name: column.tolist() for name, column in block.columns().items()}
        for i in range(len(block)):
            row = {name: values[i] for name, values in columns.items()}
            yield as_json({"iteration": block.first_iteration + i, **row})
