"""The part of the app that has step sizes probed, and starts what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from engine.store import StoreError
from engine.text import clean
from tui.app import sweep_orders
from tui.app.run_actions import Helm
from tui.model.messages import RunsQueued
from tui.model.sweep_messages import ProbeAnswered, ProbedRunRequested, ProbeRequested

if TYPE_CHECKING:
    from tui.widgets.chart_pane import Brush


class ProbeHelm(Helm, inherit_bindings=False):
    """Opens the probe; it is computed in a thread."""

    brush: Brush

    def action_probe(self) -> None:
        """From the run under the cursor."""
        if self.choices.pointed is not None:
            self._probe(self.choices.pointed, None)

    def on_probe_requested(self, message: ProbeRequested) -> None:
        self._probe(message.run_id, message.iteration)

    def _probe(self, run_id: int, iteration: int | None) -> None:
        from tui.screens.probe import ProbeView

        if not isinstance(self.screen, ProbeView):
            self.push_screen(ProbeView(run_id, self.brush, self.choices.lessons))

        def carry_out() -> Message:
            try:
                return ProbeAnswered(sweep_orders.probe(self.path, run_id, iteration))
            except (StoreError, ValueError) as error:
                return ProbeAnswered(None, str(error))

        self.order(carry_out)

    def on_probe_answered(self, message: ProbeAnswered) -> None:
        from tui.screens.probe import ProbeView

        if isinstance(self.screen, ProbeView):
            self.screen.show(message.found, clean(message.sentence, 300))

    def on_probed_run_requested(self, message: ProbedRunRequested) -> None:
        def carry_out() -> Message:
            try:
                run_id = sweep_orders.start_probed(
                    self.path, message.run_id, message.spec, message.step_size, message.at
                )
            except (StoreError, ValueError) as error:
                return ProbeAnswered(None, str(error))
            return RunsQueued((run_id,))

        self.order(carry_out)
