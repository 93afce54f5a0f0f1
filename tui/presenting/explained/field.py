"""The focused field of a form: what it is, what is wrong with it, its choices and its default."""

from __future__ import annotations

from collections.abc import Iterator

from tui.colours.theme import DIM, FAILED, STRONG
from tui.model.form.form import Form
from tui.presenting.explained.blocks import Block, Entry


def field_block(form: Form, name: str) -> Block:
    """The block about a field, which stands before the keys of its form."""
    return Block(f"This field: {form.field(name).label}", tuple(_entries(form, name)))


def _entries(form: Form, name: str) -> Iterator[Entry]:
    field = form.field(name)
    yield Entry(((form.texts[name].strip() or "empty", STRONG),), field.help)
    if name in form.errors:
        yield Entry((("!", FAILED),), form.errors[name])
    if field.choices:
        yield Entry((("choices", DIM),), ", ".join(field.choices))
    if form.is_touched(name):
        yield Entry((("default", DIM),), form.default_texts.get(name, "") or "none")
