"""Field groups: the fields of a run by what they decide, for people who read all of them."""

from __future__ import annotations

from engine.spec.field import Field
from engine.spec.fields import FIELDS

MINIMISED, HOW, HOW_LONG, RECORDED = "What is minimised", "How", "How long", "What is recorded"

NAMED = {
    MINIMISED: frozenset(
        {"objective", "dimensions", "dataset", "standardize", "regularization_strength", "regularize_bias"}
    ),
    HOW: frozenset({"start"}),
    HOW_LONG: frozenset({"iterations", "seconds", "patience", "divergence_factor", "pace"}),
    RECORDED: frozenset({"metrics"}),
}


def group_of(field: Field) -> str:
    """The group of a field; what belongs to an objective is a part of what is minimised."""
    named = next((group for group, names in NAMED.items() if field.name in names), None)
    return named or (MINIMISED if "objective" in field.needs else HOW)


FIELD_GROUPS: dict[str, tuple[str, ...]] = {
    group: tuple(name for name, field in FIELDS.items() if field.typed and group_of(field) == group)
    for group in (MINIMISED, HOW, HOW_LONG, RECORDED)
}
"""Names of fields by group; every field of a run that people set is in one."""

GROUP_OF = {name: group for group, names in FIELD_GROUPS.items() for name in names}
"""The group of each field, in the order of the groups."""
