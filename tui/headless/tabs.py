"""A tab of the inspector without a terminal: computed to its end, as it would be shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.spec import RunSpec
from engine.store import Refused
from tui.colours.theme import TEXT
from tui.model.inspection.subjects import Inspected, Subject, TabName
from tui.screens.inspector.exhibit import Exhibit
from tui.screens.inspector.inspector import TABS
from tui.widgets.chart_pane import ChartStyle
from tui.widgets.lines import strip

RunMoment = tuple[int, str, RunSpec | None, int]
"""Number, name and spec of a run, and the iterations that it is shown after."""


def tab_of(
    path: Path, name: TabName, moments: Sequence[RunMoment], width: int, height: int, style: ChartStyle
) -> Exhibit:
    """Return a tab about runs, the first of single-run tabs first, as `height` rows of `width` cells at most.

    Raises StoreError, SpecError and ValueError as the tab's inquiry does: Refused where there is nothing to show.
    """
    tab = next(kind for kind in TABS if kind.name == name)(style)
    subjects = tuple(Subject(run_id, label, slot, spec, at) for slot, (run_id, label, spec, at) in enumerate(moments))
    tab.look_at(Inspected(subjects))
    asked = tab.inquiry(width, height - 1)
    if asked is not None:
        for answer in asked.answers(path, lambda: True):
            tab.take(asked, answer)
    rows = list(tab.rows(width, height - 1))
    if tab.sentence or not rows:
        raise Refused(tab.sentence or "There is nothing to show.")
    caption = strip([(" ", TEXT), *tab.caption()], width)
    return Exhibit(name, [*rows, *([caption] if caption.text.strip() else [])], width, tab.table())
