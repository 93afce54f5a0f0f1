"""Run SQL: expressions over one row of `RUNS` for the fields of a run's spec, its label and its tags.

They are NULL if the spec is not a JSON object, and for fields that do not apply to the run (the step size of random
search). A field that an older version did not write has its default. A full batch is larger than any number.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.spec import BATCHING, RunSpec
from engine.spec.dataset_names import NO_DATA
from engine.spec.fields import FIELDS
from engine.spec.own_names import OWN
from engine.store.file.sql_functions import CALLED_BY

RUNS = (
    "(SELECT *, CASE WHEN json_valid(spec) THEN CASE json_type(spec) WHEN 'object' THEN spec END END AS facts "
    "FROM runs) AS runs"
)
"""The table `runs` with a column `facts`: the spec if it is a JSON object, else NULL."""

LOST = "(state = 'failed' AND kind <> 'engine' AND times_lost > 0)"
"""SQL condition: the program of a run has ended without a word, which its stored state and this tell for good."""


def literals(values: Iterable[str]) -> str:
    """Trusted words as an SQL list of literals."""
    return ", ".join(_literal(value) for value in sorted(values))


def _literal(value: object) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def _spec_value(name: str, kinds: str) -> str:
    """A field of the spec if it has one of these JSON types; its default if absent, else NULL."""
    default = RunSpec.__dataclass_fields__[name].default
    kind = f"json_type(facts, '$.{name}')"
    return (
        f"CASE WHEN {kind} IN ({kinds}) THEN json_extract(facts, '$.{name}') "
        f"WHEN {kind} IS NULL AND facts IS NOT NULL THEN {_literal(default)} END"
    )


def _if_applicable(name: str, expression: str) -> str:
    field = FIELDS[name]
    needs = dict(field.needs)
    if field.strategies != FIELDS["seed"].strategies:
        needs["strategy"] = field.strategies
    conditions = [_is_among(need, values) for need, values in needs.items()]
    for fitting in field.unless:
        conditions.append(f"NOT ({' AND '.join(_is_among(each, values) for each, values in fitting.items())})")
    return f"(CASE WHEN {' AND '.join(conditions)} THEN {expression} END)" if conditions else f"({expression})"


def _is_among(name: str, values: frozenset[str]) -> str:
    """Whether a text field has one of these values; a name of your own counts as OWN, too."""
    is_one = f"{_spec_value(name, TEXT)} IN ({literals(values)})"
    if OWN not in values:
        return is_one
    return f"({is_one} OR {_spec_value(name, TEXT)} NOT IN ({literals(FIELDS[name].choices)}))"


TEXT = "'text'"
NUMBER = "'integer', 'real'"


def text_of(name: str) -> str:
    """SQL expression of a text field of the spec."""
    return _if_applicable(name, _spec_value(name, TEXT))


def number_of(name: str) -> str:
    """SQL expression of a numeric field of the spec; the step size is the one in force."""
    if name == "batch_size":
        return BATCH_SIZE
    if name == "step_size":
        return _if_applicable(name, f"coalesce(step_size_now, {_spec_value(name, NUMBER)})")
    return _if_applicable(name, _spec_value(name, NUMBER))


STRATEGY = text_of("strategy")
UPDATE = text_of("update")
BATCH_SIZE = (
    f"(CASE WHEN NOT {_is_among('strategy', BATCHING)} OR {_spec_value('dataset', TEXT)} = '{NO_DATA}' "
    f"OR json_type(facts, '$.batch_size') = 'null' THEN 9e999 "
    f"ELSE {_spec_value('batch_size', NUMBER)} END)"
)
_PATHS = ", ".join(f"'$.{name}'" for name in CALLED_BY)
_CALLED_BY = f"json_extract(facts, {_PATHS}), json_type(facts, '$.batch_size')"
LABEL = f"called({_CALLED_BY})"
"""The label of the run's strategy, as a table shows it."""

TAGS = (
    "(SELECT value FROM json_each(CASE WHEN json_valid(tags) THEN CASE json_type(tags) WHEN 'array' THEN tags "
    "ELSE json_array(tags) END ELSE json_array(tags) END))"
)
"""A subquery with one row per tag of the run."""

WORDS = f"(folded(name || char(10) || note) || char(10) || state || char(10) || words({_CALLED_BY}))"
"""The case-folded text that a word is searched in, besides the tags."""
