"""Weights: those of a run's first layer, as pictures or as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from textual.strip import Strip

from tui.colours.theme import DIM
from tui.model.inspection.inquiries import Inquiry
from tui.model.inspection.subjects import Inspected
from tui.model.run_seen import Weights
from tui.presenting.weight_images import Line, weight_images
from tui.reading.weights import weights_at
from tui.screens.inspector.tab import Tab
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.lines import strip


class WeightsTab(Tab):
    """Shows the newest weights that were kept of the first run, at or before the moment."""

    name = "weights"

    def __init__(self, chart_style: ChartStyle) -> None:
        super().__init__(chart_style)
        self._weights: Weights | None = None
        self._top = 0
        self._height = 1
        self._lines: Sequence[Line] = ()

    def look_at(self, inspected: Inspected) -> None:
        if self.inspected.first is None or inspected.first is None:
            self._weights = None
        elif self.inspected.first.run_id != inspected.first.run_id:
            self._weights, self._top = None, 0
        super().look_at(inspected)

    def inquiry(self, width: int, height: int) -> Inquiry | None:
        subject = self.inspected.first
        if subject is None:
            return None
        answers = partial(weights_at, run_id=subject.run_id, iteration=subject.iteration)
        return Inquiry((self.name, subject.run_id), answers, subject.iteration)

    def take(self, inquiry: Inquiry, answer: object) -> None:
        if isinstance(answer, Weights):
            self._weights = answer

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        if self._weights is None:
            return []
        self._lines, self._height = weight_images(self._weights, width, self.chart_style.manner), height
        self._top = max(0, min(self._top, len(self._lines) - height))
        rows = [strip(line, width) for line in self._lines[self._top : self._top + height]]
        hidden = len(self._lines) - self._top - height
        if hidden > 0:
            rows[-1] = strip([(f" … {hidden + 1} more lines: ↓", DIM)], width)
        return rows

    def offers(self) -> Mapping[str, str]:
        return {"move(1)": "down", "move(-1)": "up"} if len(self._lines) > self._height else {}

    def move(self, across: int, down: int) -> bool:
        before = self._top
        self._top = max(0, min(self._top + down, len(self._lines) - self._height))
        return self._top != before
