"""FormPane: the rows of a form, and the help of the focused one."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.strip import Strip
from textual.widget import Widget

from tui.colours.theme import ACCENTED, DIM, FAILED, STRONG, TEXT, TITLE
from tui.model.form.form import Form, FormField
from tui.model.form.form_messages import FieldChanged, FieldEntered, FieldStepped
from tui.text.parts import Part
from tui.widgets.form.choice import ChoiceInput
from tui.widgets.form.field_help import default_of, field_help
from tui.widgets.form.field_input import FieldInput
from tui.widgets.lines import Build, Lines, strip

BESIDE_FROM = 110
"""Columns from which the help stands beside the fields instead of below them."""

NARROW_BELOW = 60
ROOMY_FROM = 34
"""Rows of the terminal from which blank rows stand between the groups."""


class FormPane(Widget):
    """Shows a form, one field on a row, under the titles of their groups, and passes on what is changed in it.

    It changes nothing itself: who holds the form answers FieldChanged and FieldStepped with `show`. `others` are keys
    that numbers leave to the screen. A `brief` pane is as high as its rows, each with its help beside it.
    """

    DEFAULT_CSS = """
    FormPane { height: 1fr; layout: vertical; }
    FormPane #fields { height: 1fr; scrollbar-size: 1 1; }
    FormPane #help { height: 3; }
    FormPane .field { height: 1; }
    FormPane .field FieldInput { width: 24; }
    FormPane .field ChoiceInput { width: 24; }
    FormPane .field .wide { width: 1fr; }
    FormPane .label { width: 20; }
    FormPane .remark { width: 1fr; }
    FormPane.-narrow .label { width: 20; }
    FormPane.-narrow .field FieldInput { width: 19; }
    FormPane.-narrow .field ChoiceInput { width: 19; }
    FormPane.-narrow .field .wide { width: 1fr; }
    FormPane.-low #help { height: 2; }
    FormPane.-high #help { height: 4; }
    FormPane.-beside { layout: horizontal; }
    FormPane.-beside #fields { width: 1fr; }
    FormPane.-beside #help { width: 36; height: 1fr; }
    FormPane.-roomy .group { margin-top: 1; }
    FormPane.-brief { height: auto; }
    FormPane.-brief #fields { height: auto; max-height: 8; background: $surface; }
    """

    def __init__(self, form: Form, *, others: str = "", brief: bool = False) -> None:
        super().__init__(classes="-brief" if brief else None)
        self.form = form
        self._others, self._is_brief = others, brief
        self._typed_in = ""
        """The field that is being typed into: its text stays as it is typed."""

    def compose(self) -> ComposeResult:
        self._fit()  # before the first frame, which would else show the help below and move it afterwards
        title = ""
        with VerticalScroll(id="fields", can_focus=False):
            for field in self.form.fields:
                if field.group != title:
                    title = field.group
                    yield Lines(_line(title), css_id=_group_id(title), classes="group")
                with Horizontal(classes="field", id=f"row-{field.name}"):
                    yield self._label(field)
                    text = self.form.texts[field.name]
                    entry: Widget = (
                        ChoiceInput(field, text)
                        if field.choices and not field.open
                        else FieldInput(field, text, self._others)
                    )
                    entry.set_class(field.wide, "wide")
                    yield entry
                    if not field.wide:
                        yield self._remark(field)
        if not self._is_brief:
            yield Lines(self._help, css_id="help")

    def _label(self, field: FormField) -> Lines:
        def build(width: int, _: int) -> list[Strip]:
            is_focused, is_wrong = self.focused == field.name, field.name in self.form.errors
            sign: Part = ("▌", ACCENTED) if is_focused else (" ", TEXT)
            mark: Part = ("!", FAILED) if is_wrong else (" ", TEXT)
            style = FAILED if is_wrong else STRONG if is_focused else TEXT
            return [strip([sign, mark, (field.label, style)], width)]

        return Lines(build, classes="label")

    def _remark(self, field: FormField) -> Lines:
        def build(width: int, _: int) -> list[Strip]:
            error = self.form.errors.get(field.name)
            if error is not None:
                return [strip([(" " + error, FAILED)], width)]
            if self._is_brief:
                return [strip([(" " + field.help, DIM)], width)]
            if self._differs(field):
                return [strip([(" " + default_of(self.form, field.name), DIM)], width)]
            return [strip([(" ‹ › or type a path", DIM)], width)] if field.open else []

        return Lines(build, classes="remark")

    def _differs(self, field: FormField) -> bool:
        return self.form.is_touched(field.name) and not (field.optional and not field.number)

    def _help(self, width: int, height: int) -> list[Strip]:
        name = self.focused
        return field_help(self.form, name, width, height, beside=self.has_class("-beside")) if name else []

    @property
    def focused(self) -> str:
        """The field with the focus; '' if none has it."""
        focused = self.screen.focused
        return focused.id or "" if isinstance(focused, FieldInput | ChoiceInput) else ""

    def show(self, form: Form) -> None:
        """Show another form of the same fields; what is being typed stays as it is."""
        self.form = form
        for field in form.fields:
            is_wrong = field.name in form.errors
            self.query_one(f"#row-{field.name}").display = form.shows(field.name)
            entry = self.query_one(f"#{field.name}")
            if isinstance(entry, ChoiceInput):
                entry.show(field, form.texts[field.name], is_wrong=is_wrong)
            elif isinstance(entry, FieldInput):
                is_typed = field.name == self._typed_in
                entry.show(field, None if is_typed else form.texts[field.name], is_wrong=is_wrong)
        for title in {field.group for field in form.fields if field.group}:
            of_group = any(form.shows(field.name) for field in form.fields if field.group == title)
            self.query_one(f"#{_group_id(title)}").display = of_group
        for lines in self.query(Lines):
            lines.update()

    def show_anew(self, form: Form) -> None:
        """Show another form, whatever is being typed."""
        self._typed_in = ""
        self.show(form)

    def focus_on(self, name: str) -> None:
        """Put the focus on a field."""
        self.query_one(f"#{name}").focus()

    def choose(self, by: int) -> None:
        """Change the focused field as ← and → do."""
        focused = self.screen.focused
        if isinstance(focused, ChoiceInput):
            focused.action_choose(by)
        elif isinstance(focused, FieldInput):
            focused.turn(by)

    def on_mount(self) -> None:
        self.show(self.form)

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def _fit(self) -> None:
        columns, rows = self.app.size
        self.set_class(columns >= BESIDE_FROM, "-beside")
        self.set_class(columns < NARROW_BELOW, "-narrow")
        self.set_class(rows < 16, "-low")
        self.set_class(rows >= 24, "-high")
        self.set_class(rows >= ROOMY_FROM, "-roomy")

    def on_descendant_focus(self) -> None:
        self.show_anew(self.form)
        self.post_message(FieldEntered(self.focused))

    def on_field_changed(self, message: FieldChanged) -> None:
        if message.text == self.form.texts.get(message.field):
            message.stop()
        else:
            self._typed_in = message.field

    def on_field_stepped(self, message: FieldStepped) -> None:
        self._typed_in = ""


def _line(title: str) -> Build:
    return lambda width, _: [strip([(f" {title}", TITLE)], width)]


def _group_id(title: str) -> str:
    return "group-" + "".join(letter if letter.isalnum() else "-" for letter in title)
