"""Messages of the fields of forms."""

from __future__ import annotations

from textual.message import Message

from tui.model.message import message


@message
class FieldChanged(Message):
    """Another text was typed into a field, or another choice made in it."""

    field: str
    text: str


@message
class FieldStepped(Message):
    """A field that steps is to go up (1) or down (-1)."""

    field: str
    by: int


@message
class FieldEntered(Message):
    """A field has the focus now."""

    field: str
