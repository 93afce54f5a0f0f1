"""The screen, whole: a few pictures of real runs, compared cell by cell with the ones that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tui.dashboards import opened
from tests.tui.screen_pictures import SPECS, compare, store_of_real_runs

PICTURES: dict[str, tuple[tuple[int, int], list[str], dict[str, Any]]] = {
    "board-80x24": ((80, 24), [], {}),
    "board-120x35": ((120, 35), ["j"], {}),
    "grid-200x50": ((200, 50), ["v"], {}),
    "readout-light-120x35": ((120, 35), ["c", "h", "h", "h", "h"], {"theme": "light"}),
    "commands-ansi-100x30": ((100, 30), ["colon", "s", "t", "e", "p"], {"theme": "ansi"}),
    "board-ascii-80x24": ((80, 24), [], {"ascii_only": True}),
}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_of_real_runs(tmp_path_factory.mktemp("pictures") / "runs.db")


@pytest.mark.parametrize("name", PICTURES)
async def test_the_screen_looks_as_it_did(
    real: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("tui.text.numbers.age", lambda created: "2h")
    size, keys, manner = PICTURES[name]
    async with opened(real, size, **manner) as board:
        # the little curves of the table come with a later read
        await board.until(lambda: " curve " not in board.text() or len(board.app.snapshot.previews) == len(SPECS))
        for key in keys:
            await board.press(key)
        await board.until(lambda: (board.app.output.is_open and board.text() == board.terminal.text()) or manner)
        await board.until(lambda: board.app.output.is_open)
        compare(name, board.terminal)
