"""Script waiting: wait for scripts; of a single one what it prints comes out as it comes."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from engine.commands.options import as_json
from engine.commands.show import reached, state_text, whole_run
from engine.files.program import store_command
from engine.jobs.people import steer
from engine.jobs.processes.liveness import judge
from engine.store import ENDED, Reader, Run
from engine.text import clean

POLL_S = 0.1
LOOK_AFTER_S = 1.0


def follow(reader: Reader, run_ids: Sequence[int], json: bool) -> list[Run]:
    """Wait until all runs have ended and return them; tell each end, and of a single run also what it prints.

    Interrupting it ends no run. Raises StoreError.
    """
    try:
        runs = _followed(reader, run_ids, is_silent=json)
    except KeyboardInterrupt:
        named = " ".join(map(str, run_ids[:20]))
        goes = "run" if len(run_ids) == 1 else "runs"
        click.echo(
            f"\n{goes} {named} {'goes' if len(run_ids) == 1 else 'go'} on; watch with {store_command()}, "
            f"end with {store_command(f'stop {named}')}",
            err=True,
        )
        raise SystemExit(130) from None
    if json:
        click.echo(as_json([whole_run(reader, run_id) for run_id in run_ids]))
    elif len(runs) == 1:
        for label, value in reached(runs[0], runs[0].state):
            click.echo(f"{label:>17}  {value}", err=True)
    return runs


def _followed(reader: Reader, run_ids: Sequence[int], *, is_silent: bool) -> list[Run]:
    told: set[int] = set()
    looked_at, tail = time.monotonic(), Tail(reader, run_ids[0])
    while True:
        runs = {run.run_id: run for run in reader.runs_by_id(run_ids)}
        if len(run_ids) == 1 and not is_silent:
            tail.print_new()
        for run_id in run_ids:
            run = runs[run_id]
            if run.state in ENDED and run_id not in told:
                told.add(run_id)
                if len(run_ids) > 1 and not is_silent:
                    click.echo(f"run {run_id} {clean(run.name, 80)}: {state_text(run, run.state)}", err=True)
        if len(told) == len(run_ids):
            return [runs[run_id] for run_id in run_ids]
        if time.monotonic() - looked_at > LOOK_AFTER_S:
            looked_at, workers = time.monotonic(), reader.workers()
            if any(judge(run, workers) in ("lost", "queued") for run in runs.values()):
                steer.recover(reader.path)
        time.sleep(POLL_S)


class Tail:
    """What a run prints, from its beginning on."""

    def __init__(self, reader: Reader, run_id: int) -> None:
        self._reader, self._run_id = reader, run_id
        self._part, self._shown = 0, 0

    def print_new(self) -> None:
        """Print what has come since the last call, each stream to its own."""
        for each in self._reader.output(self._run_id, self._part):
            if each.part != self._part:
                self._part, self._shown = each.part, 0
                if each.left_out:
                    click.echo(f"... {each.left_out:,} bytes are not kept ...", err=True)
            text = each.text[self._shown :]
            self._shown = len(each.text)
            if text:
                click.echo("\n".join(map(clean_line, text.split("\n"))), nl=False, err=each.stream == "err")


def clean_line(line: str) -> str:
    """A line without what a terminal would obey; its blanks stay."""
    return "".join(character for character in line if character.isprintable() or character == "\t")
