"""Rows of the workers: what each of them does, here and on clusters."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from engine.jobs.processes.workforce import WorkerSeen
from engine.text import clean
from tui.colours.theme import DIM, STRONG, TEXT, WARNED
from tui.text.numbers import fit, rate
from tui.text.parts import Part
from tui.widgets.lines import strip

NAME, HOST, PID, RATE, LOST = 11, 14, 8, 9, 11


def worker_rows(seen: Sequence[WorkerSeen], width: int, height: int) -> list[Strip]:
    """A title and a row for each worker, the last one for those that find no room."""
    if not seen:
        return [strip([(" No worker is there now; one starts with the next run.", DIM)], width)]
    title = [(f" {'worker':<{NAME}}{'host':<{HOST}}{'process':<{PID}}", DIM), ("does", DIM)]
    rows = [strip(title, width, [(f"{'it/s':>{RATE}}{'lost':>{LOST}} ", DIM)])]
    room = height - 1
    shown = seen if len(seen) <= room else seen[: max(room - 1, 0)]
    rows += [_row(each, width) for each in shown]
    if len(shown) < len(seen):
        rows.append(strip([(f" and {len(seen) - len(shown)} more: lossboard workers", DIM)], width))
    return rows


def _row(each: WorkerSeen, width: int) -> Strip:
    name = "  of it" if each.role == "cluster worker" else f"{each.role} {each.worker_id}"
    does = each.does if each.role != "bridge" or each.trouble else f"{each.cluster}: {each.does}"
    left: list[Part] = [
        (f" {fit(name, NAME):<{NAME}}", DIM if each.role == "cluster worker" else STRONG),
        (f"{fit(clean(each.host), HOST - 1):<{HOST}}", TEXT),
        (f"{each.pid or '':<{PID}}", DIM),
        (clean(does, 300), WARNED if each.trouble else TEXT),
    ]
    lost = f"{each.chunks_lost:,} chunk{'' if each.chunks_lost == 1 else 's'}" if each.chunks_lost else ""
    speed = rate(each.iterations_per_s) if each.iterations_per_s else ""
    return strip(left, width, [(f"{speed:>{RATE}}", TEXT), (f"{lost:>{LOST}} ", WARNED)])
