"""A sweep from the keyboard in a real terminal: three arrow keys, ten runs, a dashboard that is killed meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.jobs.people import sweeps
from engine.jobs.people.progress import outcome
from engine.jobs.processes.launch import WORKERS
from engine.spec import defaults
from engine.store import open_for_reading, open_for_writing
from engine.sweep import Axis, SweepPlan
from engine.text import loss_text
from tests.presence import present
from tests.stores import query, wait_until
from tests.system.terminal import Terminal
from tests.system.workers import kill_workers
from tests.tui.emulator import Emulator

LEFT, RIGHT, DOWN = "\x1b[D", "\x1b[C", "\x1b[B"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "runs.db"
    yield path
    kill_workers(path)


class Screen:
    """What stands on a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal, self._emulator, self._fed = terminal, Emulator(120, 35), 0
        self._rows = self._emulator.text().split("\n")

    def rows(self) -> list[str]:
        written = self._terminal.written
        if self._fed < len(written):
            self._emulator.feed(written[self._fed :])
            self._fed = len(written)
            self._rows = self._emulator.text().split("\n")
        return self._rows

    def shows(self, *words: str) -> bool:
        """Whether a row holds all of these."""
        return any(all(word in row for word in words) for row in self.rows())


def test_three_arrows_enter_and_a_sweep_that_outlives_its_dashboard(path: Path) -> None:
    first = Terminal("--db", str(path))
    seen = Screen(first)
    wait_until(lambda: seen.shows("s sweep"))
    first.type("s")
    wait_until(lambda: seen.shows("7 runs, 7,000 iterations"))
    first.type(DOWN + LEFT + LEFT + DOWN + RIGHT)
    wait_until(lambda: seen.shows("1e-6", "1000"))
    first.type("[[[" + 8 * DOWN + RIGHT)
    wait_until(lambda: seen.shows("10 runs, 1,250 iterations"))
    first.type("\r")
    wait_until(lambda: seen.shows("step size", "train", "valid."))
    wait_until(lambda: query(path, "SELECT count(*) FROM iterations")[0][0] > 30)
    first.signal(signal.SIGKILL)
    assert first.exit_code() == -signal.SIGKILL
    assert query(path, "SELECT count(*) FROM runs WHERE state IN ('queued', 'running')")[0][0] > 0

    second = Terminal("--db", str(path))
    seen = Screen(second)
    wait_until(lambda: seen.shows("running"))
    second.type("V")
    wait_until(lambda: seen.shows("left 00:") or seen.shows("left 1 s"))
    wait_until(lambda: any(row.rstrip().endswith("done") for row in seen.rows()[:3]))
    rows = seen.rows()
    table = [row for row in rows if row.startswith("▌") and row[1] in "✓✗"]
    assert len(table) == 10
    assert [row for row in table if "★ best" in row] != []
    points = {column: place for place, row in enumerate(rows[3:23]) for column, sign in enumerate(row) if sign in "●★"}
    heights = [points[column] for column in sorted(points) if column > 60]
    lowest = heights.index(max(heights))
    assert heights[:lowest] == sorted(heights[:lowest])
    assert heights[lowest:] == sorted(heights[lowest:], reverse=True)
    assert 0 < lowest < len(heights) - 1
    second.type("q")
    assert second.exit_code() == 0

    reader = open_for_reading(path)
    found = outcome(reader, 1)
    reader.close()
    assert found.best is not None
    marked = next(row for row in table if "★ best" in row)
    assert loss_text(present(found.best.train_loss)) in marked
    done = dict(query(path, "SELECT run_id, count(*) FROM iterations GROUP BY run_id"))
    diverged = {row[0] for row in query(path, "SELECT run_id FROM runs WHERE reason LIKE 'diverged%'")}
    assert len(done) == 10
    assert {done[run_id] for run_id in done if run_id not in diverged} == {125}


def test_a_sweep_whose_workers_were_all_killed_is_completed_by_whoever_opens_it_again(path: Path) -> None:
    plan = SweepPlan(defaults().changed(iterations=120, pace=100.0), (Axis("step_size", (1e-3, 0.1, 10.0)),))
    with open_for_writing(path) as store:
        store.settings.set(WORKERS, "2")
    sweeps.start(path, plan)
    wait_until(lambda: query(path, "SELECT count(*) FROM iterations")[0][0] > 30)
    kill_workers(path)
    assert query(path, "SELECT count(*) FROM runs WHERE state IN ('queued', 'running')")[0][0] == 3

    first = Terminal("--db", str(path))
    seen = Screen(first)
    wait_until(lambda: seen.shows("lossboard", "running"))
    wait_until(lambda: query(path, "SELECT count(*) FROM iterations")[0][0] > 150, what="the sweep goes on by itself")
    kill_workers(path)  # while somebody looks
    wait_until(lambda: seen.shows("lossboard", "3 done"), what="the sweep is done")
    first.type("q")
    assert first.exit_code() == 0
    done = query(path, "SELECT run_id, count(*), min(iteration), max(iteration) FROM iterations GROUP BY run_id")
    assert done == [(run_id, 120, 0, 119) for run_id in range(1, 4)]
