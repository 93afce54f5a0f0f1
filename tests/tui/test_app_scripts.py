"""Scripts on the board: `s` sweeps a number in a command, `n` launches it again, the sweep is ranked by a metric."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.jobs.people import scripts, sweeps
from engine.jobs.worker import worker_loop
from engine.spec.script import script
from engine.store import open_for_writing
from tests.tui.dashboards import opened, stored_runs
from tests.tui.sweeps import shows, table_of

PROGRAM = (
    "import sys\nfor i in range(3): print(f'step {i} loss {abs(float(sys.argv[2]) - 0.5) + 1 - i / 9} err {9 - i}')"
)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a script that has been worked off."""
    for module in (scripts, sweeps, worker_loop):
        monkeypatch.setattr(module, "start_workers", lambda path, count=None: 0)
    path = tmp_path / "runs.db"
    (tmp_path / "t.py").write_text(PROGRAM)
    with open_for_writing(path) as store:
        spec = script([sys.executable, "t.py", "--lr", "0.25"], str(tmp_path))
        store.scripts.add([spec], [spec.label], {})
    worker_loop.work(path, leave=lambda: False)
    return path


async def test_s_sweeps_a_number_of_the_command_and_the_view_ranks_its_values(path: Path) -> None:
    async with opened(path) as board:
        await board.press("s")
        await board.until(lambda: "Sweep a number of run 1" in board.text())
        assert "lr 0.25" in board.text()
        await board.fill("values", "0.1, 0.5, 2")
        await board.press("enter")
        await board.until(lambda: "3 runs were queued" in board.text())
        assert [run.script.values for run in stored_runs(path) if run.script and run.sweep_id] == [
            {"lr": value} for value in (0.5, 2, 0.1)
        ]
        worker_loop.work(path, leave=lambda: False)
        await board.press("g", "V")
        await board.until(lambda: shows(board, 1) and len(table_of(board)) == 3 and "★ best" in board.text())
        assert [line.split()[2:4] for line in table_of(board)[:3]] == [
            ["0.1", "1.178"],
            ["0.5", "0.7778"],
            ["2", "2.278"],
        ]
        assert "loss (log) against lr" in board.text()
        assert "for lr 0.5 new loss: 0.7778" in board.text()


async def test_n_launches_the_command_again_with_other_values(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        await board.until(lambda: "Launch the command of run 1 again" in board.text())
        await board.fill("lr", "4")
        await board.press("enter")
        await board.until(lambda: "Run 2 was queued" in board.text())
    newest = stored_runs(path)[0]
    assert newest.script is not None
    assert newest.script.words[1:] == ("t.py", "--lr", "4")
    assert newest.name == "t.py --lr 4"
