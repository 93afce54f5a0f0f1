"""Script plan: the plan of a sweep over a command, from what was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.commands.script_options import NAMES, spec_given
from engine.spec import FIELDS, SpecError, near_match, quoted
from engine.spec.script import ScriptSpec
from engine.sweep import Axis, Halving, SweepPlan, listed, whole

Spacing = Callable[..., Sequence[float]]
SECOND = "second_"


def script_plan(
    words: Sequence[str],
    given: dict[str, Any],
    spacings: Mapping[str, Spacing],
    halving: Halving | None,
    repeats: int,
    own_seeds: bool,
    name: str,
) -> SweepPlan:
    """The plan of a sweep over a command. Raises SpecError, whose message says what does not fit."""
    for field, text in given.items():
        if field in FIELDS and text is not None:
            raise SpecError(field, f"{FIELDS[field].flag} is a setting of runs of the engine; a command has none")
    spec = spec_given(words, {option: given[option] for option in NAMES})
    parameter, second = given["parameter"], given["second"]
    spec, first = _placeholder(spec, parameter)
    axes = [_axis(first, "", given, spacings)]
    if second:
        spec, other = _placeholder(spec, second)
        axes.append(_axis(other, SECOND, given, spacings))
    values = {key: value for key, value in spec.values.items() if key not in [axis.field for axis in axes]}
    values |= {axis.field: axis.values[0] for axis in axes if axis.values[0] is not None}
    return SweepPlan(
        base=spec.changed(**values),
        axes=tuple(axes),
        repeats=repeats,
        same_seeds=not own_seeds,
        halving=halving,
        name=name,
        metric=given["metric"],
        highest=given["highest"],
    )


def _placeholder(spec: ScriptSpec, typed: str | None) -> tuple[ScriptSpec, str]:
    """The spec in which a parameter is a placeholder, and its name: one in braces, or an option with a number."""
    if typed is None:
        free = [name for name in spec.placeholders if name not in spec.values and name != "seed"]
        if len(free) != 1:
            raise SpecError("parameter", "name what differs with --parameter: a name in braces, or an option")
        return spec, free[0]
    name = typed.strip().lstrip("-")
    for each in (spec, spec.adjustable()):
        if name in each.placeholders:
            return each, name
    known = spec.adjustable().placeholders
    there = f"; it has {', '.join(known)}" if known else ""
    raise SpecError(
        "parameter", f"the command has no {{{quoted(name)[1:-1]}}} and no such option{there}{near_match(name, known)}"
    )


def _axis(name: str, prefix: str, given: Mapping[str, Any], spacings: Mapping[str, Spacing]) -> Axis:
    kinds = [kind for kind in (*spacings, "values") if given.get(f"{prefix}{kind}")]
    if len(kinds) != 1:
        ways = " or ".join(f"--{prefix}{kind}".replace("_", "-") for kind in (*spacings, "values"))
        raise SpecError(name, f"{name}: give its values {'with' if not kinds else 'in one way only, with'} {ways}")
    found = given[f"{prefix}{kinds[0]}"]
    if kinds[0] == "values":
        return Axis(name, listed(found, name, of_script=True), of_script=True)
    values = spacings[kinds[0]](*found)
    are_whole = all(float(value).is_integer() for value in values)
    return Axis(name, whole(values) if are_whole else tuple(values), of_script=True)
