"""Observed: what a scene of the tour sees of the dashboard."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.store import Run
from tui.model.choices import Choices
from tui.model.inspection.subjects import TabName
from tui.model.keymap import Place
from tui.model.snapshot import Snapshot

TAG = "learn"
"""The tag of every run of the tour."""


@dataclass(frozen=True, slots=True)
class Observed:
    """`snapshot` is of the live view, `choices` are those of the view that is shown, `place` is the screen on top.

    `tab` is the inspector's in front; None where it is not open. `replay` is the snapshot of an open replay.
    """

    snapshot: Snapshot = field(default_factory=Snapshot)
    choices: Choices = field(default_factory=Choices)
    place: Place = "board"
    tab: TabName | None = None
    replay: Snapshot | None = None

    def runs(self) -> dict[str, Run]:
        """The newest run of the tour by each name."""
        known = (*self.snapshot.runs, *self.snapshot.newest, *self.snapshot.others)
        return {run.name: run for run in sorted(known, key=lambda run: run.run_id) if TAG in run.tags}

    def found(self, *names: str) -> list[Run]:
        """The runs of the tour with these names, as far as they are there."""
        runs = self.runs()
        return [runs[name] for name in names if name in runs]
