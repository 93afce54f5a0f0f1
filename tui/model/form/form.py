"""Form: the fields of a form with their texts, their defaults and their errors, as one frozen value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class FormField:
    """One row of a form. Its help and its label are cleaned.

    A field with `choices` takes one of them, an `open` one any other text too. A `number` leaves keys that no number
    needs, such as ?, to the screen. ← and → change a field that `steps`; in others they move the cursor. An empty
    `optional` field means none. A `wide` field takes the whole row.
    """

    name: str
    label: str
    help: str = ""
    group: str = ""
    choices: tuple[str, ...] = ()
    open: bool = False
    number: bool = False
    steps: bool = False
    optional: bool = False
    wide: bool = False

    @property
    def is_choice(self) -> bool:
        """Whether it takes one of its choices and no other text."""
        return bool(self.choices) and not self.open


@dataclass(frozen=True, slots=True)
class Form:
    """What a form shows: by field, the text, the default text, and the error without the field's label.

    Fields outside `shown` decide nothing under the present texts and are hidden.
    """

    fields: tuple[FormField, ...]
    texts: Mapping[str, str]
    default_texts: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    shown: Collection[str] | None = None

    def shows(self, name: str) -> bool:
        """Whether a field has an effect under the present texts."""
        return self.shown is None or name in self.shown

    def is_touched(self, name: str) -> bool:
        """Whether a field differs from its default."""
        return self.texts[name].strip() != self.default_texts.get(name, "").strip()

    def field(self, name: str) -> FormField:
        """The field of this name."""
        return next(one for one in self.fields if one.name == name)

    def stops(self) -> list[str]:
        """The fields that take the focus: the shown ones that more than one text can be given."""
        return [
            one.name for one in self.fields if self.shows(one.name) and not (one.is_choice and len(one.choices) == 1)
        ]

    def stop(self, name: str) -> str:
        """This field if it takes the focus, else the last one before it that does, else the first."""
        stops, names = self.stops(), [one.name for one in self.fields]
        before = [one for one in stops if names.index(one) <= names.index(name)]
        return [stops[0], *before][-1]

    def wrong(self) -> list[str]:
        """The shown fields with an error, in the order of the form."""
        return [one.name for one in self.fields if one.name in self.errors and self.shows(one.name)]

    def complaint(self) -> str:
        """Which fields are wrong, and why if it is one; '' if none is."""
        wrong = self.wrong()
        if not wrong:
            return next(iter(self.errors.values()), "")
        labels = [self.field(name).label for name in wrong]
        if len(wrong) == 1:
            return f"{labels[0]}: {self.errors[wrong[0]]}"
        return f"{len(wrong)} fields are wrong: {', '.join(labels)}"


class Draft(Protocol):
    """What a form edits: each change gives another draft."""

    def form(self) -> Form:
        """The form of this draft."""

    def with_text(self, name: str, text: str) -> Self:
        """The draft with another text in a field."""

    def with_defaults(self) -> Self:
        """The draft with the defaults in all fields."""


@dataclass(frozen=True, slots=True)
class PlainDraft:
    """A draft of fields that are checked only when they are submitted."""

    fields: tuple[FormField, ...]
    default_texts: Mapping[str, str]
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> dict[str, str]:
        """The text of every field."""
        return {one.name: self.typed.get(one.name, self.default_texts.get(one.name, "")) for one in self.fields}

    def form(self) -> Form:
        """The form, without errors."""
        return Form(self.fields, self.texts, self.default_texts)

    def with_text(self, name: str, text: str) -> PlainDraft:
        """The draft with another text in a field."""
        return PlainDraft(self.fields, self.default_texts, {**self.typed, name: text})

    def with_defaults(self) -> PlainDraft:
        """The draft with the texts that it began with."""
        return PlainDraft(self.fields, self.default_texts)


def without_label(label: str, sentence: str) -> str:
    """An error without the label of its field, which stands beside it."""
    return sentence.removeprefix(f"{label}: ")
