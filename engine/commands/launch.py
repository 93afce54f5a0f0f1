"""`lossboard launch ... -- COMMAND`: run somebody's own command as runs, and wait for them unless told not to."""

from __future__ import annotations

import click

from engine.commands.options import (
    FAILED,
    as_json,
    json_option,
    people_errors,
    reading,
    tags_option,
    workers_option,
)
from engine.commands.script_options import script_options, spec_given
from engine.commands.script_waiting import follow
from engine.commands.typed.help import GroupedCommand
from engine.commands.typed.values import RUN
from engine.jobs.people import scripts
from engine.spec.script import Value, assignment, parse_value


@click.command(
    "launch",
    cls=GroupedCommand,
    context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False},
)
@click.argument("words", metavar="-- COMMAND...", nargs=-1, type=click.UNPROCESSED)
@script_options
@click.option("--name", default="", help="A name for the run; by default its program and arguments.")
@click.option(
    "--repeat", "repeats", metavar="N", type=click.IntRange(1, 1000), default=1, show_default=True,
    help="How many runs; {seed} in the command is 0, 1, ... in them.",
)  # fmt: skip
@click.option("--again", metavar="RUN", type=RUN, help="Launch the command of this run again, with --set if wanted.")
@tags_option
@click.option("--detach", is_flag=True, help="Print the numbers of the runs and leave; they go on.")
@workers_option
@json_option
@click.pass_obj
def command(
    db: str,
    /,
    words: tuple[str, ...],
    name: str,
    repeats: int,
    again: int | None,
    tags: tuple[str, ...],
    detach: bool,
    workers: int | None,
    json: bool,
    **given: object,
) -> None:
    """Run a command of yours in the background, as a run of its own, and wait for it.

    It is started from this folder with the environment of this terminal, and outlives both. What it prints is kept,
    and numbers in that are read: loss=0.3, iter 12 loss is 0.3, JSON lines, progress bars, tables. A name in braces
    stands for a value. Exits with 1 when a run failed.

    \b
      lossboard launch -- python train.py --epochs 10
      lossboard launch --set lr=0.1 --repeat 3 -- python train.py --lr {lr} --seed {seed}
    """
    with people_errors():
        if again is None:
            spec = spec_given(words, given)
            run_ids = scripts.launch(db, spec, repeats=repeats, name=name, tags=tags, workers=workers)
        else:
            run_ids = scripts.launch_again(db, again, _values(given), repeats)
    if detach:
        click.echo(as_json({"run_ids": run_ids}) if json else " ".join(map(str, run_ids)))
        return
    with reading(db) as reader:
        runs = follow(reader, run_ids, json)
    if any(run.state == "failed" for run in runs):
        raise SystemExit(FAILED)


def _values(given: dict[str, object]) -> dict[str, Value]:
    settings = given["settings"]
    assert isinstance(settings, tuple)
    return {name: parse_value(text) for name, text in (assignment(each, "set") for each in settings)}
