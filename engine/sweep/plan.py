"""SweepPlan: everything that defines a sweep, its runs in order, and the plans made from it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from engine.spec import (
    DECIDING,
    RunSpec,
    defaults,
    spec_from_fields,
    spec_from_json,
    typed_text,
    unknown_field,
)
from engine.spec.fields import FIELDS
from engine.spec.parsing import SpecError
from engine.spec.script import SEED, ScriptSpec, parse_value, script_from_json
from engine.sweep.axis import (
    Axis,
    Value,
    check_count,
    linear_values,
    log_values,
    rounded,
    sort_key,
    value_text,
    whole,
)
from engine.sweep.halving import Halving

MOST_AXES = 2


@dataclass(frozen=True, slots=True)
class SweepMember:
    """One run of a sweep: its spec, its value on each axis, and the number of its repetition, from 0."""

    base: RunSpec | ScriptSpec
    values: tuple[Value, ...]
    repeat: int

    @property
    def spec(self) -> RunSpec:
        """Its spec, of a sweep over runs of the engine."""
        return _of_the_engine(self.base)


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """Everything that defines a sweep; two axes make a grid.

    With `same_seeds` every value gets the same seeds (`base.seed` and the following numbers), hence the same draws and
    mini-batches; else each run has its own seed. `parent_id` is the sweep that this one refines, repeats or widens.
    A sweep over a script varies placeholders of its command, and ranks by the newest value of a `metric` ('': its
    loss), the lowest unless `highest`.
    Raises SpecError if any run of it would be invalid.
    """

    base: RunSpec | ScriptSpec
    axes: tuple[Axis, ...]
    repeats: int = 1
    same_seeds: bool = True
    halving: Halving | None = None
    parent_id: int | None = None
    name: str = ""
    metric: str = ""
    highest: bool = False

    def __post_init__(self) -> None:
        fields = [axis.field for axis in self.axes]
        if not 1 <= len(fields) <= MOST_AXES or len(set(fields)) < len(fields):
            raise SpecError("axes", "a sweep varies one field of a run, or two different ones")
        for axis in self.axes:
            if isinstance(self.base, ScriptSpec):
                _check_placeholder(axis, self.base)
            elif axis.of_script or (axis.field != "seed" and not FIELDS[axis.field].applies(asdict(self.base))):
                raise SpecError(axis.field, _no_effect(axis, self.base))
        if self.repeats < 1:
            raise SpecError("repeats", f"repeats: must be at least 1, not {self.repeats}")
        if self.repeats > 1 and SEED in fields:
            raise SpecError("repeats", "repeats differ in their seeds; a sweep over seeds cannot have them")
        check_count(self.size, "repeats" if self.repeats > 1 else fields[0])
        if self.halving is not None and isinstance(self.base, RunSpec):
            _check_rungs(self.halving, self.base.iterations)
        for member in self.members():
            if isinstance(member.base, ScriptSpec):
                _ = member.base.words

    @property
    def size(self) -> int:
        """The number of runs."""
        return math.prod(len(axis.values) for axis in self.axes) * self.repeats

    @property
    def spec(self) -> RunSpec:
        """What the runs have in common, of a sweep over runs of the engine."""
        return _of_the_engine(self.base)

    @property
    def script(self) -> ScriptSpec | None:
        """The command of a sweep over a script; None of one over runs of the engine."""
        return self.base if isinstance(self.base, ScriptSpec) else None

    @property
    def measure(self) -> str:
        """What its values are ranked by, in words."""
        return "train loss" if self.script is None else self.metric or "loss"

    @property
    def label(self) -> str:
        """Its name, or else each axis with its range, such as 'step size 0.01 to 1'."""
        return self.name or " x ".join(
            f"{axis.label} {value_text(axis.ordered[0])} to {value_text(axis.ordered[-1])}" for axis in self.axes
        )

    def members(self) -> tuple[SweepMember, ...]:
        """Return every run, ordered to cover the range early (see `spread`); repetitions come last."""
        cells = _cells([len(axis.values) for axis in self.axes])
        ranked = [axis.ordered for axis in self.axes]
        chosen = [tuple(ranked[i][place] for i, place in enumerate(cell)) for cell in cells]
        return tuple(self._member(values, repeat) for repeat in range(self.repeats) for values in chosen)

    def values_of(self, spec: RunSpec | ScriptSpec) -> tuple[Value, ...]:
        """Return a spec's value on each axis."""
        return tuple(axis.of(spec) for axis in self.axes)

    def widened(self, values: Sequence[Value]) -> SweepPlan:
        """Return this sweep with more values on its first axis and unchanged old runs. Raises SpecError if invalid."""
        first = self.axes[0]
        return replace(self, axes=(replace(first, values=(*first.values, *values)), *self.axes[1:]))

    def changed(self, changes: Mapping[str, str]) -> SweepPlan:
        """Return this sweep with some fields of its base changed, given as text, and without its name.

        Base fields at their defaults take the defaults of the new strategy, objective and data set.
        Raises SpecError for a field that the sweep varies, an unknown field or an invalid value.
        """
        for axis in self.axes:
            if axis.field in changes:
                raise SpecError(axis.field, f"{axis.label} is what the sweep varies; give it other values instead")
        if isinstance(self.base, ScriptSpec):
            values = {name: parse_value(text) for name, text in changes.items()}
            return replace(self, base=self.base.changed(**values), name="")
        unknown_field(changes)
        before = defaults(self.base.strategy, self.base.objective, self.base.dataset)
        non_defaults = {
            name: typed_text(name, getattr(self.base, name))
            for name in FIELDS
            if name in DECIDING or getattr(self.base, name) != getattr(before, name)
        }
        return replace(self, base=spec_from_fields({**non_defaults, **changes}), name="")

    def to_json(self) -> str:
        """Return the plan as a JSON object."""
        return json.dumps(
            {
                "base": asdict(self.base) if isinstance(self.base, RunSpec) else json.loads(self.base.to_json()),
                "kind": "engine" if isinstance(self.base, RunSpec) else "script",
                "metric": self.metric,
                "highest": self.highest,
                "axes": [{"field": axis.field, "values": list(axis.values)} for axis in self.axes],
                "repeats": self.repeats,
                "same_seeds": self.same_seeds,
                "halving": self.halving and {"rungs": list(self.halving.rungs), "keep": self.halving.keep},
                "parent_id": self.parent_id,
                "name": self.name,
            }
        )

    @staticmethod
    def from_json(text: str) -> SweepPlan:
        """Parse the output of `to_json`. Raises SpecError for anything else."""
        try:
            found = json.loads(text)
            halving = found.get("halving")
            is_script = found.get("kind") == "script"
            read = script_from_json if is_script else spec_from_json
            return SweepPlan(
                base=read(json.dumps(found["base"])),
                axes=tuple(
                    Axis(axis["field"], tuple(map(_number, axis["values"])), is_script) for axis in found["axes"]
                ),
                repeats=int(found.get("repeats", 1)),
                same_seeds=bool(found.get("same_seeds", True)),
                halving=None if halving is None else Halving(tuple(halving["rungs"]), halving["keep"]),
                parent_id=None if found.get("parent_id") is None else int(found["parent_id"]),
                name=str(found.get("name", "")),
                metric=str(found.get("metric", "")),
                highest=bool(found.get("highest", False)),
            )
        except SpecError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SpecError("plan", f"the plan of the sweep cannot be read: {error}") from None

    def _member(self, values: tuple[Value, ...], repeat: int) -> SweepMember:
        changes: dict[str, Any] = {axis.field: value for axis, value in zip(self.axes, values, strict=True)}
        if isinstance(self.base, ScriptSpec):
            if SEED in self.base.placeholders and SEED not in changes:
                first = self.base.values.get(SEED, 0)
                number = repeat if self.same_seeds else self._number(values, repeat)
                changes[SEED] = (first if isinstance(first, int) else 0) + number
            return SweepMember(self.base.changed(**changes), values, repeat)
        if "seed" not in changes:
            changes["seed"] = self.base.seed + (repeat if self.same_seeds else self._number(values, repeat))
        return SweepMember(self.base.changed(**changes), values, repeat)

    def _number(self, values: tuple[Value, ...], repeat: int) -> int:
        """Return a distinct number for each run, which does not change when the first axis gets more values."""
        number = 0
        for axis, value in zip(self.axes, values, strict=True):
            number = number * len(axis.values) + axis.values.index(value)
        return number * self.repeats + repeat


def _of_the_engine(spec: RunSpec | ScriptSpec) -> RunSpec:
    assert isinstance(spec, RunSpec), "a sweep over a script has no spec of the engine"
    return spec


def refine(plan: SweepPlan, best: Sequence[Value] | Value) -> SweepPlan:
    """Return a sweep with the same number of values over one third of the range around the best (one per axis).

    Logarithmic axes stay logarithmic. An end that the field does not accept stays at the old end.
    Raises SpecError if there is nothing between the values.
    """
    values = tuple(best) if isinstance(best, (tuple, list)) else (best,)
    axes = tuple(_narrowed(axis, value) for axis, value in zip(plan.axes, values, strict=True))
    return replace(plan, axes=axes, name="")


def spread(count: int) -> tuple[int, ...]:
    """Order 0 ... count - 1 to cover the range early: the ends, then the middle of each gap, level by level."""
    order = list(dict.fromkeys((0, count - 1)))[:count]
    gaps = [(0, count - 1)]
    for low, high in gaps:
        if high - low > 1:
            middle = (low + high) // 2
            order.append(middle)
            gaps += [(low, middle), (middle, high)]
    return tuple(order)


def _cells(counts: Sequence[int]) -> list[tuple[int, ...]]:
    """Return the grid cells, one index per axis; cells early in the `spread` of every axis come first."""
    orders = [spread(count) for count in counts]
    cells: list[tuple[int, ...]] = [()]
    for order in orders:
        cells = [(*cell, rank) for cell in cells for rank in range(len(order))]
    cells.sort(key=lambda cell: (max(cell), sum(cell), cell))
    return [tuple(order[rank] for order, rank in zip(orders, cell, strict=True)) for cell in cells]


def _narrowed(axis: Axis, best: Value) -> Axis:
    numbers = [sort_key(value) for value in axis.ordered if value is not None]
    if best is None or best not in axis.values or len(numbers) < 2:
        raise SpecError(axis.field, f"{axis.label}: there is nothing to refine around {value_text(best)}")
    low, high = numbers[0], numbers[-1]
    if axis.logarithmic:
        factor = (high / low) ** (1 / 6)
        ends, between = (best / factor, best * factor), log_values
    else:
        ends, between = (best - (high - low) / 6, best + (high - low) / 6), linear_values
    ends = (_accepted(axis, ends[0], low), _accepted(axis, ends[1], high))
    computed = between(*ends, len(numbers))
    made = tuple(rounded(value) for value in computed)
    values = whole(made) if axis.is_whole else made
    if len(set(values)) < 2 or len(set(values)) < len(values):
        raise SpecError(axis.field, f"{axis.label}: there is nothing left between {best:g} and its neighbours")
    return replace(axis, values=values)


def _accepted(axis: Axis, value: float, otherwise: float) -> float:
    if axis.of_script:
        return value if value > 0 or min(map(sort_key, axis.values)) <= 0 else otherwise
    try:
        FIELDS[axis.field].check(whole([value])[0] if axis.is_whole else value)
    except SpecError:
        return otherwise
    return value


def _check_rungs(halving: Halving, iterations: int | None) -> None:
    if iterations is None:
        raise SpecError("halving", "rungs are iterations; give the runs a budget in iterations")
    if halving.rungs[-1] >= iterations:
        raise SpecError(
            "halving", f"rungs: {halving.rungs[-1]:,} is not before the end of a run of {iterations:,} iterations"
        )


def _check_placeholder(axis: Axis, base: ScriptSpec) -> None:
    if not axis.of_script or axis.field not in base.placeholders:
        there = ", ".join(f"{{{name}}}" for name in base.placeholders) or "none"
        raise SpecError(axis.field, f"there is no {{{axis.field}}} in the command to sweep; it has {there}")


def _no_effect(axis: Axis, base: RunSpec) -> str:
    field = FIELDS[axis.field]
    if base.strategy not in field.strategies:
        return f"{axis.label} decides nothing in {base.strategy}; it takes {' or '.join(sorted(field.strategies))}"
    name = field.obstacle(asdict(base)) or "strategy"
    fit = field.needs.get(name, frozenset())
    takes = f"; it takes {' or '.join(sorted(fit))}" if fit else ""
    return f"{axis.label} decides nothing with {FIELDS[name].label} {getattr(base, name)}{takes}"


def _number(value: Any) -> Value:
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise ValueError(f"{value!r} is not a number")
    return value
