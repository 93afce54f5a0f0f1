"""Each key: the message that it becomes first, what stands on the screen then."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.spec import defaults, race
from engine.store import Run, open_for_reading, open_for_writing
from tests.tui.dashboards import Opened, opened, raced, store_with
from tui.model import keymap
from tui.model.choices import Choices
from tui.model.messages import (
    ChoicesChanged,
    DialogRequested,
    OrderAnswered,
    RaceRequested,
    RowPointed,
    RunsQueued,
    SteeringRequested,
)
from tui.screens.board import Board
from tui.screens.confirm import Confirm
from tui.screens.help import Help
from tui.screens.run_form import RunForm


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return raced(tmp_path / "runs.db")


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs stay in the queue: these tests are about the screen."""
    monkeypatch.setattr("engine.jobs.people.submit.start_workers", lambda path: 0)


def choices(board: Opened) -> Choices:
    return board.all_of(ChoicesChanged)[-1].choices


async def test_enter_on_an_empty_store_queues_the_race(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    async with opened(path) as board:
        assert "Four ways down, 1,000 steps each" in board.text()
        assert "enter watch them race" in board.text()
        await board.press("enter")
        assert board.all_of(RaceRequested)
        await board.until(lambda: board.all_of(RunsQueued))
        await board.until(lambda: "4 queued" in board.text() and "Four ways down" not in board.text())
        await board.until(lambda: "random search" in board.text())
    reader = open_for_reading(path)
    assert tuple(run.spec for run in reversed(reader.runs())) == race()
    reader.close()


async def test_the_board_shows_runs_curves_details_and_keys(path: Path) -> None:
    async with opened(path) as board:
        text = board.text()
        assert "3 done" in text
        assert "gradient b256" in text
        assert "local search" in text
        assert any("⠀" < character <= "⣿" for character in text)
        assert "accuracy 97.2 %" in text
        assert "validation 0.310" in text
        assert "n new" in text
        assert "? help" in text
        assert "q quit" in text


async def test_n_opens_the_form(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        assert [message.dialog for message in board.all_of(DialogRequested)] == ["new run"]
        assert isinstance(board.app.screen, RunForm)


async def test_y_turns_the_loss_axis(path: Path) -> None:
    async with opened(path) as board:
        assert "loss (log)" in board.text()
        await board.press("y")
        assert not choices(board).chart_options.log_y
        assert "loss (log)" not in board.text()
        await board.press("y")
        assert choices(board).chart_options.log_y


async def test_x_cycles_the_x_axis(path: Path) -> None:
    async with opened(path) as board:
        kinds = []
        for word in ("time", "examples seen", "losses evaluated", "iteration"):
            await board.press("x")
            kinds.append(choices(board).chart_options.x_kind)
            assert f"x: {word}" in board.text()
        assert kinds == ["time", "examples", "evaluations", "iteration"]


@pytest.mark.parametrize(("keys", "pointed"), [
    (["j"], 2), (["down", "down"], 1), (["j", "k"], 3), (["j", "up"], 3), (["G"], 1), (["end", "home"], 3),
    (["pagedown"], 1), (["end", "pageup"], 3), (["j", "j", "j", "j"], 1),
])  # fmt: skip
async def test_moving(path: Path, keys: list[str], pointed: int) -> None:
    async with opened(path) as board:
        await board.press(*keys)
        assert choices(board).pointed == pointed
        label = {3: "gradient descent", 2: "local search", 1: "random search"}[pointed]
        assert f" {pointed}  {label} ·" in board.text()


async def test_space_takes_a_curve_out_and_puts_it_back(path: Path) -> None:
    async with opened(path) as board:
        assert "▲ 3 gradient b256" in board.text()
        await board.press("space")
        assert choices(board).marked == (1, 2)
        assert "▲ 3 gradient b256" in board.text()
        assert "Unmarked run 3: it is drawn while the cursor is on it." in board.text()
        assert " ✓    3 gradient" in board.text()
        await board.press("j")
        assert "▲ 3 gradient b256" not in board.text()
        await board.press("k", "space")
        assert "▌✓    3 gradient" in board.text()
        assert set(choices(board).marked) == {1, 2, 3}
        assert "▲ 3 gradient b256" in board.text()


async def test_enter_looks_at_one_run_and_esc_goes_back(path: Path) -> None:
    async with opened(path) as board:
        await board.press("enter")
        assert choices(board).drawn == (3,)
        assert "run 3 alone" in board.text()
        await board.press("j")
        assert "run 2 alone" in board.text()
        await board.press("escape")
        assert choices(board).drawn == (1, 2, 3)


async def test_t_asks_and_esc_lets_the_run_go_on(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, ("mine", defaults()), finish=False)
    async with opened(path) as board:
        await board.press("t")
        assert [(message.run_id, message.verb) for message in board.all_of(SteeringRequested)] == [(1, "stop")]
        assert isinstance(board.app.screen, Confirm)
        assert "Stop run 1 at iteration 200?" in board.text()
        await board.press("escape")
        assert isinstance(board.app.screen, Board)
    with open_for_writing(path) as store:
        assert store.reader().commands(1) == []


async def test_t_then_enter_stops(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store_with(path, ("mine", defaults()), finish=False)
    async with opened(path) as board:
        await board.press("t", "enter")
        await board.until(lambda: board.all_of(OrderAnswered))
        await board.until(lambda: "Stopping run 1" in board.text())
    with open_for_writing(path) as store:
        assert [command.verb for command in store.reader().commands(1)] == ["stop"]


async def test_t_on_a_run_that_has_ended_says_so(path: Path) -> None:
    async with opened(path) as board:
        await board.press("t")
        assert "Run 3 has ended already (finished)." in board.text()
        assert isinstance(board.app.screen, Board)


async def test_the_help_page_has_every_key_of_the_board(path: Path) -> None:
    async with opened(path, (140, 50)) as board:
        await board.press("question_mark")
        assert isinstance(board.app.screen, Help)
        text = board.text()
        for key in keymap.keys_of("board"):
            assert key.keys_text in text
            assert key.help in text
        await board.press("escape")
        assert isinstance(board.app.screen, Board)


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_leaving(path: Path, key: str) -> None:
    async with opened(path) as board:
        await board.pilot.press(key)
        await board.until(lambda: not board.app.is_running)
    assert board.app.return_code == 0


async def test_a_click_on_a_row_selects_it(path: Path) -> None:
    async with opened(path) as board:
        await board.pilot.click("RunsTable", offset=(10, 2))
        await board.pilot.pause()
        [message] = board.all_of(RowPointed)
        assert isinstance(message.row, Run)
        assert message.row.run_id == 2
        assert choices(board).pointed == 2
