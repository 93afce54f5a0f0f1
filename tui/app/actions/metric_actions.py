"""Metric actions: show a metric that is picked from a list, and choose which one stands for a logged run."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from tui.app.actions import orders
from tui.app.actions.ports import OrderPort, ScreenPort
from tui.model.answer import Undo
from tui.model.messages import OrderAnswered

if TYPE_CHECKING:
    from tui.screens.runs_screen import RunsScreen


class MetricPort(OrderPort, ScreenPort, Protocol):
    """What MetricActions need of the app."""

    @property
    def board(self) -> RunsScreen:
        """The board that is shown."""


class MetricActions:
    """Opens the list of metrics, and carries out what is picked from it."""

    def __init__(self, app: MetricPort) -> None:
        self._app = app

    def ask(self) -> None:
        """Ask for a metric; the shown one is under the cursor."""
        from tui.presenting.commands import matching
        from tui.presenting.curves import metric_meant
        from tui.presenting.metrics.rows import metric_rows
        from tui.screens.pick import MetricPicker

        found = metric_rows(self._app.snapshot, self._app.choices)
        shown = metric_meant(self._app.snapshot, self._app.choices).metric
        current = next((place for place, row in enumerate(found) if row.action == shown), 0)
        self._app.open_screen(MetricPicker("metric", partial(matching, found), current, "metric", "show"))

    def show(self, metric: str) -> None:
        """Show a metric on the board."""
        self._app.board.chart_keys.axes.action_show(metric)

    def make_main(self, metric: str) -> None:
        """Let a metric stand for the drawn runs that have logged it."""
        snapshot, path = self._app.snapshot, self._app.path
        names = {
            run_id: logged.by_name[metric].name
            for run_id in self._app.choices.drawn
            if metric in (logged := snapshot.of(run_id).logged).by_name
        }
        if not names:
            self._app.tell(f"No drawn run has logged {metric}: only what a program logs can stand for its run.")
            return

        def carry_out() -> Message:
            before = orders.choose_metric(path, names)
            whose = f"run{'s' * (len(names) > 1)} {', '.join(map(str, names))}"
            undo = Undo(f"the main metric of {whose}", partial(_back, path, before, whose))
            return OrderAnswered(f"{metric} is the main metric of {whose}. u undoes.", undo=undo)

        self._app.order(carry_out)


def _back(path: Path, before: dict[int, str], whose: str) -> str:
    orders.choose_metric(path, before)
    return f"The main metric of {whose} is what it was."
