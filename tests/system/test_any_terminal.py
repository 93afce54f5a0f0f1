"""Terminals and links as they come: bytes that are no UTF-8, late answers, errors that go elsewhere, no BCE."""

from __future__ import annotations

import shlex
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.stores import query, wait_until
from tests.system.terminal import PROGRAM, Answering, Terminal
from tests.tui.dashboards import raced

SHELL = Path("/bin/sh")
BRAILLE = "[\u2801-\u28ff]"
NOT_UTF_8 = (b"\xff", b"\xe4", b"\xf8", b"\xc3", b"\x1b[M\xff\xff\xff", b"\x1b[200~\xfe\x1b[201~")
ERASE = "\x1b[K"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return raced(tmp_path / "runs.db")


def command(path: Path, redirected: str = "") -> str:
    return f"{PROGRAM} --db {shlex.quote(str(path))} {redirected}"


def test_bytes_that_are_no_utf_8_are_replaced_and_the_rest_is_used(path: Path) -> None:
    dashboard = Terminal("--db", str(path))
    dashboard.wait_for(BRAILLE)
    for data in NOT_UTF_8:
        dashboard.send(data)
    dashboard.type("e")
    dashboard.wait_for("note")
    dashboard.send(b"\x15M\xfcller\r")  # as a Latin-1 keyboard sends an umlaut
    wait_until(lambda: query(path, "SELECT name FROM runs WHERE run_id = 3") == [("M\ufffdller",)])
    dashboard.type("q")
    assert dashboard.exit_code() == 0
    assert "Traceback" not in dashboard.written


def test_a_dashboard_that_breaks_off_says_so_with_its_exit_code(path: Path) -> None:
    code = (
        "from tui.terminal import textual_internals as internals\n"
        "def feed(self, text): raise RuntimeError('broken on purpose')\n"
        "internals.ReportParser.feed = feed\n"
        "from tui.start.cli import main\n"
        "main()\n"
    )
    dashboard = Terminal("-c", code, "--db", str(path), program=Path(sys.executable))
    dashboard.wait_for(BRAILLE)
    dashboard.type("j")
    assert dashboard.exit_code() == 1
    assert "broken on purpose" in dashboard.written.partition("\x1b[?1049l")[2]


def test_errors_that_go_to_a_file_leave_the_drawing_to_the_terminal(path: Path, tmp_path: Path) -> None:
    errors = tmp_path / "err.log"
    dashboard = Terminal("-c", command(path, f"2>{shlex.quote(str(errors))}"), program=SHELL, TERM="xterm-256color")
    dashboard.wait_for(BRAILLE)
    dashboard.type("q")
    assert dashboard.exit_code() == 0
    assert errors.read_text().startswith("No run is going on")
    assert "\x1b" not in errors.read_text()
    assert ERASE in dashboard.written


def test_errors_may_be_closed_and_what_would_lose_its_ground_is_written_instead_of_erased(path: Path) -> None:
    dashboard = Terminal("-c", command(path, "2>&-"), program=SHELL, TERM="tmux")
    dashboard.wait_for(BRAILLE)
    dashboard.type("q")
    assert dashboard.exit_code() == 0
    assert "No run is going on" not in dashboard.written
    assert ERASE not in dashboard.written


def test_without_an_input_the_headless_command_is_named(path: Path) -> None:
    dashboard = Terminal("-c", command(path, "<&-"), program=SHELL)
    assert dashboard.exit_code() == 2
    assert "lossboard run" in dashboard.written
    assert "\x1b" not in dashboard.written


def test_late_answers_are_not_left_to_the_shell(path: Path) -> None:
    script = f'{command(path)}; echo LEFT; IFS= read -r line; printf "HEARD<%s>" "$line"'
    terminal = Answering("-c", script, program=SHELL, after_s=0.3)
    terminal.wait_for(BRAILLE)
    terminal.type("\x14")
    terminal.wait_for("Theme: light")
    terminal.type("q")
    terminal.wait_for("LEFT")
    wait_until(lambda: terminal.has_answered)
    terminal.type("\r")
    terminal.wait_for("HEARD<")
    assert terminal.exit_code() == 0
    assert terminal.written.endswith("HEARD<>")


@pytest.mark.parametrize("leave", ["q", signal.SIGTERM])
def test_nobody_waits_long_for_a_link_that_has_fallen_silent(path: Path, leave: str | signal.Signals) -> None:
    terminal = Answering("--db", str(path), after_s=0.0)
    terminal.wait_for(BRAILLE)
    wait_until(lambda: terminal.has_answered)
    terminal.silent = True
    began = time.monotonic()
    if isinstance(leave, str):
        terminal.type(leave)
    else:
        terminal.signal(leave)
    terminal.exit_code()
    assert "\x1b[?1049l" in terminal.written
    assert time.monotonic() - began < 4
