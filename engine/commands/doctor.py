"""`lossboard doctor`: problems of this machine, store and terminal, with advice."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict

import click

from engine.commands.options import as_json, json_option, people_errors
from engine.jobs.people.doctor import Finding, examine
from engine.jobs.processes import recovery
from engine.jobs.processes.spilled import store_spilled
from engine.store import open_for_writing
from engine.text import clean

SIGNS = {"ok": "ok", "note": "note", "problem": "PROBLEM"}


@click.command("doctor")
@click.option(
    "--rebuild",
    is_flag=True,
    help="First rebuild the buckets that charts are drawn from, of all runs but running ones.",
)
@click.option("--take-over", type=int, metavar="RUN", help="Queue RUN again, whose worker on another machine is gone.")
@json_option
@click.pass_obj
def command(db: str, rebuild: bool, take_over: int | None, json: bool) -> None:
    """Look at the machine, the store, its workers and the terminal, and say what to do.

    What programs logged into files beside the store, while it could not be written, is stored first.
    Exits with 1 when there is a problem.
    """
    with people_errors():
        for sentence in store_spilled(db):
            click.echo(clean(sentence, 500), err=True)
        if rebuild:
            rebuild_pyramids(db)
        if take_over is not None:
            with open_for_writing(db, create=False) as store:
                click.echo(recovery.take_over(store, take_over), err=True)
        findings = [*terminal(), *examine(db)]
    if json:
        click.echo(as_json([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            click.echo(f"{SIGNS[finding.level]:>8}  {finding.about}: {clean(finding.found)}")
            if finding.advice:
                click.echo(f"{'':>8}  → {clean(finding.advice)}")
    if any(finding.level == "problem" for finding in findings):
        raise SystemExit(1)


def rebuild_pyramids(db: str) -> None:
    """Recompute the buckets of every run that is not running. Raises StoreError."""
    with open_for_writing(db, create=False) as store:
        for run in store.reader().runs(limit=sys.maxsize):
            if run.state != "running":
                store.rebuild_pyramid(run.run_id)


def terminal() -> Iterator[Finding]:
    """Findings about this terminal and its character encoding, as the dashboard needs them."""
    term, encoding = os.environ.get("TERM", ""), locale.getpreferredencoding(False)
    if not sys.stdout.isatty():
        yield Finding("terminal", "ok", "standard output is not a terminal here, so there is none to look at")
    elif term in ("", "dumb", "unknown"):
        yield Finding(
            "terminal",
            "problem",
            f"TERM is {term or 'not set'}: the dashboard cannot be painted",
            "export TERM=xterm-256color",
        )
    else:
        yield Finding("terminal", "ok", f"TERM is {term}")
    if encoding.replace("-", "").lower() == "utf8":
        yield Finding("characters", "ok", "UTF-8")
    else:
        yield Finding(
            "characters", "note", f"{encoding}: curves are drawn with ASCII marks", "export LANG=C.UTF-8 for finer ones"
        )
