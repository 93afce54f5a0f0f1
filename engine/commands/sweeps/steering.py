"""Sweep steering: the subcommands of `lossboard sweep` that list, show and steer sweeps and derive new ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import click

from engine.commands.options import (
    answer,
    as_json,
    ask,
    change_options,
    json_option,
    limit_option,
    loss,
    people_errors,
    reading,
    say_without_effect,
    table,
    yes_option,
)
from engine.commands.sweeps.waiting import outcome_as_dict, report, wait_and_report
from engine.commands.typed.help import GroupedCommand, NumberCommand
from engine.commands.typed.values import SWEEP
from engine.files.program import store_command
from engine.jobs.people import sweeps
from engine.jobs.people.progress import SweepOutcome, outcome, planned, present_outcome
from engine.spec.script import assignment
from engine.store import Reader, StoreError
from engine.sweep import listed, value_text
from engine.text import counted

HEADER = ["sweep", "name", "runs", "ended", "diverged", "best", "train loss", "from"]

sweep_argument = click.argument("sweep_id", metavar="SWEEP", type=SWEEP)
detach_option = click.option("--detach", is_flag=True, help="Print the sweep's number and leave; the sweep goes on.")


set_option = click.option(
    "--set", "settings", metavar="NAME=VALUE", multiple=True, help="Of a sweep over a command: what stands for {NAME}."
)


@click.command("list")
@limit_option
@json_option
@click.pass_obj
def list_all(db: str, limit: int, json: bool) -> None:
    """List the sweeps, newest first."""
    with reading(db) as reader:
        found = [found for sweep in reader.sweeps(limit) if (found := _outcome(reader, sweep.sweep_id)) is not None]
    if json:
        click.echo(as_json([outcome_as_dict(one) for one in found]))
    elif found:
        click.echo(table(HEADER, [_row(one) for one in found], right=frozenset({0, 2, 3, 4, 5, 6, 7})))
    else:
        click.echo(f"no sweeps yet; {store_command('sweep')} starts one", err=True)


@click.command("show")
@sweep_argument
@json_option
@click.pass_obj
def show(db: str, sweep_id: int, json: bool) -> None:
    """Show what a sweep found so far, and where it stands."""
    with reading(db) as reader:
        report(present_outcome(reader, sweep_id), json)


@click.command("resume")
@sweep_argument
@detach_option
@json_option
@click.pass_obj
def resume(db: str, sweep_id: int, detach: bool, json: bool) -> None:
    """Let a paused or interrupted sweep go on, start workers for it, and wait for it."""
    with people_errors():
        said = sweeps.resume(db, sweep_id)
    click.echo(said, err=True)
    wait_and_report(db, sweep_id, detach, json)


@click.command("add", cls=NumberCommand)
@sweep_argument
@click.argument("values")
@json_option
@click.pass_obj
def add(db: str, sweep_id: int, values: str, json: bool) -> None:
    """Add VALUES, such as 0.3,3, to a sweep, whether it still runs or not."""
    with people_errors():
        with reading(db) as reader:
            axis = outcome(reader, sweep_id).plan.axes[0]
        found = listed(values, axis.field, of_script=axis.of_script)
        answer(json, sweeps.add_values(db, sweep_id, found), sweep_id=sweep_id)


@click.command("refine", cls=GroupedCommand)
@sweep_argument
@change_options
@set_option
@detach_option
@json_option
@click.pass_obj
def refine(
    db: str, /, sweep_id: int, settings: tuple[str, ...], detach: bool, json: bool, **fields: str | None
) -> None:
    """Start a sweep one third as wide around the best value of SWEEP, with what is given here changed, and wait for it.

    \b
      lossboard sweep refine 1 --iterations 2000
    """
    with people_errors():
        finer = sweeps.refine(db, sweep_id, _given(db, sweep_id, fields, settings))
    wait_and_report(db, finer, detach, json)


@click.command("repeat", cls=GroupedCommand)
@sweep_argument
@change_options
@set_option
@detach_option
@json_option
@click.pass_obj
def repeat(
    db: str, /, sweep_id: int, settings: tuple[str, ...], detach: bool, json: bool, **fields: str | None
) -> None:
    """Start the same sweep with another strategy, seed or whatever is given here, and wait for it."""
    with people_errors():
        another = sweeps.repeat(db, sweep_id, _given(db, sweep_id, fields, settings))
    wait_and_report(db, another, detach, json)


def _given(db: str, sweep_id: int, fields: Mapping[str, str | None], settings: Sequence[str]) -> dict[str, str]:
    """What is changed; says on stderr which fields have no effect. Raises SpecError, StoreError."""
    changes = {field: text for field, text in fields.items() if text is not None}
    changes |= dict(assignment(each, "set") for each in settings)
    if not changes:
        return changes
    with reading(db) as reader:
        changed = planned(reader, sweep_id)[1].changed(changes)
        if changed.script is None:
            say_without_effect(changes, changed.spec)
    return changes


@click.command("delete")
@sweep_argument
@yes_option
@json_option
@click.pass_obj
def delete(db: str, sweep_id: int, yes: bool, json: bool) -> None:
    """Stop a sweep and delete it with its runs. `lossboard sweep undelete` brings them back."""
    with reading(db) as reader:
        runs = present_outcome(reader, sweep_id).total
    ask(f"Delete sweep {sweep_id} with {counted(runs, 'run')}?", yes)
    with people_errors():
        answer(json, sweeps.delete(db, sweep_id), sweep_id=sweep_id)


def _steering(name: str, does: Callable[[str, int], str], explained: str) -> click.Command:
    """A command that applies `does` to a sweep and prints its sentence; `explained` is its help."""

    @click.command(name, help=explained)
    @sweep_argument
    @json_option
    @click.pass_obj
    def steer(db: str, sweep_id: int, json: bool) -> None:
        with people_errors():
            answer(json, does(db, sweep_id), sweep_id=sweep_id)

    return steer


STEERING = (
    list_all,
    show,
    _steering("pause", sweeps.pause, "Pause all runs of a sweep: each keeps where it is and frees its worker."),
    resume,
    _steering("stop", sweeps.stop, "Stop all runs of a sweep where they are; what they have recorded is kept."),
    add,
    refine,
    repeat,
    delete,
    _steering("undelete", sweeps.undelete, "Bring a deleted sweep back."),
)


def _outcome(reader: Reader, sweep_id: int) -> SweepOutcome | None:
    try:
        return outcome(reader, sweep_id)
    except StoreError as error:
        click.echo(str(error), err=True)
        return None


def _row(found: SweepOutcome) -> list[str]:
    best = found.best
    return [
        str(found.sweep_id),
        found.name,
        str(found.total),
        str(found.done),
        str(found.diverged),
        "·" if best is None else " x ".join(map(value_text, best.values)),
        "·" if best is None else loss(best.train_loss),
        "·" if found.plan.parent_id is None else str(found.plan.parent_id),
    ]
