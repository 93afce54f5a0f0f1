"""`lossboard`: the dashboard when no command is named, else the headless commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import click

THEMES = ("dark", "light", "colour-blind", "ansi")
"""What `tui.themes` has; named here because it brings the screen in."""

EPILOG = "Without a command the dashboard opens; its ? key tells what it can do."


def main(arguments: list[str] | None = None, **options: Any) -> Any:
    """Open the dashboard, or hand over to the command that is named. `options` are click's."""
    path = _plainly_asked_for(sys.argv[1:] if arguments is None else arguments)
    if path is None:
        return group()(arguments, **options)
    refuse_without_terminal()
    raise SystemExit(dashboard(path))


def _plainly_asked_for(arguments: list[str]) -> Path | None:
    """The store whose dashboard is asked for, where that can be told without click, which takes time to import."""
    match arguments:
        case []:
            return Path(os.environ.get("LOSSBOARD_DB") or "runs.db")
        case ["--db", path]:
            return Path(path)
        case _:
            return None


def group() -> click.Group:
    """The whole command line."""
    import click

    from engine.cli import Commands

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
    @click.option(
        "--workers", type=click.IntRange(1, 256), help="How many runs the store works on at once, from now on."
    )
    @click.option("--theme", type=click.Choice(THEMES), help="The dashboard's colours; also LOSSBOARD_THEME.")
    @click.option("--ascii", "ascii_only", is_flag=True, help="The dashboard in plain ASCII, as without UTF-8.")
    @click.pass_context
    def lossboard(ctx: click.Context, db: str, workers: int | None, theme: str | None, ascii_only: bool) -> None:
        """Launch, watch and compare optimization runs in the terminal."""
        ctx.obj = db
        if ctx.invoked_subcommand is None:
            refuse_without_terminal()
            if workers is not None:
                set_workers(db, workers)
            ctx.exit(dashboard(Path(db), theme or "", ascii_only=ascii_only))

    assert isinstance(lossboard, click.Group)
    return lossboard


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
    print(f"{lack}. Use lossboard run, lossboard list or lossboard show instead (lossboard --help).", file=sys.stderr)
    raise SystemExit(2)


def dashboard(path: Path, theme: str = "", *, ascii_only: bool = False) -> int:
    """Open the dashboard on a store, made if there is none; returns the exit code. A StoreError is one message."""
    from tui import signals

    theme = theme or os.environ.get("LOSSBOARD_THEME", "")
    if theme and theme not in THEMES:
        print(f"lossboard: LOSSBOARD_THEME names no theme: it may be {', '.join(THEMES)}.", file=sys.stderr)
        return 2

    signals.block()  # before NumPy is imported: its threads would take the signals
    from engine.store import StoreError
    from tui import session

    try:
        return session.run(path, theme, ascii_only=ascii_only)
    except StoreError as error:
        print(f"lossboard: {error}", file=sys.stderr)
        return 1
