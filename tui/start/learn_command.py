"""`lossboard learn`: the tour, eight scenes that the dashboard's own keys play."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.files.program import store_command
from tui.start.startup import appearance, dashboard, refuse_without_terminal

if TYPE_CHECKING:
    from tui.model.learning.progress import Progress

SCENES = 8
"""The number of scenes, repeated here because importing them imports NumPy, and signals must be blocked before that."""


@click.command("learn")
@click.option("--scene", metavar="N", type=click.IntRange(1, SCENES), help="Begin with this scene, from 1 to 8.")
@click.option("--list", "lists", is_flag=True, help="Print the scenes and which of them are done.")
@click.option("--json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(db: str, scene: int | None, lists: bool, json: bool) -> None:
    """Learn what optimization is in eight short scenes, from the blindfolded hiker to the mini-batch.

    The scenes stand above the keys of the dashboard, and its own keys play them. They follow the optimization notes of
    Stanford's CS231n. Each leaves its runs in the store, with the tag `learn`. A tour that was left goes on where it
    was; any scene can be skipped.
    """
    if lists:
        _print_scenes(db, json)
        return
    if json:
        raise click.UsageError("--json needs --list.")
    refuse_without_terminal(f"{store_command('learn --list')} to read what it shows")
    raise SystemExit(dashboard(Path(db), **appearance(click.get_current_context()), scene=scene or 0))


def _print_scenes(db: str, json: bool) -> None:
    from engine.commands.options import as_json
    from tui.presenting.learning.tour import listed

    scenes = listed(_progress(db))
    if json:
        rows = [
            {"scene": number, "title": title, "done": is_done, "next": is_next}
            for number, title, is_done, is_next in scenes
        ]
        click.echo(as_json(rows))
        return
    for number, title, is_done, is_next in scenes:
        mark = "done" if is_done else "next" if is_next else ""
        click.echo(f"{number}  {title:<24} {mark}".rstrip())


def _progress(db: str) -> Progress:
    """The progress that was saved for this store; none where there is no store."""
    from engine.commands.options import reading
    from tui.model.learning.progress import Progress
    from tui.view_state.saved_view import load

    if not Path(db).exists():
        return Progress()
    with reading(db) as reader:
        view = load(db).of_store(reader.created_at())
    return Progress(view.scene, learned=view.learned)
