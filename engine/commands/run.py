"""`lossboard run`: start a run in the background and, without --detach, wait for it."""

from __future__ import annotations

import time

import click

from engine.commands.options import (
    DIVERGED,
    FAILED,
    as_json,
    detach_option,
    given_spec,
    json_option,
    loss,
    people_errors,
    reading,
    spec_options,
    tags_option,
    workers_option,
)
from engine.commands.progress import BAR_STEPS, bar, left, share_done
from engine.commands.show import reached, whole_run
from engine.commands.typed.help import GroupedCommand
from engine.files.program import store_command
from engine.jobs.people import steer
from engine.jobs.people.progress import left_s
from engine.jobs.people.submit import submit
from engine.jobs.processes.liveness import judge
from engine.store import ENDED, Reader, Run

POLL_S = 0.1


@click.command("run", cls=GroupedCommand)
@spec_options
@click.option("--name", default="", help="A name for the run; by default what its strategy is called.")
@tags_option
@detach_option
@workers_option
@json_option
@click.pass_obj
def command(
    db: str,
    /,
    name: str,
    tags: tuple[str, ...],
    detach: bool,
    workers: int | None,
    json: bool,
    **fields: str | None,
) -> None:
    """Start a run and wait for it: a progress bar on stderr, a summary on stdout.

    The run works in the background: interrupting this command does not end it. Exits with 1 when the run failed and
    with 3 when it diverged.
    """
    with people_errors():
        spec = given_spec(fields)
        (run_id,) = submit(db, [spec], names=[name] if name else None, workers=workers, tags=tags)
    tell(db, run_id, detach, json)


def tell(db: str, run_id: int, detach: bool, json: bool) -> None:
    """Wait for a run and print what it has reached; with `detach` only print its number.

    The exit code is 1 if it failed, 3 if it diverged.
    """
    if detach:
        click.echo(as_json({"run_id": run_id}) if json else str(run_id))
        return
    with reading(db) as reader:
        try:
            run = wait(reader, run_id)
        except KeyboardInterrupt:
            ended_with = store_command(f"stop {run_id}")
            click.echo(f"\nrun {run_id} goes on; watch it with {store_command()}, end it with {ended_with}", err=True)
            raise SystemExit(130) from None
        whole = whole_run(reader, run_id)
    if json:
        click.echo(as_json(whole))
    else:
        for label, value in reached(run, whole["status"]):
            click.echo(f"{label:>17}  {value}")
    if run.state == "failed":
        raise SystemExit(FAILED)
    if run.diverged_at is not None:
        raise SystemExit(DIVERGED)


def wait(reader: Reader, run_id: int) -> Run:
    """Wait until the run has ended and return it, with a progress bar on stderr if that is a terminal.

    If its worker is lost, another one is started for it. Raises StoreError.
    """
    run = reader.the_run(run_id)
    with bar(f"run {run_id} {run.name}") as progress_bar:
        while True:
            run = reader.the_run(run_id)
            text = f"train loss {loss(run.train_loss)}{left(left_s([run], None, 1))}"
            progress_bar.update(round(share_done(run) * BAR_STEPS) - progress_bar.pos, text)
            if run.state in ENDED:
                return run
            if judge(run, reader.workers()) == "lost":
                click.echo(f"run {run_id} has lost its worker; another one takes it up", err=True)
                steer.recover(reader.path)
            time.sleep(POLL_S)
