"""The board: the live runs, and the keys that steer them."""

from __future__ import annotations

from tui.model import keymap
from tui.model.choices import Choices
from tui.model.messages import DialogRequested, ReplayRequested
from tui.model.snapshot import Snapshot
from tui.screens.keys.key_parts import share_actions
from tui.screens.keys.steering_keys import SteeringKeys
from tui.screens.runs_screen import RunsScreen
from tui.widgets.chart_pane import ChartStyle


class Board(RunsScreen, inherit_bindings=False):
    """Turns keys into messages, which the app answers."""

    BINDINGS = keymap.bindings("board")

    def __init__(self, store_name: str, snapshot: Snapshot, choices: Choices, chart_style: ChartStyle) -> None:
        super().__init__(store_name, snapshot, choices, chart_style)
        share_actions(self, SteeringKeys(self))

    def action_new_run(self) -> None:
        self.post_message(DialogRequested("new run"))

    def action_replay(self) -> None:
        pointed = self.choices.pointed
        self.post_message(ReplayRequested(self.choices.compared or (() if pointed is None else (pointed,))))
