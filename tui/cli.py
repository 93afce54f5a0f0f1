"""`lossboard`: the dashboard when no command is named, else the headless commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from engine.cli import Commands

EPILOG = "Without a command the dashboard opens; its ? key tells what it can do."


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)
@click.version_option(package_name="lossboard", prog_name="lossboard")
@click.option(
    "--db",
    type=click.Path(),
    envvar="LOSSBOARD_DB",
    default="runs.db",
    show_default=True,
    help="The store of runs; also LOSSBOARD_DB.",
)
@click.option("--workers", type=click.IntRange(1, 256), help="How many runs the store works on at once, from now on.")
@click.pass_context
def main(ctx: click.Context, db: str, workers: int | None) -> None:
    """Launch, watch and compare optimization runs in the terminal."""
    ctx.obj = db
    if ctx.invoked_subcommand is None:
        refuse_without_terminal()
        if workers is not None:
            set_workers(db, workers)
        ctx.exit(dashboard(Path(db)))


def set_workers(db: str, workers: int) -> None:
    """Store how many workers may work at once; a StoreError is one message and exit code 1."""
    from engine.commands.options import people_errors
    from engine.jobs.launch import set_worker_count

    with people_errors():
        set_worker_count(db, workers)


def refuse_without_terminal() -> None:
    """End with 2, naming the commands that do without, where no dashboard can be painted."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        lack = "The dashboard needs a terminal, and there is none here"
    elif os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        lack = f"The dashboard cannot be painted on a terminal of the kind {os.environ.get('TERM') or '(none)'!r}"
    else:
        return
    click.echo(f"{lack}. Use lossboard run, lossboard list or lossboard show instead (lossboard --help).", err=True)
    raise SystemExit(2)


def dashboard(path: Path) -> int:
    """Open the dashboard on a store, made if there is none; returns the exit code. A StoreError is one message."""
    from tui import signals

    signals.block()  # before NumPy is imported: its threads would take the signals
    from engine.store import StoreError
    from tui import session

    try:
        return session.run(path)
    except StoreError as error:
        click.echo(f"lossboard: {error}", err=True)
        return 1
