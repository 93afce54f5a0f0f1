"""Key parts: what a key does stands in one of the objects that its screen holds."""

from __future__ import annotations

import pytest
from textual.screen import Screen

from tui.app.app import Dashboard
from tui.model import keymap
from tui.model.choices import Choices
from tui.model.clock import Clock
from tui.model.keymap import Place
from tui.model.snapshot import Snapshot
from tui.screens.board import Board
from tui.screens.keys.key_parts import share_actions
from tui.screens.replay import Replay
from tui.screens.sweep_view import SweepView
from tui.widgets.chart_pane import ChartStyle


class Moving:
    def action_go_there(self) -> None: ...


def screen_of(place: Place) -> Screen[None]:
    if place == "replay":
        return Replay("runs.db", Snapshot(), Choices(), Clock(), ChartStyle())
    if place == "sweepview":
        return SweepView(1, "runs.db", Snapshot(), ChartStyle())
    return Board("runs.db", Snapshot(), Choices(), ChartStyle())


@pytest.mark.parametrize("place", ["board", "replay", "sweepview"])
def test_every_key_of_a_screen_finds_its_action(place: Place) -> None:
    screen = screen_of(place)
    for key in keymap.keys_of(place):
        where, _, name = key.action.partition("(")[0].rpartition(".")
        assert hasattr(Dashboard if where == "app" else screen, f"action_{name}"), key.action


def test_nothing_is_done_by_two_parts() -> None:
    with pytest.raises(AssertionError, match="action_go_there is done twice"):
        share_actions(screen_of("board"), Moving(), Moving())
