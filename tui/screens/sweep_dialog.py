"""The sweep dialog: a form of the sweep, its values on their axis, and a summary of what enter would run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.strip import Strip
from textual.widgets import Input

from tui.colours.theme import ACCENTED, FAILED
from tui.model import keymap
from tui.model.answer import Answer
from tui.model.form.form_messages import FieldChanged, FieldEntered, FieldStepped
from tui.model.sweep.sweep_draft import SweepDraft
from tui.model.sweep.sweep_form import SECOND_END, Start, SweepForm, place_of
from tui.model.sweep.sweep_messages import SweepDraftKept, SweepSubmitted
from tui.widgets.closing import Closing
from tui.widgets.footer import Footer, sentence_lines
from tui.widgets.form.form_pane import FormPane
from tui.widgets.lines import Lines, WrappedLines, strip
from tui.widgets.sweep import lines as sweep_lines

OTHERS = "+-[]"
"""Keys that a number leaves to the dialog."""


class SweepDialog(Closing, inherit_bindings=False):
    """Fields and keys change the draft; enter posts its plan. `starts` are the specs that the sweep may start from.

    `rate` is a worker's iterations per second, None if unknown; `workers` is the largest number of workers. `written`:
    how texts with signs of formulas are.
    """

    AUTO_FOCUS = ""
    ALLOW_SELECT = False
    BINDINGS = keymap.bindings("sweep")

    def __init__(
        self,
        draft: SweepDraft,
        starts: Sequence[Start],
        rate: float | None,
        workers: int,
        written: Callable[[str], str] = str,
    ) -> None:
        super().__init__()
        self._entered = SweepForm(draft, starts)
        self._rate, self._workers, self._written = rate, workers, written
        self._submitted = False
        self._rejection = ""
        self._before_reset: SweepForm | None = None

    @property
    def draft(self) -> SweepDraft:
        """The draft, without what is wrong."""
        return self._entered.draft

    def compose(self) -> ComposeResult:
        yield Lines(lambda width, _: [sweep_lines.title(self.draft, width, self._written)])
        yield Lines(lambda width, _: [strip((), width), *sweep_lines.axes(self.draft, width)], css_id="axes")
        yield FormPane(self._entered.form(), others=OTHERS)
        yield WrappedLines(self._outlook, css_id="outlook")
        yield Footer(lambda: keymap.keys_of("sweep", "choice"))

    def on_mount(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        self.query_one("#axes").styles.height = 1 + 2 * len(self.draft.ranges)

    def _outlook(self, width: int, height: int) -> list[Strip]:
        complaint = self._rejection or self._entered.form().complaint()
        if complaint:
            return sentence_lines((" ! ", FAILED), complaint, width, height)
        if self._submitted:
            return sentence_lines((" › ", ACCENTED), "starting …", width, height)
        return [strip(sweep_lines.outlook(self.draft.plan(), self._rate, self._workers), width)]

    def _show(self, entered: SweepForm, *, anew: bool = True) -> None:
        self._entered, self._submitted, self._rejection, self._before_reset = entered, False, "", None
        self._arrange()
        pane = self.query_one(FormPane)
        (pane.show_anew if anew else pane.show)(entered.form())
        for lines in self.query_children(Lines):
            lines.update()

    def on_field_changed(self, message: FieldChanged) -> None:
        message.stop()
        self._show(self._entered.with_text(message.field, message.text), anew=False)

    def on_field_stepped(self, message: FieldStepped) -> None:
        message.stop()
        self._show(self._entered.stepped(message.field, message.by))

    def on_field_entered(self, message: FieldEntered) -> None:
        """The axis of the parameter that the field belongs to is marked."""
        self._entered = self._entered.at(place_of(message.field))
        self.query_one("#axes", Lines).update()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_submit()

    def handles(self, answer: Answer) -> bool:
        """Show why the sweep was not queued; the draft stays."""
        if answer.of_sweep:
            self._submitted, self._rejection = False, answer.sentence
            self.query_one("#outlook", Lines).update()
        return answer.of_sweep

    def action_submit(self) -> None:
        """Submit the plan, or put the focus on the first field with an error."""
        form, plan = self._entered.form(), self._entered.plan()
        if wrong := form.wrong():
            self.query_one(FormPane).focus_on(wrong[0])
        elif plan is not None and not self._submitted:
            self._submitted, self._rejection = True, ""
            self.app.post_message(SweepSubmitted(plan))
        self.query_one("#outlook", Lines).update()

    def action_close(self) -> None:
        """Close the dialog; the app keeps the draft."""
        self.app.post_message(SweepDraftKept(self.draft))
        self.dismiss()

    def action_go(self, by: int) -> None:
        """Put the focus on the next field, or on the one before."""
        self.query_one(FormPane).go(by)

    def action_choose(self, by: int) -> None:
        """Change the focused field, as a click on the footer asks."""
        self.query_one(FormPane).action_choose(by)

    def action_count(self, key: str) -> None:
        """One value more or fewer, of the parameter that is marked."""
        name = f"count{SECOND_END}" if self.draft.active else "count"
        self._show(self._entered.stepped(name, 1 if key == "plus" else -1))

    def action_last(self, key: str) -> None:
        """Half or twice the iterations."""
        self._show(self._entered.stepped("iterations", 1 if key == "right_square_bracket" else -1))

    def action_reset(self) -> None:
        """The default sweep; once more, what was there before."""
        before, entered = self._before_reset, self._entered
        self._show(before or entered.with_defaults())
        self._before_reset = None if before else entered
