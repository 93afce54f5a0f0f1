"""The line on the way out, and the one at the top: what goes on, and where."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tui.session import farewell
from tui.snapshot import Snapshot
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
def test_what_is_paused_does_not_go_on(counts, said):
    assert farewell(Snapshot(counts=counts), Path("a.db")).startswith(said + "Come back with: ")


@pytest.mark.parametrize("name", ["runs of today.db", "it's.db", "$(reboot).db"])
def test_the_command_to_come_back_can_be_pasted(name):
    command = farewell(Snapshot(), Path(name)).partition("Come back with: ")[2]
    assert shlex.split(command) == ["lossboard", "--db", name]


def test_the_name_of_a_store_is_measured_in_cells():
    assert "漢字の.db   " in header(Snapshot(), "漢字の.db", 100).text


def test_a_run_that_has_lost_its_process_is_not_running():
    text = header(Snapshot(counts={"running": 2}, judged={7: "lost"}), "a.db", 100).text
    assert "1 running" in text
    assert "1 lost" in text
