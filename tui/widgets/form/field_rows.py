"""The rows of a form as text: titles of groups, and each field with its label, its text and a remark."""

from __future__ import annotations

from textual.strip import Strip

from tui.colours.theme import ACCENTED, DIM, FAILED, POINTED, STRONG, TEXT, TITLE
from tui.model.form.form import Form, FormField
from tui.text.parts import Part
from tui.widgets.form.field_help import default_of
from tui.widgets.lines import strip

LABEL = 20
"""Columns of a label; the text of the field begins behind it."""

NONE = "none"
"""What stands in an empty field of an optional number."""

Row = FormField | str
"""A field, or the title of a group; '' is blank."""


def rows_of(form: Form, *, roomy: bool) -> list[Row]:
    """The rows of the shown fields under the titles of their groups, with blank ones between the groups if `roomy`."""
    rows: list[Row] = []
    title = ""
    for field in form.fields:
        if form.shows(field.name):
            if field.group != title:
                title = field.group
                rows += ["", title] if roomy else [title]
            rows.append(field)
    return rows


def row_strip(form: Form, row: Row, width: int, entry: int, *, focused: bool, brief: bool) -> Strip:
    """One row; `entry` is the width of the text of a field that is not wide. A `brief` row has its help beside it."""
    if isinstance(row, str):
        return strip([(f" {row}", TITLE)], width)
    entry = width - LABEL if row.wide else entry
    return Strip.join([
        strip(_label(form, row, focused), LABEL),
        strip(_entry(form, row, focused), entry, ground=POINTED if focused else None),
        strip(_remark(form, row, brief), width - LABEL - entry),
    ]).crop(0, width)  # fmt: skip


def _label(form: Form, field: FormField, focused: bool) -> list[Part]:
    is_wrong = field.name in form.errors
    sign: Part = ("▌", ACCENTED) if focused else (" ", TEXT)
    mark: Part = ("!", FAILED) if is_wrong else (" ", TEXT)
    return [sign, mark, (field.label, FAILED if is_wrong else STRONG if focused else TEXT)]


def _entry(form: Form, field: FormField, focused: bool) -> list[Part]:
    text, style = form.texts[field.name], FAILED if field.name in form.errors else TEXT
    if not field.is_choice:
        return [(text, style)] if text or not (field.optional and field.number) else [(NONE, DIM)]
    if len(field.choices) == 1:
        return [(text, DIM)]
    return [(text, style), (" ‹ ›", ACCENTED if focused else DIM)]


def _remark(form: Form, field: FormField, brief: bool) -> list[Part]:
    error = form.errors.get(field.name)
    if error is not None:
        return [(" " + error, FAILED)]
    if brief:
        return [(" " + field.help, DIM)]
    if form.is_touched(field.name) and not (field.optional and not field.number):
        return [(" " + default_of(form, field.name), DIM)]
    return [(" ‹ › or type a path", DIM)] if field.open else []
