"""`lossboard watch PATH...|-- COMMAND`: the dashboard, while other programs write files, or a command is a run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from engine.commands.options import people_errors
from engine.commands.script_options import before_words, script_options, spec_given, words_of
from engine.commands.typed.help import GroupedCommand
from engine.files.program import store_command
from engine.text import clean
from tui.start.startup import dashboard, refuse_without_terminal


class WatchCommand(GroupedCommand):
    """A command of which what stands after -- is a command to launch."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options before a command, and keep its words."""
        return super().parse_args(ctx, before_words(ctx, args))


@click.command("watch", cls=WatchCommand)
@click.argument("paths", metavar="PATH... | -- COMMAND", nargs=-1, type=click.Path())
@click.option("--detach", is_flag=True, help="Follow without a screen, and go on when the terminal ends.")
@script_options
@click.pass_context
def command(context: click.Context, /, paths: tuple[str, ...], detach: bool, **given: object) -> None:
    """Follow the files of other programs while these write them, on the board.

    PATH is a file or a folder, as for `import`. What is written, and what files appear, is there within a second; what
    was imported before goes on from where it was. The following ends with the dashboard.

    What stands after -- is launched as a run, as by `lossboard launch`, and goes on when the board is closed.
    """
    db, words = context.obj, words_of(context)
    if bool(words) == bool(paths):
        raise click.UsageError("Name files to follow, or a command after --.")
    if words:
        raise SystemExit(_watch_script(db, words, given, detach=detach))
    missing = next((path for path in paths if not os.path.lexists(path)), None)
    if missing is not None:
        raise click.ClickException(f"There is no {clean(missing, 300)}.")
    if not detach:
        refuse_without_terminal(f"{store_command('watch --detach PATH...')}, or import")
    from engine.jobs.imports.watching import start_detached, start_watch

    if detach:
        pid = start_detached(db, paths)
        click.echo(f"process {pid} follows; kill {pid} ends it, {store_command()} shows it")
        return
    watch = start_watch(db, paths)
    try:
        code = dashboard(Path(db))
    finally:
        for sentence in watch.leave():
            print(clean(sentence, 500), file=sys.stderr)
    raise SystemExit(code)


def _watch_script(db: str, words: tuple[str, ...], given: dict[str, object], *, detach: bool) -> int:
    """Launch a command and open the dashboard on it; the exit code."""
    from engine.jobs.people import scripts

    if not detach:
        refuse_without_terminal(store_command("launch -- COMMAND"))
    with people_errors():
        run_ids = scripts.launch(db, spec_given(words, given))
    if detach:
        click.echo(" ".join(map(str, run_ids)))
        return 0
    return dashboard(Path(db))
