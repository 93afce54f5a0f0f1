"""Drafts of runs: a new run, a fork, a repeated sweep. Untouched fields follow the defaults."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from engine.jobs.people import batch_sizes
from engine.jobs.people.fitted_defaults import fitted_defaults
from engine.spec import DECIDING, FIELDS, NO_DATA, RunSpec, SpecError, as_text, defaults, parse_field, spec_from_fields
from engine.spec.field_groups import FIELD_GROUPS, RECORDED
from tui.model.form.form import Form, FormField, without_label

NAMED = "name and record"

GROUPS: Mapping[str, Sequence[str]] = {
    NAMED if group == RECORDED else group[0].lower() + group[1:]: names for group, names in FIELD_GROUPS.items()
}
"""The groups of the form, which has the fields as `--help` does."""

TYPED = tuple(name for name, entry in FIELDS.items() if entry.typed)
"""The fields of a spec that people set."""

NAME, ITERATION = "name", "iteration"
NAME_FIELD = FormField(NAME, "name", "What the list calls the run.", NAMED, optional=True)

KEPT_BY_FORKS = frozenset({
    "strategy", "dataset", "standardize", "dimensions", "hidden_size", "hidden", "channels", "pooling", "normalization",
    "residual",
    "start", "initial_scale", "seed", "metrics",
})  # fmt: skip
"""Fields that a fork takes over from its parent."""

OR_NONE = re.compile(r"[,;] or none(?:: | for )?")
"""How the help of a field says what none means; a form says it of an empty field."""

REPEATED = frozenset({
    "strategy", "objective", "update", "schedule", "step_size", "batch_size", "regularization_strength", "iterations",
    "seed",
})  # fmt: skip
"""Fields that may be changed when a sweep is repeated."""


def field_text(name: str, value: Any) -> str:
    """A field's value as its form shows it: '' for none, 'full' for the full batch."""
    return as_text(value) or ("full" if name == "batch_size" else "")


def grouped() -> list[tuple[str, str]]:
    """Every field of a spec with the title of its group, in the order of the form."""
    return [(name, title) for title, names in GROUPS.items() for name in names]


def run_fields(names: Collection[str]) -> tuple[FormField, ...]:
    """Form fields of these fields of a spec, in their groups."""
    return tuple(_run_field(name, title) for name, title in grouped() if name in names)


def _run_field(name: str, title: str) -> FormField:
    entry = FIELDS[name]
    is_optional = type(None) in entry.domain.types and name != "batch_size"
    return FormField(
        name,
        entry.label,
        _help(entry.help, is_optional),
        title,
        entry.choices,
        open=entry.open or entry.takes_own,
        number=not entry.choices,
        optional=is_optional,
    )


def _help(help_text: str, is_optional: bool) -> str:
    """A field's help as a sentence, with what an empty field means."""
    explanation, none, *_ = [*re.split(OR_NONE, help_text, maxsplit=1), ""] if is_optional else (help_text, "")
    empty = f" Empty: none{f' ({none})' if none else ''}." if is_optional else ""
    return f"{explanation[0].upper()}{explanation[1:]}.{empty}"


def _errors(texts: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The errors of the fields, each without its label."""
    found: dict[str, str] = {}
    for name in names:
        try:
            value = parse_field(name, texts[name])
        except SpecError as error:
            found[name] = without_label(FIELDS[name].label, error.message)
        else:
            if name == "batch_size" and (error_text := batch_sizes.too_many(value, texts["dataset"])):
                found[name] = error_text
    return found


def _applicable(texts: Mapping[str, str], names: Iterable[str]) -> list[str]:
    return [name for name in names if FIELDS[name].applies(texts)]


@dataclass(frozen=True, slots=True)
class NewRunDraft:
    """A new run: `typed` are the texts that were changed, by field; `default` is the store's default spec, if any."""

    default: RunSpec | None = None
    typed: Mapping[str, str] = field(default_factory=dict)

    def _default_texts(self) -> dict[str, str]:
        typed = _parsed(self.typed, DECIDING)
        standardized = _parsed(self.typed, ("standardize",))
        try:
            base = self._base(typed)
        except SpecError:  # the data set is none that the objective takes
            base = self._base({name: value for name, value in typed.items() if name != "dataset"})
        base = base.changed(batch_size=batch_sizes.fitting(base.batch_size, self.typed.get("dataset", base.dataset)))
        base = base.changed(**fitted_defaults(base.changed(**standardized), waits=False))
        return {**{name: field_text(name, getattr(base, name)) for name in FIELDS}, NAME: ""}

    def _base(self, typed: Mapping[str, Any]) -> RunSpec:
        """The default spec for what was typed: the store's, where nothing was that other defaults follow."""
        before = self.default or defaults()
        deciding = {name: getattr(before, name) for name in DECIDING if getattr(before, name) != NO_DATA}
        base = defaults(**{**deciding, **typed})
        if self.default is None or base != defaults(**deciding).changed(dataset=base.dataset):
            return base
        return self.default.changed(dataset=typed["dataset"]) if "dataset" in typed else self.default

    @property
    def texts(self) -> dict[str, str]:
        """The text of every field."""
        return {**self._default_texts(), **self.typed}

    def form(self) -> Form:
        """The form: fields that decide nothing are hidden."""
        texts = self.texts
        names = _applicable(texts, TYPED)
        errors = _errors(texts, names)
        if not errors:
            try:
                self.spec()
            except SpecError as error:
                errors[error.field] = without_label(FIELDS[error.field].label, error.message)
        default_texts = {**self._default_texts(), **_first(self.default)}
        return Form((*run_fields(TYPED), NAME_FIELD), texts, default_texts, errors, {*names, NAME})

    @property
    def named(self) -> frozenset[str]:
        """The fields in which a name was typed here, and not filled in from the store's default spec."""
        typed = {name for name, text in self.typed.items() if text.strip() != str(getattr(self.default, name, ""))}
        return frozenset(name for name in typed if name in FIELDS and FIELDS[name].takes_own)

    def with_text(self, name: str, text: str) -> NewRunDraft:
        """The draft with another text in a field."""
        return replace(self, typed={**self.typed, name: text})

    def with_defaults(self) -> NewRunDraft:
        """The draft with the defaults in all fields."""
        return replace(self, typed={})

    def spec(self) -> RunSpec:
        """The spec. Raises SpecError, naming the field, where a text will not do."""
        texts = self.texts
        return spec_from_fields({name: texts[name] for name in _applicable(texts, TYPED)})


def _parsed(texts: Mapping[str, str], names: Iterable[str]) -> dict[str, Any]:
    """The values of those of the fields whose text is there and will do: one may be half typed."""
    found = {}
    for name in names:
        with suppress(KeyError, SpecError):
            found[name] = parse_field(name, texts[name])
    return found


def _first(default: RunSpec | None) -> dict[str, str]:
    """The defaults of the fields that other defaults follow."""
    base = default or defaults()
    return {name: getattr(base, name) for name in DECIDING}


@dataclass(frozen=True, slots=True)
class ChangeDraft:
    """Changes of a spec `before`, of the fields in `names`.

    A fork has `span`, the iterations of its parent from which it may begin, and begins at `at`. `steered` are the
    parent's step sizes that were set while it went on, as (iteration, step size) in the order of the iterations.
    """

    before: RunSpec
    names: frozenset[str]
    span: tuple[int, int] | None = None
    at: int = 0
    remark: str = ""
    steered: Sequence[tuple[int, float]] = ()
    typed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_fork(
        cls,
        before: RunSpec,
        span: tuple[int, int],
        at: int,
        remark: str = "",
        steered: Sequence[tuple[int, float]] = (),
    ) -> ChangeDraft:
        """The draft of a fork that begins at iteration `at` of its parent."""
        return cls(before, frozenset(TYPED) - KEPT_BY_FORKS, span, at, remark, steered)

    @classmethod
    def of_repetition(cls, before: RunSpec, swept: Collection[str]) -> ChangeDraft:
        """The draft of another sweep of the same values."""
        return cls(before, REPEATED - set(swept))

    def _given(self) -> dict[str, str]:
        """The texts of what is changed: the spec's, with the step size in force where a fork begins."""
        begin = self._begin()
        given = {name: field_text(name, getattr(self.before, name)) for name in FIELDS}
        for at, step_size in self.steered:
            if at <= (self.at if begin is None else begin):
                given["step_size"] = field_text("step_size", step_size)
        return given

    def _default_texts(self) -> dict[str, str]:
        default_texts = self._given()
        if self.span is None:
            return default_texts
        default_texts |= {ITERATION: str(self.at), NAME: ""}
        begin, planned = self._begin(), self.before.iterations
        if begin is not None and planned is not None and planned <= begin:
            default_texts["iterations"] = str(begin + planned)
        return default_texts

    def _begin(self) -> int | None:
        text = self.typed.get(ITERATION, str(self.at)).strip()
        return int(text) if text.isdecimal() else None

    @property
    def texts(self) -> dict[str, str]:
        """The text of every field."""
        return {**self._default_texts(), **self.typed}

    def form(self) -> Form:
        """The form: fields that decide nothing are hidden."""
        texts = self.texts
        names = _applicable(texts, [name for name in FIELDS if name in self.names])
        errors = _errors(texts, names)
        fields = run_fields(self.names)
        if self.span is not None:
            low, high = self.span
            help_text = f"{self.remark}{low:,} to {high:,}: the fork goes on from the weights after this iteration."
            begin = FormField(ITERATION, "from iteration", help_text, "where it begins", number=True)
            fields, names = (begin, *fields, NAME_FIELD), [ITERATION, *names, NAME]
            at = self._begin()
            if at is None or not low <= at <= high:
                errors[ITERATION] = f"a whole number from {low:,} to {high:,}, not {texts[ITERATION].strip()[:20]!r}"
        if not errors:
            try:
                self.before.changed(**{name: parse_field(name, texts[name]) for name in names if name in FIELDS})
            except SpecError as error:
                errors[error.field] = without_label(FIELDS[error.field].label, error.message)
        return Form(fields, texts, self._default_texts(), errors, names)

    def with_text(self, name: str, text: str) -> ChangeDraft:
        """The draft with another text in a field."""
        return replace(self, typed={**self.typed, name: text})

    def with_defaults(self) -> ChangeDraft:
        """The draft with what it began with in all fields."""
        return replace(self, typed={})

    def changes(self) -> dict[str, str]:
        """The texts that differ from what is changed, by field; of a fork, where it begins and its name too."""
        texts, given = self.texts, self._given()
        names = _applicable(texts, [name for name in FIELDS if name in self.names])
        own = {} if self.span is None else {ITERATION: texts[ITERATION].strip(), NAME: texts[NAME].strip()}
        return own | {name: texts[name].strip() for name in names if texts[name].strip() != given[name]}
