"""On terminals of all depths, in every theme: where one is can be seen on every screen that has a cursor."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import open_for_writing
from engine.sweep import Axis, SweepPlan
from tests.tui.dashboards import Opened, opened

DEPTHS = {
    "truecolor": ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, ["dark"]),
    "256": ({"TERM": "tmux-256color"}, ["dark", "light"]),
    "16": ({"TERM": "xterm"}, ["dark"]),
    "none": ({"TERM": "xterm-256color", "NO_COLOR": "1"}, ["dark"]),
}
"""What the environment says, and the themes to be looked at: a terminal of 16 colours or none has but one."""

MOVES = {
    "the list": (["g"], "differs", "j", ["k"]),
    "the sweep's table": (["V"], "★", "k", ["escape"]),
    "the probe": (["b"], "★", "k", ["escape"]),
    "the commands": (["colon"], "› new", "down", ["escape"]),
    "the form's choices": (["n"], "starts the run", "tab", []),
    "the form's fields": (["tab"] * 5, "starts the run", "tab", ["escape"]),
    "the questions": (["e"], "note", "tab", ["escape"]),
}
"""What opens a screen, what it says then, what moves its cursor, and what leads back."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("depths") / "runs.db"
    base = defaults().changed(iterations=20, batch_size=8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_loop, "start_workers", lambda path, count=None: 0)
        with open_for_writing(path) as store:
            store.queue.add_sweep(SweepPlan(base, (Axis("step_size", (1e-3, 1e-2, 0.1)),)))
        worker_loop.work(path, leave=lambda: False)
    return path


def grounds(board: Opened) -> list[list[tuple[object, ...]]]:
    """What lies under the letters of every cell."""
    rows = board.terminal.screen.buffer
    size = board.app.size
    return [
        [((cell := rows[y][x]).bg, cell.reverse, cell.underscore) for x in range(size.width)]
        for y in range(size.height)
    ]


def rows_apart(before: list[list[tuple[object, ...]]], after: list[list[tuple[object, ...]]]) -> list[int]:
    return [y for y, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]


@pytest.mark.parametrize("depth", DEPTHS)
async def test_a_cursor_that_moves_is_seen_to_move(path: Path, monkeypatch: pytest.MonkeyPatch, depth: str) -> None:
    said, themes = DEPTHS[depth]
    for name in ("TERM", "COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    async with opened(path) as board:
        for theme in themes:
            board.app.theming.choose(theme)
            for where, (opening, there, move, closing) in MOVES.items():
                await board.press(*opening)
                await board.until(
                    partial(lambda there: board.app.output.is_open and there in board.terminal.text(), there)
                )
                before = grounds(board)
                if where in ("the commands", "the questions"):
                    assert before[-1][0] != before[0][0], (theme, where)
                await board.press(move)
                await board.until(partial(lambda before: len(rows_apart(before, grounds(board))) == 2, before))
                await board.press(*closing)
