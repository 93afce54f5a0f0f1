"""Probe actions: probe step sizes, and start runs with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from textual.message import Message
from textual.screen import Screen

from engine.own_code.failures import told
from engine.store import StoreError, uncomputed
from engine.text import clean
from tui.app.actions import sweep_orders
from tui.app.actions.ports import OrderPort, ScreenPort
from tui.model.messages import RunsQueued
from tui.model.sweep.sweep_messages import ProbeAnswered, ProbedRunRequested

if TYPE_CHECKING:
    from tui.screens.probe import ProbeView
    from tui.widgets.chart_pane import ChartStyle


class ProbePort(OrderPort, ScreenPort, Protocol):
    """What ProbeActions need of the app."""

    chart_style: ChartStyle

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """The open screens, topmost last."""


class ProbeActions:
    """Opens the probe and has it computed in a thread."""

    def __init__(self, app: ProbePort) -> None:
        self._app = app
        self._opened: ProbeView | None = None

    def probe_pointed(self) -> None:
        """Probe from the newest weights of the run under the cursor."""
        run = self._app.snapshot.run(self._app.choices.pointed)
        if run is not None and run.kind != "engine":
            self._app.tell(uncomputed(run))
        elif self._app.choices.pointed is not None:
            self.probe(self._app.choices.pointed, None)

    def probe(self, run_id: int, iteration: int | None) -> None:
        """Probe from a run's weights after `iteration` iterations; None: the newest ones."""
        if self.view is None:
            from tui.screens.probe import ProbeView

            self._opened = ProbeView(run_id, self._app.chart_style, self._app.choices.lessons)
            self._app.open_screen(self._opened)

        self._ask(run_id, iteration)

    def probe_instead(self, run_id: int, iteration: int | None) -> None:
        """Probe another run on the screen that is open."""
        if self.view is not None:
            self.view.begin(run_id)
            self._ask(run_id, iteration)

    def _ask(self, run_id: int, iteration: int | None) -> None:
        def carry_out() -> Message:
            try:
                return ProbeAnswered(run_id, sweep_orders.probe(self._app.path, run_id, iteration))
            except (StoreError, ValueError) as error:
                return ProbeAnswered(run_id, None, told(error))

        self._app.order(carry_out)

    @property
    def view(self) -> ProbeView | None:
        """The open probe, or None."""
        return self._opened if self._opened in self._app.screen_stack else None

    def show(self, answer: ProbeAnswered) -> None:
        """Show an answer, if the probe of its run is still open."""
        if self.view is not None and self.view.run_id == answer.run_id:
            self.view.show(answer.found, clean(answer.sentence, 300))

    def start(self, request: ProbedRunRequested) -> None:
        """Start a run with a probed step size."""
        path = self._app.path

        def carry_out() -> Message:
            try:
                run_id = sweep_orders.start_probed(path, request.run_id, request.spec, request.step_size, request.at)
            except (StoreError, ValueError) as error:
                return ProbeAnswered(request.run_id, None, told(error))
            return RunsQueued((run_id,))

        self._app.order(carry_out)
