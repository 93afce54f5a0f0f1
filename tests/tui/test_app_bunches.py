"""Keys that arrive together, as over a slow line: what stands behind one that opens something belongs to that."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from textual.widgets import Input

from tests.tui.dashboards import opened, raced, stored_runs
from tui.app import key_queue
from tui.app.actions import orders
from tui.model.messages import ChoicesChanged, CommandPicked, OrderAnswered, SteeringRequested
from tui.screens.board import Board
from tui.screens.help import Help
from tui.screens.prompt import Prompt
from tui.screens.replay import Replay


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return raced(tmp_path / "runs.db")


@pytest.mark.parametrize(("keys", "screen", "typed"), [
    (":theme light", "Pick", "theme light"),
    ("/loss<0.5", "Prompt", "loss<0.5"),
    ("n\x1b[Zmine", "RunForm", "mine"),
    ("Ycopyd", "Pick", "copyd"),
    ("E\x15td.svg", "Prompt", "td.svg"),
    ("e\x15dt", "Prompt", "dt"),
    ("f\x1570", "RunForm", "70"),
    ("W\x157", "Prompt", "7"),
    (":filter\rtdsp", "Prompt", "tdsp"),
    ("?q/tdsp", "Prompt", "tdsp"),
])  # fmt: skip
async def test_no_key_is_lost_and_none_acts_on_the_board(path: Path, keys: str, screen: str, typed: str) -> None:
    async with opened(path) as board:
        await board.type(keys)
        await board.until(lambda: not board.app.key_queue.is_behind)
        assert type(board.app.screen).__name__ == screen
        assert typed in [field.value for field in board.app.screen.query(Input)]
        assert not [*board.all_of(ChoicesChanged), *board.all_of(SteeringRequested)]


async def test_a_filter_typed_with_its_key_and_enter_is_applied(path: Path) -> None:
    async with opened(path) as board:
        await board.type("/local\r")
        await board.until(lambda: "filter: local · 1 of 3 runs" in board.text())


async def test_a_command_typed_with_its_key_and_enter_is_carried_out(path: Path) -> None:
    async with opened(path) as board:
        await board.type(":theme light\r")
        assert board.all_of(CommandPicked)
        assert board.app.active_theme.name == "light"


async def test_keys_behind_the_one_that_opens_a_replay_wait_for_it(path: Path) -> None:
    """There `5` is the middle and `,` one iteration back, where it stands; on the board `d` would ask to delete."""
    async with opened(path) as board:
        board.app.replay_control.now = lambda: 0.0  # it opens playing, and would be past the middle when it is drawn
        await board.type("r5,d")
        assert isinstance(board.app.screen, Replay)
        assert (board.app.screen.clock.position, board.app.screen.clock.playing) == (99, False)
        await board.until(lambda: "iteration  99" in board.text())
        assert not board.all_of(SteeringRequested)


async def test_a_paste_behind_the_key_goes_where_it_belongs(path: Path) -> None:
    async with opened(path) as board:
        await board.type("/\x1b[200~loss<0.5 sgd\x1b[201~")
        assert isinstance(board.app.screen, Prompt)
        assert board.app.screen.query_one(Input).value == "loss<0.5 sgd"


async def test_keys_behind_a_filter_act_on_what_it_finds(path: Path) -> None:
    async with opened(path) as board:
        await board.type("/local\rd")
        assert "Delete run 2" in board.text()
        assert [(message.run_id, message.verb) for message in board.all_of(SteeringRequested)] == [(2, "delete")]


async def test_how_many_runs_fit_is_told_once_it_is_known(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(path) as board:
        feed = board.app._feed
        ask = feed.ask
        monkeypatch.setattr(feed, "ask", lambda wanted: None)
        monkeypatch.setattr(board.app, "is_reading", lambda: False)
        await board.type("/local")
        await board.pilot.press("enter")
        assert "of 3" not in board.text()
        monkeypatch.setattr(feed, "ask", ask)
        board.app.ask()
        await board.until(lambda: "filter: local · 1 of 3 runs" in board.text())


async def test_keys_are_not_held_up_for_ever_by_what_cannot_be_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_queue, "TIMEOUT_S", 0.05)
    async with opened(path) as board:
        monkeypatch.setattr(board.app, "is_reading", lambda: True)
        await board.type("?q/sgd")
        await board.until(lambda: board.app.screen.query(Input) and board.app.screen.query_one(Input).value == "sgd")


async def test_an_answer_closes_the_prompt_that_waits_for_it_though_help_lies_over_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_answer = Event()
    edit = orders.edit
    monkeypatch.setattr(orders, "edit", lambda *order: may_answer.wait(10) and edit(*order))
    async with opened(path) as board:
        await board.press("e")
        await board.fill("note", "kept")
        await board.press("enter", "f1")
        assert isinstance(board.app.screen, Help)
        prompt = board.app.screen_stack[-2]
        assert isinstance(prompt, Prompt)
        may_answer.set()
        await board.until(lambda: board.all_of(OrderAnswered))
        await board.until(lambda: isinstance(board.app.screen, Board))
        prompt.action_close()  # the key of somebody who was faster than the screen
        await board.pilot.pause()
        assert isinstance(board.app.screen, Board)
    assert stored_runs(path)[0].note == "kept"
