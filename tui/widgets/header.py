"""The header: the store, the number of runs and of workers, and their total speed."""

from __future__ import annotations

from textual.strip import Strip

from engine.text import counted
from tui.colours.theme import BADGE, DIM, STRONG, TEXT, TITLE
from tui.model.snapshot import Snapshot
from tui.text import numbers
from tui.text.parts import Part, cells
from tui.text.widths import width_of
from tui.widgets.lines import strip


def header(snapshot: Snapshot, store_name: str, width: int, *, is_replay: bool = False) -> Strip:
    """The line at `width` cells, without the program's name where that leaves no room. `store_name` is cleaned.

    A replay is named, and its runs are counted whatever their states were.
    """
    counts = snapshot.counts
    done = sum(counts.get(state, 0) for state in ("finished", "cancelled"))
    name: list[Part] = [(" lossboard", TITLE), ("  ", TEXT)]
    left: list[Part] = [(" ", TEXT), (numbers.fit(store_name, min(width_of(store_name), 24)), DIM)]
    if is_replay:
        left += [("   ", TEXT), (" REPLAY ", BADGE), (f"  {counted(len(snapshot.runs), 'run')}", DIM)]
    for number, word in (
        ()
        if is_replay
        else (
            (max(counts.get("running", 0) - snapshot.lost, 0), "running"),
            (counts.get("paused", 0), "paused"),
            (counts.get("queued", 0), "queued"),
            (done, "done"),
            (counts.get("failed", 0), "failed"),
        )
    ):
        if number or word not in ("paused", "queued", "failed"):
            left += [("   ", TEXT), (str(number), STRONG if number and word == "running" else TEXT), (f" {word}", DIM)]
    if snapshot.listing.text and not snapshot.complaint and not is_replay:
        left += [("   ", TEXT), (f"{snapshot.fitting:,} of {sum(counts.values()):,}", STRONG), (" shown", DIM)]
    if snapshot.lost and not is_replay:
        left += [("   ", TEXT), (f"{snapshot.lost} lost", DIM)]
    left = [*name, *left] if cells(name) + cells(left) <= width else left
    work = _work(snapshot)
    return strip(left, width, work if cells(left) + cells(work) < width else ())


def _work(snapshot: Snapshot) -> list[Part]:
    if not snapshot.workers:
        return []
    speed = sum(speed for run_id, speed in snapshot.speeds.items() if run_id not in snapshot.judged)
    workers = f"{snapshot.workers} of {counted(snapshot.most_workers, 'worker')}"
    parts: list[Part] = [(f"{numbers.rate(speed)} it/s", TEXT), (" · ", DIM)] if speed else []
    return [*parts, (workers + " ", DIM)]
