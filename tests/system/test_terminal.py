"""The real program in a real terminal, from an empty store to the line on the way out."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.jobs.processes.launch import WORKERS, start_workers
from engine.jobs.processes.liveness import is_alive
from engine.jobs.processes.recovery import TAKE_OVER_AFTER
from engine.spec import defaults
from engine.store import open_for_reading, open_for_writing
from tests.stores import query, wait_until
from tests.system.terminal import PROGRAM, Terminal, idle_for
from tests.system.workers import (
    stop_outside_of_a_transaction,
    the_run,
    wait_for_iterations,
    wait_for_state,
    worker_of,
)
from tests.tui.dashboards import raced
from tui.view_state import saved_view

BRAILLE = "[\u2801-\u28ff]"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "runs.db"
    yield path
    if path.exists() and path.read_bytes().startswith(b"SQLite"):
        reader = open_for_reading(path)
        for worker in reader.workers():
            if is_alive(worker):
                os.kill(worker.pid, signal.SIGKILL)
        reader.close()


def rows(path: Path) -> dict[int, int]:
    return dict(query(path, "SELECT run_id, count(*) FROM iterations GROUP BY run_id"))


def test_the_tour_opens_on_an_empty_store_starts_its_runs_and_is_left_with_the_dashboard(path: Path) -> None:
    terminal = Terminal("--db", str(path), "learn", "--scene", "6")
    terminal.wait_for("go down from three places")
    terminal.type("\r")
    terminal.wait_for("until all have ended")
    assert query(path, "SELECT name, tags FROM runs WHERE run_id = 3") == [("start 3", '["learn"]')]
    terminal.type("Nq")
    assert terminal.exit_code() == 0
    assert saved_view.load(path).scene == "momentum"


def test_the_race_outlives_its_dashboards_and_every_iteration_is_there(path: Path) -> None:
    first = Terminal("--db", str(path))
    first.wait_for("Four ways down")
    first.type("\r")
    first.wait_for(BRAILLE)
    wait_until(lambda: len(rows(path)) == 4)
    first.signal(signal.SIGKILL)
    assert first.exit_code() == -signal.SIGKILL
    seen = rows(path)
    wait_until(lambda: all(rows(path)[run_id] > seen[run_id] for run_id in seen))

    second = Terminal("--db", str(path))
    second.wait_for(BRAILLE)
    second.wait_for("4.*running")
    second.type("q")
    assert second.exit_code() == 0
    assert f"4 runs go on without the screen. Come back with: {PROGRAM} --db" in second.written
    assert second.written.index("\x1b[?1049l") < second.written.index("4 runs go on")

    third = Terminal("--db", str(path))
    third.wait_for("descent.* wins.*train loss", seconds=30)
    third.type("q")
    assert third.exit_code() == 0
    assert "No run is going on" in third.written
    assert rows(path) == dict.fromkeys((1, 2, 3, 4), 1000)
    best = dict(query(path, "SELECT run_id, best_loss FROM runs"))
    assert best[1] > best[2] > max(best[3], best[4])


def test_a_stopped_worker_is_taken_over_by_who_watches_and_a_stop_is_answered(path: Path) -> None:
    with open_for_writing(path) as store:
        store.settings.set(WORKERS, "1")
        store.settings.set(TAKE_OVER_AFTER, "1")
        store.queue.add([defaults().changed(iterations=None, seconds=600.0, pace=500.0)])
    start_workers(path)
    with closing(open_for_reading(path)) as reader:
        wait_for_iterations(reader, 1, 100)
        dashboard = Terminal("--db", str(path))
        dashboard.wait_for("1 of 1 worker")
        first = worker_of(reader, 1)
        stop_outside_of_a_transaction(path, first)
        wait_until(lambda: the_run(reader, 1).attempt == 2, 20, "another worker has taken it over")
        wait_for_iterations(reader, 1, the_run(reader, 1).iterations_done + 100)

        with open_for_writing(path) as store:
            store.settings.set(TAKE_OVER_AFTER, "600")
        stop_outside_of_a_transaction(path, worker_of(reader, 1))
        dashboard.type("t")
        dashboard.wait_for("Stop run 1")
        dashboard.type("y")
        assert wait_for_state(reader, 1, "cancelled").reason.startswith("stopped at iteration ")
        assert [command.outcome != "" for command in reader.commands(1) if command.verb == "stop"] == [True]
        dashboard.wait_for(" stopped at iteration ")
        dashboard.type("q")
        assert dashboard.exit_code() == 0


def test_an_idle_dashboard_writes_nothing_and_a_lost_terminal_ends_it(path: Path) -> None:
    dashboard = Terminal("--db", str(raced(path)))
    dashboard.wait_for(BRAILLE)
    wait_until(lambda: idle_for(dashboard, 0.5) == 0)
    assert idle_for(dashboard, 2.5) == 0
    dashboard.hang_up()
    dashboard.exit_code(10.0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(path: Path, number: signal.Signals) -> None:
    dashboard = Terminal("--db", str(raced(path)))
    dashboard.wait_for(BRAILLE)
    dashboard.type("\x14")
    dashboard.wait_for("Theme: light")
    dashboard.signal(number)
    assert dashboard.exit_code(4.0) == 128 + number
    assert "\x1b[?1049l" in dashboard.written
    assert "Traceback" not in dashboard.written
    assert saved_view.load(path).theme == "light"


def test_a_terminal_without_colours_and_utf_8_gets_neither(path: Path) -> None:
    dashboard = Terminal("--db", str(raced(path)), NO_COLOR="1", LC_ALL="", LC_CTYPE="", LANG="C")
    dashboard.wait_for("[*]{5}")
    dashboard.type(":")
    dashboard.wait_for("a run of your own")
    dashboard.type("\x03")
    assert dashboard.exit_code() == 0
    assert dashboard.written.isascii()
    told = {code for codes in re.findall(r"\x1b\[([0-9;]*)m", dashboard.written) for code in codes.split(";")}
    assert told <= {"", "0", "1", "2", "4", "7", "22", "24", "27"}


def test_a_file_that_is_no_store_is_one_sentence(path: Path) -> None:
    path.write_bytes(content := b"not a database at all, only text\n" * 50)
    dashboard = Terminal("--db", str(path))
    assert dashboard.exit_code() == 1
    assert dashboard.written.startswith("lossboard: ")
    assert "Traceback" not in dashboard.written
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_one_sentence(path: Path) -> None:
    dashboard = Terminal("--db", str(path.parent / "no" / "such" / "runs.db"))
    assert dashboard.exit_code() == 1
    assert dashboard.written.startswith("lossboard: ")
    assert "Traceback" not in dashboard.written


def test_without_a_terminal_the_headless_command_is_named(path: Path) -> None:
    done = subprocess.run([PROGRAM, "--db", path], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (2, "")
    assert "lossboard run" in done.stderr
    assert not path.exists()


def test_a_dumb_terminal_is_refused(path: Path) -> None:
    dashboard = Terminal("--db", str(path), TERM="dumb")
    assert dashboard.exit_code() == 2
    assert "lossboard run" in dashboard.written
    assert "\x1b" not in dashboard.written


def test_the_headless_commands_come_without_the_screen_and_the_first_read_does_not_wait_for_it() -> None:
    code = (
        "import sys; from tui.start import cli; cli.main(['list', '--help'], standalone_mode=False); "
        "import tui.start.session; print('textual' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")


def test_at_20_by_5_it_says_so_and_at_80_by_24_what_is_typed_in_one_piece_goes_to_what_it_opens(path: Path) -> None:
    terminal = Terminal("--db", str(raced(path)), columns=20, rows=5)
    terminal.wait_for("too small")
    terminal.resize(80, 24)
    terminal.wait_for("gradient b256")
    terminal.wait_for(BRAILLE)
    terminal.type("/local\r")
    terminal.wait_for("shown")
    terminal.type(":delete\r")
    terminal.wait_for("Delete run 2")
    terminal.type("n?q")
    terminal.resize(20, 5)
    wait_until(lambda: "too small" in terminal.written.rpartition("Delete run 2")[2])
    terminal.type("q")
    assert terminal.exit_code() == 0


def test_room_border_and_grid_in_a_terminal_and_there_again_when_it_is_opened_again(path: Path) -> None:
    terminal = Terminal("--db", str(raced(path)), columns=160, rows=45)
    terminal.wait_for(BRAILLE)
    terminal.type("vvmm")
    terminal.wait_for("▸ gradient norm")
    terminal.type("\r")
    terminal.wait_for("enlarged")
    terminal.type("vZ")
    terminal.wait_for("whole room")
    terminal.type("\x1b")
    wait_until(lambda: "m next" in terminal.written.rpartition("whole room")[2])
    # the border, pressed at the first column of the chart and drawn to column 61
    terminal.type("\x1b[<0;75;10M\x1b[<32;61;10M\x1b[<0;61;10m")
    terminal.type("q")
    assert terminal.exit_code() == 0
    view = saved_view.load(path)
    assert (view.layout, view.metric, view.list_width) == ("measures", "gradient norm", 60 / 160)
    again = Terminal("--db", str(path), columns=160, rows=45)
    again.wait_for("▸ gradient norm")
    again.type("q")
    assert again.exit_code() == 0
