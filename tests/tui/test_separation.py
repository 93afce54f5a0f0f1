"""Words and numbers of different parts never run together, however narrow the terminal and however long they are."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import open_for_writing
from engine.sweep import Axis, SweepPlan
from tests.tui.dashboards import Opened, opened
from tests.tui.test_app_sizes import is_told_how_to_go_on

SCREENS = {
    "the board": ([], "4 done", []),
    "the readout": (["c"], "c", ["escape"]),
    "one run alone": (["enter"], "b256  finished", ["escape"]),
    "its details": (["enter", "tab"], "b256  finished", ["escape", "escape"]),
    "the replay": (["r"], "REPLAY", ["r"]),
    "the help": (["question_mark"], "a run of your own", ["escape"]),
    "the form": (["n"], "objective", ["escape"]),
    "the filter": (["slash"], "filter", ["escape"]),
    "the fork": (["f"], "from iteration", ["escape"]),
    "the edit": (["e"], "note", ["escape"]),
    "the question": (["d"], "Delete run", ["escape"]),
    "the commands": (["colon"], "its sweep", ["escape"]),
    "the metrics": (["colon", *"metric"], "metric validation", ["escape"]),
    "the copies": (["Y"], "copy command", ["escape"]),
    "the export": (["E"], "file", ["escape"]),
    "the sweep's dialog": (["s"], "what is swept", ["escape"]),
    "the sweep": (["V"], "★", ["escape"]),
    "the probe": (["b"], "too small", ["escape"]),
    "the grid": (["v"], "4 done", []),
}
GLUED = frozenset("…%")
"""What ends a word or a number as letters and digits do; signs and lines may stand next to anything."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs whose numbers and names are as long as they get, in a sweep that has been worked off."""
    path = tmp_path_factory.mktemp("separation") / "runs.db"
    base = defaults().changed(iterations=30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_loop, "start_workers", lambda path, count=None: 0)
        with open_for_writing(path) as store:
            store.queue.add_sweep(SweepPlan(base, (Axis("step_size", (1e-3, 1e-2, 1.0, 1e4)),)))
            store.catalogue.rename(2, "a name that is longer than any column has room for, whatever the terminal")
        worker_loop.work(path, leave=lambda: False)
    return path


def run_together(board: Opened) -> list[str]:
    """Where a part ends with a letter, a digit or the like, and the next one begins with one at once."""
    found = []
    for strip in board.app.screen._compositor.render_strips():
        texts = [text for text, _, control in strip if text and not control]
        found += [
            f"{before}|{after}   in   {strip.text.rstrip()}"
            for before, after in pairwise(texts)
            if (before[-1].isalnum() or before[-1] in GLUED) and after[0].isalnum()
        ]
    return found


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
async def test_columns_stand_apart_on_every_screen(path: Path, size: tuple[int, int]) -> None:
    async with opened(path, size) as board:
        for name, (opening, there, closing) in SCREENS.items():
            await board.press(*opening)
            await board.until(partial(lambda there: board.app.output.is_open and there in board.text(), there))
            assert run_together(board) == [], (name, board.text())
            assert len(board.text().splitlines()) == size[1], name
            assert name == "the replay" or is_told_how_to_go_on(board), (name, board.text())
            await board.press(*closing)
