"""Recovery: whoever watches has forsaken runs taken up again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.jobs.people import steer
from engine.jobs.processes import liveness
from engine.jobs.processes.recovery import TAKE_OVER_AFTER_S, lost_attempts
from engine.spec import defaults
from engine.store import open_for_writing
from engine.store.file import connection
from tests.presence import present
from tui.app.actions.orders import recover
from tui.app.recovery import Recovery
from tui.model.snapshot import Snapshot


def test_help_that_found_the_store_locked_is_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.05)
    monkeypatch.setattr(steer, "start_workers", lambda path: 0)
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults()])
        store.queue.claim(store.register_worker(replace(liveness.this_process(), start_ticks=1)))
        reader = store.reader()
        seen = Snapshot(lost_attempts=lost_attempts(reader.running(), reader.workers(), TAKE_OVER_AFTER_S), workers=1)
        assert seen.lost_attempts == {(1, 1)}
        recovery = Recovery()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert recovery.is_needed(seen)
            assert not recovery.is_needed(seen)
            assert not recover(path)
            recovery.failed()
            other.execute("ROLLBACK")
        assert recovery.is_needed(seen)
        assert recover(path)
        assert present(store.reader().run(1)).state == "queued"
