"""Gradient check: the analytic gradient of a run's weights beside the numerical one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.strip import Strip

from tui.colours.theme import DIM
from tui.model.inspection.inquiries import Inquiry
from tui.presenting.inspected import check
from tui.screens.inspector.tab import Tab
from tui.text.parts import Part
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.lines import strip

if TYPE_CHECKING:
    from engine.jobs.inspection.check import RunCheck

BESIDE = 110
"""Columns from which the summary stands beside the table instead of above it."""

TABLE = 68
"""Columns of the table there."""

SMALLEST, LARGEST = -5, 4
"""Powers of ten by which h differs from the usual one."""


class CheckTab(Tab):
    """Shows the check at the first run's weights of the moment, with an h and a form of the viewer's choice."""

    name = "check"

    def __init__(self, chart_style: ChartStyle) -> None:
        super().__init__(chart_style)
        self._found: RunCheck | None = None
        self._magnitude = 0
        self._one_sided = False
        self._layer = 0

    def forget(self) -> None:
        self._found, self._layer = None, 0

    def inquiry(self, width: int, height: int) -> Inquiry | None:
        subject = self.inspected.first
        if subject is None:
            return None
        from engine.jobs.inspection.check import run_check

        chosen = (self._magnitude, self._one_sided)
        answers = partial(
            run_check,
            run_id=subject.run_id,
            iteration=subject.iteration,
            magnitude=self._magnitude,
            one_sided=self._one_sided,
        )
        return Inquiry((self.name, subject.run_id, *chosen), answers, subject.iteration)

    def take(self, inquiry: Inquiry, answer: object) -> None:
        from engine.jobs.inspection.check import RunCheck

        if isinstance(answer, RunCheck):
            self._found = answer

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        found = self._found
        if found is None:
            return []
        summary = check.summary_lines(found, width - TABLE if width >= BESIDE else width)
        if width >= BESIDE:
            table = check.table_lines(found, TABLE, max(height // 2, len(summary)))
            rows = [
                Strip.join(
                    [
                        strip(table[at] if at < len(table) else [], TABLE),
                        strip(summary[at] if at < len(summary) else [], width - TABLE),
                    ]
                )
                for at in range(max(len(table), len(summary)))
            ]
        else:
            table = check.table_lines(found, width, max((height - len(summary)) // 2, 2))
            rows = [strip(line, width) for line in [*summary, [], *table]]
        room = height - len(rows) - 1
        picture = check.picture_lines(found, self._layer, self.chart_style.manner, width, room) if room > 0 else []
        return [*rows, strip([], width), *(strip(line, width) for line in picture)][:height]

    def caption(self) -> Sequence[Part]:
        return () if self._found is None else [(check.summary(self._found), DIM)]

    def offers(self) -> Mapping[str, str]:
        if self.sentence:
            return {}  # no gradient is there to check, whatever the h
        found = {"view": "centred" if self._one_sided else "one-sided"}
        if self._magnitude > SMALLEST:
            found["scale(0.5)"] = "h / 10"
        if self._magnitude < LARGEST:
            found["scale(2.0)"] = "h x 10"
        if self._layers > 1:
            found |= {"move(1)": "layer", "move(-1)": "layer before"}
        return found

    @property
    def _layers(self) -> int:
        return 1 if self._found is None else len(self._found.layout.shapes)

    def table(self) -> str:
        return "" if self._found is None else check.as_csv(self._found)

    def next_view(self) -> bool:
        self._one_sided ^= not self.sentence
        return not self.sentence

    def scale(self, factor: float) -> bool:
        if self.sentence:
            return False
        before = self._magnitude
        self._magnitude = max(SMALLEST, min(before + (1 if factor > 1 else -1), LARGEST))
        return self._magnitude != before

    def move(self, across: int, down: int) -> bool:
        before = self._layer
        self._layer = max(0, min(before + down, self._layers - 1))
        return self._layer != before
