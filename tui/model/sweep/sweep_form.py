"""SweepForm: the sweep dialog's fields, made from a draft and applied to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from engine.jobs.people.batch_sizes import too_many
from engine.spec import FIELDS, RunSpec, SpecError, as_text
from engine.sweep import SweepPlan, Value
from engine.text import counted
from tui.model.form.form import Form, FormField, without_label
from tui.model.sweep.sweep_draft import KEEPS, MOST_RUNGS, WATCH_PACE, SweepDraft, default_range, short_default_range
from tui.model.sweep.sweep_range import Scale, SweepRange

Start = tuple[RunSpec, int | None]
"""A spec that a sweep may start from, and the run that it belongs to (None: the default spec)."""

SWEPT, SECOND, EACH, RACE = "what is swept", "second parameter", "each run", "race"

SECOND_END = "_2"
"""Ends the names of the fields of the second parameter."""

NO_GRID, FULL_SPEED, NO_RACE = "none", "full speed", "off"
SAME_SEEDS, OTHER_SEEDS = "same seeds", "other seeds"


@dataclass(frozen=True, slots=True)
class SweepForm:
    """A draft with the texts that are not right yet, each with its error. Only its `form` has texts of all fields."""

    draft: SweepDraft
    starts: Sequence[Start]
    wrong: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def form(self) -> Form:
        """The form: fields that decide nothing are hidden."""
        draft = self.draft
        fields = [
            *_range_fields(draft, 0),
            _choice("second", "parameter", "Makes a grid: every value with every value of the other.", SECOND,
                    (NO_GRID, *(_label(name) for name in draft.fields_left(1)))),
            *_range_fields(draft, 1),
            *self._others(),
        ]  # fmt: skip
        texts = {**_texts(draft), **{name: text for name, (text, _) in self.wrong.items()}}
        errors = {**self._plan_error(), **{name: error for name, (_, error) in self.wrong.items()}}
        return Form(tuple(fields), texts, _texts(self._default_draft()), errors, self._shown())

    def _others(self) -> list[FormField]:
        paces = dict.fromkeys((FULL_SPEED, _pace_text(WATCH_PACE), _pace_text(self.draft.base.pace)))
        origins = tuple(origin_name(origin) for _, origin in self.starts)
        rungs = (NO_RACE, *(counted(number, "rung") for number in range(1, MOST_RUNGS + 1)))
        return [
            FormField("iterations", "iterations", "Budget of each run. ← → or [ ] halve and double it.", EACH,
                      number=True, steps=True, optional=True),
            FormField("repeats", "seeds", "Runs for each value, with different seeds.", EACH, number=True, steps=True),
            _choice("fair", "fairness", "Whether all values get the same seeds and mini-batches.", EACH,
                    (SAME_SEEDS, OTHER_SEEDS)),
            _choice("pace", "pace", "At full speed, or slowly, to be watched.", EACH, tuple(paces)),
            _choice("start", "settings of", "Where all other settings come from.", EACH, origins),
            _choice("rungs", "rungs", f"Losers stop early, at each rung. {_race(self.draft)}".strip(), RACE, rungs),
            _choice("keep", "share that goes on", "The share of the values that goes on at each rung.", RACE,
                    tuple(map(_share, KEEPS))),
        ]  # fmt: skip

    def _default_draft(self) -> SweepDraft:
        """The draft with the defaults of the parameters that are swept."""
        draft = self.draft
        base = next((spec for spec, origin in self.starts if origin == draft.origin), draft.base)
        makers = (default_range, short_default_range)
        ranges = tuple(make(base, one.field) for make, one in zip(makers, draft.ranges, strict=False))
        if any(one.field == "batch_size" for one in ranges):
            base = base.changed(pace=None)
        return SweepDraft(base, ranges, draft.origin)

    def _shown(self) -> set[str]:
        shown = {"second", "iterations", "repeats", "fair", "pace", "start", "rungs"}
        for place, one in enumerate(self.draft.ranges):
            names = ("parameter", "scale", "values") if one.scale == "list" else RANGE_NAMES
            shown |= {_named(name, place) for name in names if not (name == "parameter" and place)}
        return shown | {"keep"} if self.draft.rungs else shown

    def _plan_error(self) -> dict[str, str]:
        for place, one in enumerate(self.draft.ranges):
            try:
                one.axis()
            except SpecError as error:
                name = "values" if one.scale == "list" else error.field if error.field in RANGE_NAMES else "low"
                return {_named(name, place): without_label(one.label, error.message)}
            if one.field == "batch_size" and (error_text := self._too_many(one.values())):
                return {_named("values" if one.scale == "list" else "high", place): error_text}
        try:
            self.draft.plan()
        except SpecError as error:
            many = "values" if self.draft.ranges[0].scale == "list" else "count"
            return {{"halving": "rungs", "repeats": "repeats"}.get(error.field, many): error.message}
        return {}

    def _too_many(self, sizes: Sequence[Value]) -> str:
        return next((said for size in sizes if (said := too_many(size, self.draft.base.dataset))), "")

    def plan(self) -> SweepPlan | None:
        """The plan; None while a field is wrong."""
        return None if self.form().errors else self.draft.plan()

    def with_defaults(self) -> SweepForm:
        """The form with the default sweep of its settings."""
        return SweepForm(SweepDraft.of(*self._start_of(self.draft.origin)), self.starts)

    def at(self, place: int) -> SweepForm:
        """The form in which keys change the range at `place`."""
        return replace(self, draft=self.draft.at(place))

    def _start_of(self, origin: int | None) -> Start:
        return next((start for start in self.starts if start[1] == origin), (self.draft.base, origin))

    def with_text(self, name: str, text: str) -> SweepForm:
        """The form with another text in a field; a text that will not do is kept with its error."""
        wrong = {other: why for other, why in self.wrong.items() if other != name}
        try:
            draft = self._applied(name, text)
        except SpecError as error:
            label = self.form().field(name).label
            return replace(self, wrong={**wrong, name: (text, without_label(label, error.message))})
        same = {one: why for one, why in wrong.items() if name not in ("parameter", "scale", "second", "start")}
        shown = SweepForm(draft, self.starts)._shown()  # what another scale or a list hides is wrong no more
        return SweepForm(draft, self.starts, {one: why for one, why in same.items() if one in shown})

    def _applied(self, name: str, text: str) -> SweepDraft:
        plain, place = (name.removesuffix(SECOND_END), 1) if name.endswith(SECOND_END) else (name, 0)
        draft = self.draft.at(place)
        match plain:
            case "parameter":
                return draft.with_field(_field(text))
            case "second":
                return draft.with_second(None if text == NO_GRID else _field(text))
            case "low" | "high":
                return draft.with_end("low" if plain == "low" else "high", text)
            case "count":
                return draft.with_count(text)
            case "scale":
                return draft.with_scale(cast(Scale, text))
            case "values":
                return draft.with_list(text)
            case "iterations":
                return draft.with_iterations(text)
            case "repeats":
                return draft.with_repeats(text)
            case "fair":
                return replace(draft, same_seeds=text == SAME_SEEDS)
            case "pace":
                pace = None if text == FULL_SPEED else float(text.removesuffix("/s"))
                return replace(draft, base=draft.base.changed(pace=pace))
            case "start":
                return draft.on(*next(start for start in self.starts if origin_name(start[1]) == text))
            case "rungs":
                return draft.with_rungs(0 if text == NO_RACE else int(text.split()[0]))
            case _:
                return draft.with_keep(next(keep for keep in KEEPS if _share(keep) == text))

    def stepped(self, name: str, by: int) -> SweepForm:
        """The form with a field one step up or down."""
        plain, place = (name.removesuffix(SECOND_END), 1) if name.endswith(SECOND_END) else (name, 0)
        draft = self.draft.at(place)
        match plain:
            case "low":
                draft = draft.with_low_moved(by)
            case "high":
                draft = draft.with_high_moved(by)
            case "count":
                draft = draft.recounted(by)
            case "iterations":
                draft = draft.lasting(2 * by)
            case "repeats":
                draft = draft.repeated(by)
        return SweepForm(draft, self.starts, {one: why for one, why in self.wrong.items() if one != name})


RANGE_NAMES = ("parameter", "low", "high", "count", "scale", "values")


def _range_fields(draft: SweepDraft, place: int) -> list[FormField]:
    """The fields of one range; those of a second parameter that there is not yet have the first's choices."""
    one = draft.ranges[min(place, len(draft.ranges) - 1)]
    title = SECOND if place else SWEPT
    move = {"log": "a decade", "powers of two": "a factor of two"}.get(one.scale, "a step")

    def number(name: str, label: str, help_text: str) -> FormField:
        return FormField(_named(name, place), label, help_text, title, number=True, steps=True)

    fields = [
        number("low", "low end", f"The lowest value. ← → moves it by {move}, or type it."),
        number("high", "high end", f"The highest value. ← → moves it by {move}, or type it."),
        number("count", "how many", "How many values there are from end to end. + and - change it from any row."),
        _choice(_named("scale", place), "scale", "How the values are spaced.", title, one.scales),
        FormField(_named("values", place), "or these values", "With commas: 1e-3, 0.01, 0.1. Empty: a range.", title,
                  number=True, wide=True),
    ]  # fmt: skip
    if place:
        return fields
    swept = _choice("parameter", "parameter", "What takes several values. ← → chooses.", title,
                    tuple(map(_label, draft.fields_left(0))))  # fmt: skip
    return [swept, *fields]


def _texts(draft: SweepDraft) -> dict[str, str]:
    texts = {
        "second": _label(draft.ranges[1].field) if len(draft.ranges) > 1 else NO_GRID,
        "iterations": "" if draft.base.iterations is None else str(draft.base.iterations),
        "repeats": str(draft.repeats),
        "fair": SAME_SEEDS if draft.same_seeds else OTHER_SEEDS,
        "pace": _pace_text(draft.base.pace),
        "start": origin_name(draft.origin),
        "rungs": counted(draft.rungs, "rung") if draft.rungs else NO_RACE,
        "keep": _share(draft.keep),
    }
    for place in (0, 1):
        one = draft.ranges[min(place, len(draft.ranges) - 1)]
        texts |= {_named(name, place): text for name, text in _range_texts(one).items()}
    return texts


def _range_texts(one: SweepRange) -> dict[str, str]:
    return {
        "parameter": one.label,
        "low": as_text(float(one.low)),
        "high": as_text(float(one.high)),
        "count": str(len(one.values()) or one.count),
        "scale": one.scale,
        "values": one.text if one.scale == "list" else "",
    }


def origin_name(origin: int | None) -> str:
    """The origin of a draft: a run, or the defaults."""
    return "the defaults" if origin is None else f"run {origin}"


def place_of(name: str) -> int:
    """The range that a field belongs to: 1 for the second parameter, else 0."""
    return int(name.endswith(SECOND_END) or name == "second")


def _choice(name: str, label: str, help_text: str, title: str, choices: tuple[str, ...]) -> FormField:
    return FormField(name, label, help_text, title, choices)


def _named(name: str, place: int) -> str:
    return f"{name}{SECOND_END}" if place else name


def _label(name: str) -> str:
    return FIELDS[name].label


def _field(label: str) -> str:
    return next(name for name, entry in FIELDS.items() if entry.label == label)


def _pace_text(pace: float | None) -> str:
    return FULL_SPEED if pace is None else f"{pace:g}/s"


def _share(keep: float) -> str:
    return f"1/{round(1 / keep)}"


def _race(draft: SweepDraft) -> str:
    """Where the rungs are, and what goes on there."""
    if not draft.rungs or draft.base.iterations is None:
        return ""
    rungs = [round(draft.base.iterations * draft.keep**power) for power in range(draft.rungs, 0, -1)]
    return f"At {', '.join(f'{rung:,}' for rung in rungs)} iterations the best {_share(draft.keep)} go on."
