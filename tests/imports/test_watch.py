"""`lossboard watch` in a real terminal: the board shows what is written, and the following ends with the terminal."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.stores import query, wait_until
from tests.system.terminal import Terminal


@pytest.fixture(autouse=True)
def _state_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_what_is_written_is_on_the_board_and_leaving_it_says_what_was_taken_in(tmp_path: Path) -> None:
    store, file = tmp_path / "runs.db", tmp_path / "files" / "digits.jsonl"
    file.parent.mkdir()
    file.write_text('{"step": 1, "loss": 0.5}\nnone\n')
    board = Terminal("--db", str(store), "watch", str(file.parent))
    board.wait_for("digits")
    with file.open("a") as more:
        more.write('{"step": 2, "loss": 0.1237}\n')
    board.wait_for("0.1237")
    board.type("q")
    assert board.exit_code() == 0
    assert "1 line before byte" in board.written
    assert "1 run was followed, 2 values taken in." in board.written
    assert query(store, "SELECT state, iterations_done FROM runs") == [("finished", 3)]


def test_the_following_ends_with_the_terminal_however_that_ends(tmp_path: Path) -> None:
    store, file = tmp_path / "runs.db", tmp_path / "a.csv"
    file.write_text("step,loss\n1,0.5\n")
    board = Terminal("--db", str(store), "watch", str(file))
    wait_until(lambda: store.exists() and query(store, "SELECT 1 FROM runs WHERE state = 'running'"))
    board.signal(signal.SIGKILL)
    assert board.exit_code() == -signal.SIGKILL
    wait_until(lambda: query(store, "SELECT state FROM runs") == [("finished",)])
    wait_until(lambda: query(store, "SELECT count(*) FROM workers WHERE left_at IS NULL") == [(0,)])


def test_what_cannot_be_watched_is_said(tmp_path: Path) -> None:
    board = Terminal("--db", str(tmp_path / "runs.db"), "watch", str(tmp_path / "nowhere"))
    assert board.exit_code() == 1
    assert "There is no " in board.written
