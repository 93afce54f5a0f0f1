"""The sweep dialog: a draft, the keys that change it, and a summary of what enter would run."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import Screen
from textual.strip import Strip

from engine.spec import RunSpec, SpecError
from engine.sweep import SweepPlan
from tui.colours.theme import ACCENTED, FAILED, TEXT
from tui.model import keymap
from tui.model.answer import Answer
from tui.model.sweep.sweep_draft import SweepDraft
from tui.model.sweep.sweep_messages import SweepDraftKept, SweepSubmitted, SweepTypingRequested
from tui.text.parts import Part
from tui.widgets.footer import Footer
from tui.widgets.lines import Lines, strip
from tui.widgets.sweep import lines as sweep_lines

Start = tuple[RunSpec, int | None]
"""A spec that a sweep may start from, and the run that it belongs to (None: the default spec)."""


class SweepDialog(Screen[None], inherit_bindings=False):
    """Keys change the draft; enter posts its plan. `starts` are the specs that the sweep may start from.

    `rate` is a worker's iterations per second, None if unknown; `workers` is the largest number of workers.
    """

    AUTO_FOCUS = None
    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("sweep")
    DEFAULT_CSS = """
    SweepDialog #settings { height: 1fr; }
    """

    def __init__(self, draft: SweepDraft, starts: Sequence[Start], rate: float | None, workers: int) -> None:
        super().__init__()
        self.draft = draft
        self._starts = starts
        self._rate, self._workers = rate, workers
        self._submitted = False
        self._rejection = ""

    def compose(self) -> ComposeResult:
        yield Lines(lambda width, _: [sweep_lines.title(self.draft, width)])
        yield Lines(lambda width, _: [strip((), width), *sweep_lines.axes(self.draft, width)], css_id="axes")
        yield Lines(self._settings, css_id="settings")
        yield Lines(lambda width, _: [strip(self._outlook(), width)], css_id="outlook")
        yield Footer(lambda: keymap.keys_of("sweep"))

    def on_mount(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        self.query_one("#axes").styles.height = 1 + 2 * len(self.draft.ranges)

    def _settings(self, width: int, height: int) -> list[Strip]:
        lines = sweep_lines.settings(self.draft, [origin for _, origin in self._starts], width)
        return lines if len(lines) >= height else [strip((), width), *lines]

    def _outlook(self) -> list[Part]:
        if self._submitted:
            return [(" › ", ACCENTED), ("starting …", TEXT)]
        if self._rejection:
            return [(" ! ", FAILED), (self._rejection, TEXT)]
        plan, complaint = self._plan()
        return sweep_lines.outlook(plan, complaint, self._rate, self._workers)

    def _plan(self) -> tuple[SweepPlan | None, str]:
        try:
            return self.draft.plan(), ""
        except SpecError as error:
            return None, error.message

    def show(self, draft: SweepDraft) -> None:
        """Show another draft."""
        self.draft, self._submitted, self._rejection = draft, False, ""
        self._arrange()
        for lines in self.query(Lines):
            lines.update()

    def handles(self, answer: Answer) -> bool:
        """Show why the sweep was not queued; the draft stays."""
        if answer.of_sweep:
            self._submitted, self._rejection = False, answer.sentence
            self.query_one("#outlook", Lines).update()
        return answer.of_sweep

    def action_submit(self) -> None:
        """Submit the plan, if the draft gives one."""
        plan, _ = self._plan()
        if plan is not None and not self._submitted:
            self._submitted = True
            self.app.post_message(SweepSubmitted(plan))
        self.query_one("#outlook", Lines).update()

    def action_close(self) -> None:
        """Close the dialog; the app keeps the draft."""
        self.app.post_message(SweepDraftKept(self.draft))
        self.dismiss()

    def action_low(self, by: int) -> None:
        self.show(self.draft.with_low_moved(by))

    def action_high(self, by: int) -> None:
        self.show(self.draft.with_high_moved(by))

    def action_count(self, by: int) -> None:
        self.show(self.draft.recounted(by))

    def action_field(self, by: int) -> None:
        self.show(self.draft.with_next_field(by))

    def action_moves(self) -> None:
        self.show(self.draft.with_other_moves())

    def action_scale(self) -> None:
        self.show(self.draft.with_next_scale())

    def action_type(self) -> None:
        self.app.post_message(SweepTypingRequested(self.draft))

    def action_grid(self) -> None:
        self.show(self.draft.with_grid())

    def action_other(self) -> None:
        self.show(self.draft.with_other_range())

    def action_repeat(self, by: int) -> None:
        self.show(self.draft.repeated(by))

    def action_seeds(self) -> None:
        self.show(self.draft.with_other_seeds())

    def action_race(self) -> None:
        self.show(self.draft.with_rungs())

    def action_keep(self) -> None:
        self.show(self.draft.with_next_keep())

    def action_last(self, factor: int) -> None:
        self.show(self.draft.lasting(factor))

    def action_pace(self) -> None:
        self.show(self.draft.with_other_pace())

    def action_from(self) -> None:
        """Use the next spec that the sweep may start from."""
        starts = list(self._starts)
        place = next((i for i, (_, origin) in enumerate(starts) if origin == self.draft.origin), -1)
        self.show(self.draft.on(*starts[(place + 1) % len(starts)]))
