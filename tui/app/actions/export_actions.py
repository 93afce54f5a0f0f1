"""Export actions: copy what is shown to the terminal's clipboard, or save it to a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from textual.message import Message

from engine.store.records.runs import OF_KIND
from engine.text import clean, counted
from tui.app.actions.ports import OrderPort, ScreenPort
from tui.chart import ChartView, Picture
from tui.chart.drawing.loss_by_value import ResponseView
from tui.colours.themes import Theme
from tui.model.messages import OrderAnswered
from tui.screens.inspector.exhibit import Exhibit


class ExportPort(OrderPort, ScreenPort, Protocol):
    """What ExportActions need of the app."""

    def drawn(self) -> tuple[ChartView, Picture | None]:
        """The board's chart: its view, and the picture if one is drawn."""

    def drawn_beside(self) -> ResponseView | None:
        """The loss by value that a sweep view shows beside the curves; None elsewhere."""

    @property
    def active_theme(self) -> Theme:
        """The theme that is in use."""

    def exhibit(self) -> Exhibit | None:
        """What the inspector shows; None elsewhere."""

    def write_from_thread(self, text: str) -> None:
        """Write a control sequence from another thread, not inside a frame."""


class ExportActions:
    """Copies and saves, each in a thread."""

    def __init__(self, app: ExportPort) -> None:
        self._app = app

    def hand_over(self, text: str, description: str) -> None:
        """Send a text to the terminal's clipboard; `description` describes it in the answer."""
        from tui.terminal.clipboard import copy

        def carry_out() -> Message:
            copy(text, self._app.write_from_thread)
            return OrderAnswered(f"Sent to the terminal's clipboard: {description}")

        self._app.order(carry_out)

    def copy(self, what: str) -> None:
        """Copy the 'command' that repeats the run under the cursor, the drawn values as a 'table', or the 'chart'."""
        from tui.presenting.export import command_line, values_table

        run = self._app.snapshot.run(self._app.choices.pointed)
        if what != "command" and (exhibit := self._app.exhibit()) is not None:
            text, description = (
                (exhibit.table, "its values") if what == "table" else (exhibit.text, "the picture as text")
            )
            self._hand_over_if(text, description)
            return
        view, picture = self._app.drawn()
        if what == "command":
            if run is None or run.spec is None:
                is_other = run is not None and run.kind != "engine"
                whose = f"Run {run.run_id} {OF_KIND[run.kind]}" if run is not None and is_other else ""
                self._app.tell(
                    f"{whose}: start its program again to repeat it."
                    if whose
                    else "There is no run here whose spec can be read."
                )
                return
            text = command_line(run.spec, run.name if run.name != run.spec.label else "")
            description = f"the command that repeats run {run.run_id}"
        elif not view.runs or picture is None:
            self._app.tell("No run is drawn: mark one first (space).")
            return
        elif what == "table":
            text, description = values_table(view), f"the values of {counted(len(view.runs), 'run')}"
        else:
            text, description = picture.to_text() + "\n", "the chart as text"
        self.hand_over(text, f"{description}.")

    def _hand_over_if(self, text: str, description: str) -> None:
        if text:
            self.hand_over(text, f"{description}.")
        else:
            self._app.tell("There is nothing of that kind here.")

    def ask_file(self, end: str) -> None:
        """Ask for a file name and save the chart there; `end` is the suffix of the proposed name."""
        from tui.presenting.export import file_name
        from tui.screens.prompt import Prompt, Question

        if self._app.exhibit() is None and not self._app.drawn()[0].runs:
            self._app.tell("No run is drawn: mark one first (space).")
            return
        proposed = file_name(self._app.path, end, datetime.now())
        title = "Save what is shown, in the current folder or another one: .svg picture, .txt text, .csv values."
        self._app.open_screen(Prompt(title, (Question("file", "file", proposed),), self._save, "save"))

    def _save(self, texts: Mapping[str, str]) -> None:
        from tui.presenting.export import document, end_of, write_new

        exhibit, theme = self._app.exhibit(), self._app.active_theme
        (view, picture), beside = self._app.drawn(), self._app.drawn_beside()
        title = f"{clean(self._app.path.name, 60)}: {view.metric}"
        path = Path(texts["file"].strip()).expanduser()

        def carry_out() -> Message:
            end = end_of(path.name)
            if exhibit is not None:
                return OrderAnswered(write_new(path.absolute(), _document(exhibit, end, theme)))
            if picture is None:
                raise ValueError("Nothing is drawn yet.")
            return OrderAnswered(write_new(path.absolute(), document(end, view, picture, title, beside)))

        self._app.order(carry_out)


def _document(exhibit: Exhibit, end: str, theme: Theme) -> str:
    """What the inspector shows as a file of type `end`. Raises ValueError where there are no values."""
    from tui.headless.screenshot import strips_as_svg

    if end == "csv" and not exhibit.table:
        raise ValueError("There are no values here to save: end the name in .svg or .txt.")
    if end == "svg":
        return strips_as_svg(exhibit.rows, exhibit.width, exhibit.title, theme)
    return exhibit.table if end == "csv" else exhibit.text
