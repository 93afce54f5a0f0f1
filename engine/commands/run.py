"""`lossboard run`: start a run in the background and, without --detach, wait for it."""

from __future__ import annotations

import sys
import time

import click

from engine.commands.options import (
    as_json,
    command_on,
    json_option,
    people_errors,
    reading,
    spec_options,
    workers_option,
)
from engine.commands.show import latest_by_split, reached, run_as_dict
from engine.commands.typed.help import GroupedCommand
from engine.jobs.people import steer
from engine.jobs.people.submit import submit
from engine.jobs.processes.liveness import judge
from engine.spec import RunSpec, check_given, spec_from_fields
from engine.store import ENDED, Reader, Run

POLL_S = 0.1


@click.command("run", cls=GroupedCommand)
@spec_options
@click.option("--name", default="", help="A name for the run; by default what its strategy is called.")
@click.option("--detach", is_flag=True, help="Print the run's number and leave; the run goes on.")
@workers_option
@json_option
@click.pass_obj
def command(db: str, /, name: str, detach: bool, workers: int | None, json: bool, **fields: str | None) -> None:
    """Start a run and wait for it: a progress bar on stderr, a summary on stdout.

    The run works in the background: interrupting this command does not end it.
    """
    with people_errors():
        given = {key: text for key, text in fields.items() if text is not None}
        spec = check_given(spec_from_fields(given), given)
        (run_id,) = submit(db, [spec], names=[name] if name else None, workers=workers)
    if detach:
        click.echo(as_json({"run_id": run_id}) if json else str(run_id))
        return
    with reading(db) as reader:
        try:
            run = wait(reader, run_id, spec)
        except KeyboardInterrupt:
            ended_with = command_on(db, f"stop {run_id}")
            click.echo(f"\nrun {run_id} goes on; watch it with {command_on(db)}, end it with {ended_with}", err=True)
            raise SystemExit(130) from None
        evaluations = latest_by_split(reader.evaluations(run_id))
    if json:
        summary = {split: {"loss": e.loss, "accuracy": e.accuracy} for split, e in evaluations.items()}
        click.echo(as_json({**run_as_dict(run), "evaluations": summary}))
    else:
        for label, value in reached(run, run.state):
            click.echo(f"{label:>17}  {value}")
    if run.state == "failed":
        raise SystemExit(1)


def wait(reader: Reader, run_id: int, spec: RunSpec) -> Run:
    """Wait until the run has ended and return it, with a progress bar on stderr if that is a terminal.

    If its worker is lost, another one is started for it. Raises StoreError.
    """
    total = spec.iterations or 0
    with click.progressbar(
        length=total or 1,
        label=f"run {run_id} {spec.label}",
        file=sys.stderr,
        hidden=not (total and sys.stderr.isatty()),
    ) as bar:
        while True:
            run = reader.the_run(run_id)
            if total:
                bar.update(run.iterations_done - bar.pos)
            if run.state in ENDED:
                return run
            if judge(run, reader.workers()) == "lost":
                click.echo(f"run {run_id} has lost its worker; another one takes it up", err=True)
                steer.recover(reader.path)
            time.sleep(POLL_S)
