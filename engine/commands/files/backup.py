"""`lossboard backup FILE`: copy the whole store into one file, while runs go on."""

from __future__ import annotations

import click

from engine.commands.options import answer, json_option, people_errors
from engine.store import back_up
from engine.text import clean, counted


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@json_option
@click.pass_obj
def command(db: str, file: str, force: bool, json: bool) -> None:
    """Copy the store into FILE as it is in this moment, while runs go on.

    To go back to a backup, end what works for the store and copy FILE to its place.
    """
    with people_errors():
        made = back_up(db, file, replace=force)
    sentence = f"{clean(str(made.path))} has {counted(made.runs, 'run')} of {clean(db)}, {made.size / 1e6:,.1f} MB."
    answer(json, sentence, path=str(made.path), bytes=made.size, runs=made.runs)
