"""The line on the way out, and the one at the top: what goes on, and where."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest
from textual import events

from engine.jobs.processes.threads import ONE_THREAD
from engine.spec import defaults
from engine.store import MisplacedStore, open_for_writing
from tests.stores import block_of, claimed_writer
from tests.tui.dashboards import opened, raced
from tui.model.snapshot import Snapshot
from tui.start import startup
from tui.start.session import farewell, prepare
from tui.widgets.header import header


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"finished": 3}, "No run is going on. "),
        ({"paused": 1}, "No run is going on, 1 is paused. "),
        ({"running": 1, "paused": 2}, "1 run goes on without the screen, 2 are paused. "),
        ({"running": 1, "queued": 2}, "3 runs go on without the screen. "),
    ],
)
def test_what_is_paused_does_not_go_on(counts: dict[str, int], said: str) -> None:
    assert farewell(Snapshot(counts=counts), Path("a.db")).startswith(said + "Come back with: ")


@pytest.mark.parametrize("name", ["runs of today.db", "it's.db", "$(reboot).db"])
def test_the_command_to_come_back_can_be_pasted(name: str) -> None:
    command = farewell(Snapshot(), Path(name)).partition("Come back with: ")[2]
    assert shlex.split(command) == ["lossboard", "--db", name]


def test_the_name_of_a_store_is_measured_in_cells() -> None:
    assert "漢字の.db   " in header(Snapshot(), "漢字の.db", 100).text


def test_a_run_that_has_lost_its_process_is_not_running() -> None:
    text = header(Snapshot(counts={"running": 2}, judged={7: "lost"}), "a.db", 100).text
    assert "1 running" in text
    assert "1 lost" in text


async def test_a_store_with_anothers_journal_is_opened_without_it_and_that_is_said(tmp_path: Path) -> None:
    path, copy, journal = tmp_path / "runs.db", tmp_path / "copy.db", tmp_path / "journal"
    with open_for_writing(path) as store:
        claimed_writer(store).finish(block=block_of([1.0]))
    shutil.copy(path, copy)
    with open_for_writing(path) as store:
        for _ in range(3):
            store.queue.add([defaults()])
        shutil.copy(f"{path}-wal", journal)
    shutil.copy(copy, path)
    shutil.copy(journal, f"{path}-wal")
    async with opened(path) as board:
        await board.until(lambda: "it was set aside as runs.db-wal.orphan." in " ".join(board.text().split()))
        assert sum(board.app.snapshot.counts.values()) == 1


async def test_a_store_with_anothers_journal_that_is_in_use_is_not_opened(tmp_path: Path) -> None:
    path, copy = tmp_path / "runs.db", tmp_path / "copy.db"
    with open_for_writing(path) as store:
        claimed_writer(store).finish(block=block_of([1.0]))
    shutil.copy(path, copy)
    with open_for_writing(path) as store:
        for _ in range(3):
            store.queue.add([defaults()])
        shutil.copyfile(copy, path)
        with pytest.raises(MisplacedStore, match="another process has it open"):
            prepare(path)


async def test_a_key_that_comes_while_the_dashboard_leaves_is_for_nobody(tmp_path: Path) -> None:
    app = prepare(raced(tmp_path / "runs.db"))
    assert app.screen_stack == []
    await app.on_event(events.Key("ctrl+c", None))


def test_the_dashboard_computes_in_one_thread_as_workers_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two threads are slower beside a worker, and could give other bits than the run's."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "4")
    found: dict[str, str] = {}
    monkeypatch.setattr("tui.start.signals.block", lambda: None)
    monkeypatch.setattr("tui.start.session.run", lambda *_, **__: found.update(os.environ) or 0)
    assert startup.dashboard(tmp_path / "runs.db") == 0
    assert {name: found[name] for name in ONE_THREAD} == ONE_THREAD
