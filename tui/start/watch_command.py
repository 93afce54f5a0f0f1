"""`lossboard watch PATH...`: the dashboard, while another process follows the files of other programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from engine.files.program import store_command
from engine.text import clean
from tui.start.startup import dashboard, refuse_without_terminal


@click.command("watch")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option("--detach", is_flag=True, help="Follow without a screen, and go on when the terminal ends.")
@click.pass_obj
def command(db: str, paths: tuple[str, ...], detach: bool) -> None:
    """Follow the files of other programs while these write them, on the board.

    PATH is a file or a folder, as for `import`. What is written, and what files appear, is there within a second; what
    was imported before goes on from where it was. The following ends with the dashboard.
    """
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
