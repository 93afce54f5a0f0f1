"""FormPane: the rows of a form, and the help of the focused one."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.model import keymap
from tui.model.form.form import Form, FormField
from tui.model.form.form_messages import FieldChanged, FieldEntered, FieldStepped
from tui.widgets.form.field_help import field_help
from tui.widgets.form.field_input import FieldInput
from tui.widgets.form.field_rows import LABEL, Row, row_strip, rows_of
from tui.widgets.lines import Lines

BESIDE_FROM = 110
"""Columns from which the help stands beside the fields instead of below them."""

NARROW_BELOW = 60
ROOMY_FROM = 34
"""Rows of the terminal from which blank rows stand between the groups."""

ENTRY, NARROW_ENTRY = 24, 19
"""Columns of the text of a field, and those on a narrow terminal."""


class FormPane(Widget):
    """Shows a form, one field on a row, under the titles of their groups, and passes on what is changed in it.

    One widget draws all rows and one FieldInput lies over the focused one: a widget for each field would take a second
    to open. It changes nothing itself: who holds the form answers FieldChanged and FieldStepped with `show`. `others`
    are keys that numbers leave to the screen. A `brief` pane is as high as its rows, each with its help beside it.
    """

    BINDINGS = keymap.bindings("choice")
    DEFAULT_CSS = f"""
    FormPane {{ height: 1fr; layout: vertical; }}
    FormPane #fields {{ height: 1fr; scrollbar-size: 1 1; scrollbar-gutter: stable; layers: rows entry; }}
    FormPane #rows {{ layer: rows; }}
    FormPane FieldInput {{ layer: entry; width: {ENTRY}; margin-left: {LABEL}; }}
    FormPane.-narrow FieldInput {{ width: {NARROW_ENTRY}; }}
    FormPane FieldInput.wide {{ width: 1fr; }}
    FormPane #help {{ height: 3; }}
    FormPane.-low #help {{ height: 2; }}
    FormPane.-high #help {{ height: 4; }}
    FormPane.-beside {{ layout: horizontal; }}
    FormPane.-beside #fields {{ width: 1fr; }}
    FormPane.-beside #help {{ width: 36; height: 1fr; }}
    FormPane.-brief {{ height: auto; }}
    FormPane.-brief #fields {{ height: auto; max-height: 8; background: $surface; }}
    """

    def __init__(self, form: Form, *, others: str = "", brief: bool = False) -> None:
        super().__init__(classes="-brief" if brief else None)
        self.form = form
        self.focused = form.stops()[0]
        """The field that has the focus."""
        self._is_brief = brief
        self._is_typed = False
        """Whether the focused field is being typed into: its text stays as it is typed."""
        self._rows: Sequence[Row] = ()
        self._place = 0
        """The focused row."""
        self._lines, self._input = Lines(self._draw, css_id="rows"), FieldInput(others)
        self._lines.can_focus = True

    def compose(self) -> ComposeResult:
        self._fit()  # before the first frame, which would else be laid out twice
        self._arrange(self.form)
        with VerticalScroll(id="fields", can_focus=False):
            yield self._lines
            yield self._input
        if not self._is_brief:
            yield Lines(self._help, css_id="help")

    def _draw(self, width: int, _: int) -> list[Strip]:
        entry = NARROW_ENTRY if self.has_class("-narrow") else ENTRY
        focused = self.form.field(self.focused)
        return [
            row_strip(self.form, row, width, entry, focused=row == focused, brief=self._is_brief) for row in self._rows
        ]

    def _help(self, width: int, height: int) -> list[Strip]:
        return field_help(self.form, self.focused, width, height, beside=self.has_class("-beside"))

    def show(self, form: Form) -> None:
        """Show another form of the same fields; what is being typed stays as it is."""
        self._arrange(form)
        self._focus()
        for lines in self.query(Lines):
            lines.update()
        self.call_after_refresh(self._reveal)

    def _arrange(self, form: Form) -> None:
        """Lay the input over the focused row if that is typed into."""
        self.form, self.focused = form, form.stop(self.focused)
        field = form.field(self.focused)
        self._rows = rows_of(form, roomy=self.app.size.height >= ROOMY_FROM and not self._is_brief)
        self._place = self._rows.index(field)
        self._lines.styles.height = len(self._rows)
        self._input.styles.offset = (0, self._place)
        self._input.styles.display = "none" if field.is_choice else "block"
        text = None if self._is_typed else form.texts[field.name]
        self._input.show(field, text, is_wrong=field.name in form.errors)

    def _focus(self) -> None:
        is_choice = self.form.field(self.focused).is_choice
        self.screen.set_focus(self._lines if is_choice else self._input, scroll_visible=False)

    def _reveal(self) -> None:
        """Bring the focused row into sight."""
        row = Region(0, self._place, 1, 1)
        for fields in self.query("#fields"):  # none, if the form was closed before the refresh
            fields.scroll_to_region(row, animate=False, immediate=True)

    def show_anew(self, form: Form) -> None:
        """Show another form, whatever is being typed."""
        self._is_typed = False
        self.show(form)

    def focus_on(self, name: str) -> None:
        """Put the focus on a field."""
        self.focused = name
        self.show_anew(self.form)
        self._input.select_all()
        self.post_message(FieldEntered(name))

    def go(self, by: int) -> None:
        """Put the focus on the next field, or on the one before."""
        stops = self.form.stops()
        self.focus_on(stops[(stops.index(self.focused) + by) % len(stops)])

    def action_choose(self, by: int) -> None:
        """Change the focused field as ← and → do."""
        field = self.form.field(self.focused)
        if not field.is_choice:
            self._input.turn(by)
            return
        text = self.form.texts[field.name]
        at = field.choices.index(text) + by if text in field.choices else 0
        self.post_message(FieldChanged(field.name, field.choices[at % len(field.choices)]))

    def on_mount(self) -> None:
        self.focus_on(self.focused)

    def on_resize(self, event: events.Resize) -> None:
        self._fit()
        self.show(self.form)

    def on_descendant_focus(self) -> None:
        """A click on the rows takes the focus from what is typed into."""
        self._focus()

    def on_click(self, event: events.Click) -> None:
        """Focus the field, with the cursor where the click was; a click on a choice changes it."""
        row = self._rows[event.y] if event.widget is self._lines and event.y < len(self._rows) else ""
        if isinstance(row, FormField) and row.name in self.form.stops():
            self.focus_on(row.name)
            if not row.is_choice:
                self._input.point(event.x - LABEL)
            elif event.x >= LABEL:
                self.action_choose(1)

    def on_field_changed(self, message: FieldChanged) -> None:
        self._is_typed = message.field == self.focused and self._input.has_focus

    def on_field_stepped(self, message: FieldStepped) -> None:
        self._is_typed = False

    def _fit(self) -> None:
        columns, rows = self.app.size
        self.set_class(columns >= BESIDE_FROM, "-beside")
        self.set_class(columns < NARROW_BELOW, "-narrow")
        self.set_class(rows < 16, "-low")
        self.set_class(rows >= 24, "-high")
