"""What a run answers when it is asked for something, in SQL: each expression is about one row of `RUNS`.

A spec that is no JSON object answers nothing; a field that an older version did not write has its default; a field that
decides nothing in a run (the step size of random search) is missing there. A full batch is larger than any number.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.spec import BATCHING, RunSpec
from engine.spec.fields import FIELDS
from engine.store.file.sql_functions import CALLED_BY

RUNS = (
    "(SELECT *, CASE WHEN json_valid(spec) THEN CASE json_type(spec) WHEN 'object' THEN spec END END AS facts "
    "FROM runs) AS runs"
)
"""The table `runs` with `facts`: the spec where it can be read."""


def literals(values: Iterable[str]) -> str:
    """Words of our own as a list in SQL."""
    return ", ".join(_literal(value) for value in sorted(values))


def _literal(value: object) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def _written(name: str, kinds: str) -> str:
    """A field as it is written in the spec, where it is of these kinds of JSON; its default where it is not written."""
    default = RunSpec.__dataclass_fields__[name].default
    kind = f"json_type(facts, '$.{name}')"
    return (
        f"CASE WHEN {kind} IN ({kinds}) THEN json_extract(facts, '$.{name}') "
        f"WHEN {kind} IS NULL AND facts IS NOT NULL THEN {_literal(default)} END"
    )


def _where_it_decides(name: str, expression: str) -> str:
    field = FIELDS[name]
    needs = dict(field.needs)
    if field.strategies != FIELDS["seed"].strategies:
        needs["strategy"] = field.strategies
    conditions = [f"{_written(need, TEXT)} IN ({literals(values)})" for need, values in needs.items()]
    return f"(CASE WHEN {' AND '.join(conditions)} THEN {expression} END)" if conditions else f"({expression})"


TEXT = "'text'"
NUMBER = "'integer', 'real'"


def text_of(name: str) -> str:
    """A field of the spec that is a word."""
    return _where_it_decides(name, _written(name, TEXT))


def number_of(name: str) -> str:
    """A field of the spec that is a number; the step size is the one in force."""
    if name == "batch_size":
        return BATCH_SIZE
    if name == "step_size":
        return _where_it_decides(name, f"coalesce(step_size_now, {_written(name, NUMBER)})")
    return _where_it_decides(name, _written(name, NUMBER))


STRATEGY = text_of("strategy")
UPDATE = text_of("update")
BATCH_SIZE = (
    f"(CASE WHEN {STRATEGY} NOT IN ({literals(BATCHING)}) OR json_type(facts, '$.batch_size') = 'null' THEN 9e999 "
    f"ELSE {_written('batch_size', NUMBER)} END)"
)
_PATHS = ", ".join(f"'$.{name}'" for name in CALLED_BY)
_CALLED_BY = f"json_extract(facts, {_PATHS}), json_type(facts, '$.batch_size')"
LABEL = f"called({_CALLED_BY})"
"""What the run's strategy is called in a table."""

GIVEN_NAME = f"nullif(name, {LABEL})"
"""The name that a person gave the run."""

TAGS = (
    "(SELECT value FROM json_each(CASE WHEN json_valid(tags) THEN CASE json_type(tags) WHEN 'array' THEN tags "
    "ELSE json_array(tags) END ELSE json_array(tags) END))"
)
"""The run's tags, as rows."""

WORDS = f"(folded(name || char(10) || note) || char(10) || state || char(10) || words({_CALLED_BY}))"
"""Where a word is looked for, besides the tags: folded."""
