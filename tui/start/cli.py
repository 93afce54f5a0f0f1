"""`lossboard`: the dashboard when no command is named, else the headless commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.files.program import usual_store
from engine.jobs.processes.threads import use_one_thread
from tui.start.startup import THEMES, dashboard, open_standard_error, refuse_without_terminal

if TYPE_CHECKING:
    import click

DRAWING = {
    "plot": "tui.start.plot_command:command",
    "replay": "tui.start.replay_command:command",
    "watch": "tui.start.watch_command:command",
    "learn": "tui.start.learn_command:command",
}
"""Commands that draw: module and object of each, by name."""

COMPLETION = "_LOSSBOARD_COMPLETE"
"""Environment variable through which a shell asks how a word goes on; `engine.commands.typed.completion` answers."""

EPILOG = "Without a command the dashboard opens; its ? key tells what it can do."


def main(arguments: list[str] | None = None, **options: Any) -> Any:
    """Open the dashboard, or run the named command. `options` are click's."""
    open_standard_error()
    path = _store_without_click(sys.argv[1:] if arguments is None else arguments)
    if path is None or COMPLETION in os.environ:
        from engine.files.program import command_text

        use_one_thread()
        return group()(arguments, **{"prog_name": command_text(), **options})
    refuse_without_terminal()
    raise SystemExit(dashboard(path))


def _store_without_click(arguments: list[str]) -> Path | None:
    """The store, if the arguments ask for its dashboard and need no click, which is slow to import; else None."""
    match arguments:
        case []:
            return Path(usual_store())
        case ["--db", path]:
            return Path(path)
        case _:
            return None


def group() -> click.Group:
    """The command group with all commands."""
    import click

    from engine.commands.cli import HELP, Commands, command_at, db_option, version_option
    from engine.files.program import working_on

    class Everything(Commands):
        """The headless commands, and those that draw."""

        def list_commands(self, ctx: click.Context) -> list[str]:
            return [*super().list_commands(ctx), *DRAWING]

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            if cmd_name not in DRAWING:
                return super().get_command(ctx, cmd_name)
            return command_at(DRAWING[cmd_name])

    @click.group(
        cls=Everything,
        invoke_without_command=True,
        context_settings=HELP,
        epilog=EPILOG,
    )
    @version_option
    @db_option
    @click.option(  # not the commands' own option: it imports NumPy, and signals must be blocked before that
        "--workers",
        metavar="N",
        type=click.IntRange(1, 256),
        help="How many runs the store works on at once, from now on.",
    )
    @click.option("--theme", type=click.Choice(THEMES), help="The dashboard's colours; also LOSSBOARD_THEME.")
    @click.option("--ascii", "ascii_only", is_flag=True, help="The dashboard in plain ASCII, as without UTF-8.")
    @click.pass_context
    def lossboard(ctx: click.Context, db: str, workers: int | None, theme: str | None, ascii_only: bool) -> None:
        """Launch, watch and compare optimization runs in the terminal."""
        ctx.obj = db
        ctx.with_resource(working_on(db))
        if ctx.invoked_subcommand is None:
            refuse_without_terminal()
            if workers is not None:
                set_workers(db, workers)
            ctx.exit(dashboard(Path(db), theme or "", ascii_only=ascii_only))

    assert isinstance(lossboard, click.Group)
    return lossboard


def set_workers(db: str, workers: int) -> None:
    """Set the largest number of workers; prints a StoreError and exits with 1."""
    from engine.commands.options import people_errors
    from engine.jobs.processes.launch import set_worker_count

    with people_errors():
        set_worker_count(db, workers)
