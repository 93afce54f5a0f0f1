"""The form for a new run, made from the fields of a spec and checked on every keystroke."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input

from engine.spec import FIELDS, RunSpec, SpecError, as_text, defaults, parse_field, spec_from_fields
from tui.colours.theme import ACCENTED, DIM, FAILED, STRONG, TEXT
from tui.model import keymap
from tui.model.answer import Answer
from tui.model.messages import ChoiceMade, DraftKept, RunSubmitted
from tui.text.parts import Part
from tui.widgets.choice import ChoiceInput
from tui.widgets.footer import Footer, sentence_lines
from tui.widgets.lines import Lines, WrappedLines, strip

NAME = "name"
LONGEST_TEXT = 500


class NewRun(Screen[None], inherit_bindings=False):
    """One line per field: its label, its input, and its meaning or its error.

    Untouched fields follow the defaults of the strategy and the objective; fields that decide nothing under the current
    choices are hidden. `draft` holds the texts of the form when it was last closed, by field.
    """

    ALLOW_SELECT = False
    AUTO_FOCUS = "#strategy"
    BINDINGS = keymap.bindings("form")
    DEFAULT_CSS = """
    #fields { height: 1fr; scrollbar-size: 1 1; padding: 1 0 0 0; }
    .field { height: 1; }
    .field Input {
        width: 22; height: 1; border: none; padding: 0 1; background: $background; color: $foreground;
        &:focus { background: $panel; border: none; }
    }
    .label { width: 20; }
    .remark { width: 1fr; padding: 0 0 0 1; }
    """

    def __init__(self, draft: Mapping[str, str]) -> None:
        super().__init__()
        self._touched: dict[str, str] = dict(draft)
        self._run_name = self._touched.pop(NAME, "")
        self._texts: dict[str, str] = {}
        self._submitted = False
        self._errors: dict[str, str] = {}
        self._fill()

    def compose(self) -> ComposeResult:
        yield Lines(
            lambda width, _: [strip([(" new run", STRONG), ("   in the background, like every run", DIM)], width)]
        )
        with VerticalScroll(id="fields", can_focus=False):
            for name, field in FIELDS.items():
                with Horizontal(classes="field", id=f"row-{name}"):
                    yield self._label(name, field.label)
                    if field.choices and not field.open:
                        yield ChoiceInput(name, field.choices, self._texts[name])
                    else:
                        yield _input(name, self._texts[name])
                    yield self._remark(name, field.label, field.help)
            with Horizontal(classes="field"):
                yield self._label(NAME, "name")
                yield _input(NAME, self._run_name)
                yield self._remark(NAME, "name", "what the table calls it; may stay empty")
        yield WrappedLines(lambda width, height: sentence_lines(*_status(self._errors, self._submitted), width, height))
        yield Footer(lambda: keymap.keys_of("form", "choice"))

    def _label(self, name: str, label: str) -> Lines:
        def build(width: int, _: int) -> list[Strip]:
            focused = self.focused is not None and self.focused.id == name
            sign: Part = ("▌ ", ACCENTED) if focused else ("  ", TEXT)
            return [strip([sign, (label, STRONG if focused else TEXT)], width)]

        return Lines(build, classes="label")

    def _remark(self, name: str, label: str, explanation: str) -> Lines:
        def build(width: int, _: int) -> list[Strip]:
            error = self._errors.get(name)
            if error is None:
                return [strip([(explanation, DIM)], width)]
            return [strip([(error.removeprefix(f"{label}: "), FAILED)], width)]

        return Lines(build, classes="remark")

    def on_mount(self) -> None:
        self._paint()

    def on_descendant_focus(self) -> None:
        self._paint()

    def on_choice_made(self, message: ChoiceMade) -> None:
        message.stop()
        self._change_field(message.field, message.choice)

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        name = message.input.id or ""
        if name == NAME:
            self._run_name = message.value
        elif message.value != self._texts.get(name):
            self._change_field(name, message.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_submit()

    def _change_field(self, name: str, text: str) -> None:
        self._touched[name] = text
        self._submitted = False
        self._fill()
        for field in self.query(Input):
            if field.id in self._texts and field.value != self._texts[field.id]:
                field.value = self._texts[field.id]
        for choice in self.query(ChoiceInput):
            if choice.id in self._texts:
                choice.chosen = self._texts[choice.id]
        self._paint()

    def _fill(self) -> None:
        base = defaults(**{name: self._touched[name] for name in ("strategy", "objective") if name in self._touched})
        self._texts = {name: self._touched.get(name, as_text(getattr(base, name))) for name in FIELDS}
        if "batch_size" not in self._touched:
            self._texts["batch_size"] = "full" if base.batch_size is None else str(base.batch_size)

    def _applicable(self) -> list[str]:
        return [name for name, field in FIELDS.items() if field.applies(self._texts)]

    def errors(self) -> dict[str, str]:
        """The errors of the form, by field."""
        found: dict[str, str] = {}
        for name in self._applicable():
            try:
                parse_field(name, self._texts[name])
            except SpecError as error:
                found[name] = error.message
        if not found:
            try:
                self._spec()
            except SpecError as error:
                found[error.field] = error.message
        return found

    def _spec(self) -> RunSpec:
        return spec_from_fields({name: self._texts[name] for name in self._applicable()})

    def handles(self, answer: Answer) -> bool:
        """Show the error of a field that the data set does not allow, or why nothing was queued."""
        if not answer.failed or not (self._submitted or answer.field is not None):
            return False
        self._submitted = False
        self._paint({answer.field or "": answer.sentence})
        return True

    def _paint(self, rejected: Mapping[str, str] | None = None) -> None:
        self._errors = {**self.errors(), **(rejected or {})}
        applicable = self._applicable()
        for name in FIELDS:
            self.query_one(f"#row-{name}").display = name in applicable
        for lines in self.query(Lines):
            lines.update()

    def action_submit(self) -> None:
        """Submit the run, or focus the first field with an error."""
        errors = self.errors()
        if errors:
            self.query_one(f"#{next(iter(errors))}").focus()
        elif not self._submitted:
            self._submitted = True
            self.app.post_message(RunSubmitted(self._spec(), self._run_name.strip()))
        self._paint()

    def action_close(self) -> None:
        """Close the form; the app keeps the texts."""
        self.app.post_message(DraftKept({**self._touched, NAME: self._run_name}))
        self.dismiss()


def _input(name: str, text: str) -> Input:
    field = Input(
        text, id=name, compact=True, max_length=LONGEST_TEXT, placeholder="none" if text == "" and name != NAME else ""
    )
    field.cursor_blink = False
    return field


def _status(errors: Mapping[str, str], submitted: bool) -> tuple[Part, str]:
    if errors:
        first = next(iter(errors.values()))
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        return (" ! ", FAILED), first + more
    return (" › ", ACCENTED), "starting …" if submitted else "ready: enter starts it"
