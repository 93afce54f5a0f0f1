"""Weights: those of each layer beside the update that comes next, and what hidden units give on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.strip import Strip

from tui.colours.theme import DIM
from tui.model.inspection.inquiries import Inquiry, Wanted
from tui.presenting.inspected import layer_weights
from tui.screens.inspector.tab import Tab
from tui.text.parts import Part
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.lines import strip

if TYPE_CHECKING:
    from engine.jobs.inspection.layer_weights import RunLayers


LEAST_BLOCK = 5
"""Rows of weights, their title included, below which their update has to go."""


class WeightsTab(Tab):
    """Shows the first run's weights of the moment: one layer at a time, or the outputs of all hidden layers."""

    name = "weights"

    def __init__(self, chart_style: ChartStyle) -> None:
        super().__init__(chart_style)
        self._found: RunLayers | None = None
        self._layer = self._first = 0
        self._is_of_outputs = False
        self._size = (1, 1)
        """Width and height of a picture of the weights."""

    def forget(self) -> None:
        self._found, self._layer, self._first = None, 0, 0

    def inquiry(self, width: int, height: int) -> Inquiry | None:
        subject = self.inspected.first
        if subject is None:
            return None
        from engine.jobs.inspection.layer_weights import run_layers

        def answers(path: Path, wanted: Wanted) -> Iterator[RunLayers]:
            return run_layers(path, wanted, subject.run_id, subject.iteration, self.live(path, subject, wanted))

        return Inquiry((self.name, subject.run_id), answers, self.moment(subject))

    def take(self, inquiry: Inquiry, answer: object) -> None:
        from engine.jobs.inspection.layer_weights import RunLayers

        if isinstance(answer, RunLayers):
            self._found = answer
            self._layer = min(self._layer, len(answer.layers) - 1)

    @property
    def _shows_outputs(self) -> bool:
        return self._is_of_outputs and self._found is not None and bool(self._found.outputs)

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        found, manner = self._found, self.chart_style.manner
        if found is None:
            return []
        if self._shows_outputs:
            return [strip(line, width) for line in layer_weights.output_lines(found, manner, width, height)[:height]]
        above = [*layer_weights.layer_lines(found, self._layer, width, max(height // 3, 2)), []]
        room = max(height - len(above), 1)
        is_beside = layer_weights.is_beside(found.layers[self._layer], width)
        is_alone = not is_beside and room < 2 * LEAST_BLOCK
        self._size = (width // 2, room) if is_beside else (width, room if is_alone else room // 2)
        left, right = layer_weights.matrix_lines(found, self._layer, self._first, manner, *self._size)
        rows = [strip(line, width) for line in above]
        if not is_beside:
            return [*rows, *(strip(line, width) for line in (left if is_alone else [*left, *right]))][:height]
        half, rest = width // 2, width - width // 2
        for at in range(min(max(len(left), len(right)), room)):
            beside = ((left, half), (right, rest))
            rows.append(Strip.join([strip(lines[at] if at < len(lines) else [], wide) for lines, wide in beside]))
        return rows[:height]

    @property
    def _visible(self) -> int:
        """How many rows of the layer are drawn at once."""
        assert self._found is not None
        return layer_weights.shown_rows(
            self._found.layers[self._layer], self._first, self.chart_style.manner, *self._size
        )

    def caption(self) -> Sequence[Part]:
        if self._found is None:
            return ()
        said = layer_weights.summary(
            self._found,
            self._layer,
            self._first,
            self._visible,
            self.chart_style.manner,
            of_outputs=self._shows_outputs,
        )
        return [(said, DIM)]

    def offers(self) -> Mapping[str, str]:
        if self._found is None:
            return {}
        found = {}
        if self._found.outputs:
            found["view"] = "weights" if self._shows_outputs else "outputs of units"
        if self._shows_outputs:
            return found
        if len(self._found.layers) > 1:
            found |= {"move(1)": "layer", "move(-1)": "layer before"}
        if self._first + self._visible < len(self._found.layers[self._layer].weights):
            found["across(1)"] = "more"
        if self._first:
            found["across(-1)"] = "back"
        return found

    def table(self) -> str:
        if self._found is None:
            return ""
        if self._shows_outputs:
            return layer_weights.outputs_as_csv(self._found.outputs)
        return layer_weights.layers_as_csv(self._found.layers)

    def next_view(self) -> bool:
        if self._found is None or not self._found.outputs:
            return False
        self._is_of_outputs = not self._is_of_outputs
        return True

    def move(self, across: int, down: int) -> bool:
        """Go to another layer, or to other rows of it."""
        if self._found is None or self._shows_outputs:
            return False
        before = self._layer, self._first
        self._layer = max(0, min(self._layer + down, len(self._found.layers) - 1))
        count, visible = len(self._found.layers[self._layer].weights), self._visible
        if self._layer != before[0]:
            self._first = 0
        elif across > 0 and self._first + visible < count:
            self._first += visible
        elif across < 0:
            self._first = max(self._first - visible, 0)
        return before != (self._layer, self._first)
