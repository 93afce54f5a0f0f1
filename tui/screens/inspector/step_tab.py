"""One step: what an iteration of a run makes of its batch, one example at a time and all together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.strip import Strip

from tui.colours.theme import DIM
from tui.model.inspection.inquiries import Inquiry, Wanted
from tui.presenting.inspected import step
from tui.screens.inspector.tab import Tab
from tui.text.parts import Part
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.lines import strip

if TYPE_CHECKING:
    from engine.jobs.inspection.step import RunStep

BESIDE = 76
"""Columns from which the batch stands beside the example instead of below it."""


class StepTab(Tab):
    """Shows the step that the first run makes from its weights of the moment, or from those the viewer has gone to."""

    name = "step"

    def __init__(self, chart_style: ChartStyle) -> None:
        super().__init__(chart_style)
        self._found: RunStep | None = None
        self._chosen: int | None = None
        self._example = 0

    def forget(self) -> None:
        self._found = self._chosen = None
        self._example = 0

    @property
    def _page(self) -> int:
        from engine.jobs.inspection.step import PAGE

        return self._example // PAGE * PAGE

    def inquiry(self, width: int, height: int) -> Inquiry | None:
        subject = self.inspected.first
        if subject is None:
            return None
        from engine.jobs.inspection.step import run_step

        iteration = subject.iteration if self._chosen is None else self._chosen
        first, known, is_newest = self._page, self._found, self._chosen is None

        def answers(path: Path, wanted: Wanted) -> Iterator[RunStep]:
            live = self.live(path, subject, wanted) if is_newest else None
            return run_step(path, wanted, subject.run_id, iteration, first, None if live else known, live)

        return Inquiry((self.name, subject.run_id, self._chosen, first), answers, self.moment(subject))

    def take(self, inquiry: Inquiry, answer: object) -> None:
        from engine.jobs.inspection.step import RunStep

        if not isinstance(answer, RunStep):
            return
        self._found = answer
        if self._chosen is not None and answer.is_exact:
            self._chosen = answer.iteration
        if answer.batch is not None:
            self._example = min(self._example, answer.batch.size - 1)

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        found, manner = self._found, self.chart_style.manner
        if found is None:
            return []
        above: list[step.Line] = [*step.flow_lines(found, width), []]
        room, number = max(height - len(above), 1), self._number
        if width < BESIDE or found.batch is None:
            below = [*step.example_lines(found, number, manner, width, room), [], *step.batch_lines(found, width)]
            shown = below if found.batch is not None else below[1:]
            return [strip(line, width) for line in [*above, *shown][:height]]
        half = width // 2
        left = step.example_lines(found, number, manner, half, room)
        right = step.batch_lines(found, width - half)
        rows = [strip(line, width) for line in above]
        for at in range(min(max(len(left), len(right)), room)):
            beside = [(left, half), (right, width - half)]
            rows.append(Strip.join([strip(lines[at] if at < len(lines) else [], wide) for lines, wide in beside]))
        return rows[:height]

    @property
    def _number(self) -> int:
        """The example's number on the page that is there, which may be the page before."""
        batch = None if self._found is None else self._found.batch
        return 0 if batch is None else max(0, min(self._example - batch.first, len(batch.scored) - 1))

    def caption(self) -> Sequence[Part]:
        subject = self.inspected.first
        if self._found is None or subject is None:
            return ()
        return [(step.summary(self._found, subject.is_going_on), DIM)]

    def offers(self) -> Mapping[str, str]:
        found = {"step('{key}')": "iteration"}
        if self._found is not None and self._found.batch is not None:
            found |= {"move(1)": "example", "move(-1)": "example before"}
        if self._chosen is not None:
            found["whole"] = "newest"
        return found

    def table(self) -> str:
        return "" if self._found is None else step.as_csv(self._found, self._number)

    def move(self, across: int, down: int) -> bool:
        batch = None if self._found is None else self._found.batch
        if batch is None:
            return False
        before = self._example
        self._example = max(0, min(self._example + down, batch.size - 1))
        return self._example != before

    def zoom(self, factor: float) -> bool:
        had, self._chosen = self._chosen, None
        return factor == 0 and had is not None

    def step(self, by: int) -> bool:
        subject = self.inspected.first
        if subject is None:
            return False
        before = subject.iteration if self._chosen is None else self._chosen
        there = max(before + by, 0)
        self._chosen = None if there == subject.iteration else there
        return there != before
