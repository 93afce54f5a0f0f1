"""`lossboard import PATH...`: take in the runs of other programs' files, once however often it is called."""

from __future__ import annotations

import os
import time
from typing import Any

import click

from engine.commands.options import as_json, json_option, people_errors, table
from engine.imports.detection import find
from engine.jobs.imports.importing import Imported, counted_only, import_sources
from engine.text import clean, counted, seconds_text

WIDEST = 40
"""A longer place is cut at its beginning."""

MOST_TOLD = 20
"""So many troubles are told one by one."""


@click.command("import")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option("--dry-run", is_flag=True, help="Only tell what there is; nothing is stored.")
@json_option
@click.pass_obj
def command(db: str, paths: tuple[str, ...], dry_run: bool, json: bool) -> None:
    """Take in runs of other programs: TensorBoard, W&B, MLflow, trackio, CSV, JSON lines.

    PATH is a file or a folder; what it is shows in the files. What was imported before is known again, and goes on from
    where it was. Exits with 1 when nothing was found.
    """
    began = time.monotonic()
    with people_errors():
        found = find(paths)
        taken = list(counted_only(found) if dry_run else import_sources(db, found))
    troubles = [*found.troubles, *(trouble for each in taken for trouble in each.troubles)]
    if json:
        click.echo(as_json({"runs": [as_dict(each) for each in taken], "troubles": troubles}))
    else:
        for trouble in troubles[:MOST_TOLD]:
            click.echo(clean(trouble, 500), err=True)
        if len(troubles) > MOST_TOLD:
            click.echo(f"{len(troubles) - MOST_TOLD:,} more could not be read; --json tells all.", err=True)
        if taken:
            click.echo(told(taken, dry_run=dry_run))
        values = counted(sum(each.values for each in taken), "value")
        runs = counted(len({each.run_id or each.source for each in taken}), "run")
        click.echo(
            f"{runs}, {values} {'there' if dry_run else 'new'}, {seconds_text(time.monotonic() - began)}", err=True
        )
    if not taken:
        raise SystemExit(1)


def told(taken: list[Imported], *, dry_run: bool) -> str:
    """A table of what was taken in."""
    rows = []
    for each in taken:
        what = "" if dry_run else "nothing new" if not each.values else "new" if each.is_new else "went on"
        run = "·" if each.run_id is None else str(each.run_id)
        rows.append([run, each.title, f"{each.values:,}", what, each.name, _short(str(each.source.place))])
    return table(["run", "format", "values", "", "name", "from"], rows, frozenset({0, 2}))


def _short(place: str) -> str:
    """A place from the current folder on where it is below, and its end where it is long."""
    below = os.path.relpath(place)
    place = place if below.startswith("..") else below
    return place if len(place) <= WIDEST else "…" + place[1 - WIDEST :]


def as_dict(each: Imported) -> dict[str, Any]:
    """What was taken in of one source as a JSON object."""
    return {
        "run_id": each.run_id, "format": each.source.format, "place": str(each.source.place), "key": each.source.key,
        "name": each.name, "values": each.values, "new": each.is_new, "seconds": round(each.seconds, 3),
        "troubles": list(each.troubles),
    }  # fmt: skip
