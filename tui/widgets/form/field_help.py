"""The help of a field: what it is, what is wrong with it, its choices with the present one marked, its default."""

from __future__ import annotations

from collections.abc import Iterator

from textual.strip import Strip

from tui.colours.theme import ACCENTED, DIM, FAILED, STRONG, TEXT
from tui.model.form.form import Form
from tui.text.parts import Part, cells
from tui.text.widths import wrapped
from tui.widgets.lines import strip

CHOSEN, OTHER = "› ", "  "


def field_help(form: Form, name: str, width: int, height: int, *, beside: bool) -> list[Strip]:
    """Rows about a field: beside the form one choice on a row, else as many as fit on one."""
    field, room = form.field(name), width - 1
    rows: list[list[Part]] = []
    if beside:
        rows += [[(" " + field.label, STRONG)], []]
    error = form.errors.get(name)
    if error:
        rows += [[(" " + line, FAILED)] for line in wrapped(f"! {error}", room - 1)]
    rows += [[(" " + line, TEXT if beside else DIM)] for line in wrapped(field.help, room - 1)] if field.help else []
    if field.choices:
        left = height - len(rows)
        rows += [[], *_around(_one_each(form, name), left - 1)] if beside else _around(_in_line(form, name, room), left)
    elif form.is_touched(name):
        rows += ([[]] if beside else []) + [[(" " + default_of(form, name), DIM)]]
    return [strip(row, width) for row in rows[:height]]


def default_of(form: Form, name: str) -> str:
    """The default of a field, in words."""
    return f"default {form.default_texts.get(name, '') or 'none'}"


def _choices(form: Form, name: str) -> Iterator[list[Part]]:
    for choice in form.field(name).choices:
        is_chosen = choice == form.texts[name]
        yield [(CHOSEN if is_chosen else OTHER, ACCENTED), (choice, STRONG if is_chosen else DIM)]


def _around(rows: list[list[Part]], room: int) -> list[list[Part]]:
    """As many rows as there is room for, with the chosen one among them."""
    chosen = next((at for at, row in enumerate(rows) if (CHOSEN, ACCENTED) in row), 0)
    top = max(0, min(chosen - room // 2, len(rows) - room))
    return rows[top : top + max(room, 0)]


def _one_each(form: Form, name: str) -> list[list[Part]]:
    return [[(" ", TEXT), *parts] for parts in _choices(form, name)]


def _in_line(form: Form, name: str, room: int) -> list[list[Part]]:
    rows: list[list[Part]] = [[]]
    for parts in _choices(form, name):
        if rows[-1] and cells(rows[-1]) + cells(parts) + 1 > room:
            rows.append([])
        rows[-1] += [(" ", TEXT), *parts]
    return rows
