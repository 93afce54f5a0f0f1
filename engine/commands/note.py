"""`lossboard note RUN [TEXT]`: a note that stays with a run."""

from __future__ import annotations

import click

from engine.commands.options import answer, json_option, people_errors, reading, run_argument, the_run
from engine.jobs.people import steer
from engine.text import clean


@click.command("note")
@run_argument
@click.argument("text", required=False)
@json_option
@click.pass_obj
def command(db: str, run_id: int, text: str | None, json: bool) -> None:
    """Keep TEXT with RUN in place of its note ('' removes it), or print the note that it has."""
    with people_errors():
        if text is not None:
            answer(json, steer.write_note(db, run_id, text), run_id=run_id)
            return
    with reading(db) as reader:
        note = the_run(reader, run_id).note
    answer(json, note if json else clean(note), run_id=run_id)
