"""RunSpec: everything that defines a run, validated, and converted to and from text fields and JSON."""

from engine.spec.choices import (
    CONVNETS,
    METRICS,
    N_DIMENSIONAL,
    NETWORKS,
    OBJECTIVES,
    SAMPLINGS,
    SCHEDULES,
    TEST_FUNCTIONS,
    UPDATES,
)
from engine.spec.data_defaults import FITTED, fitted
from engine.spec.dataset_names import AMOUNTS, DATASETS, NO_DATA, dataset_parts, is_path
from engine.spec.field import Field
from engine.spec.fields import FIELDS
from engine.spec.own_names import GROUPS, is_own_file, own_parts, short_name
from engine.spec.parsing import DataError, SpecError, as_text, near_match, quoted, sizes_of
from engine.spec.spec import (
    DECIDING,
    RunSpec,
    check_given,
    defaults,
    label,
    parse_field,
    race,
    spec_from_fields,
    spec_from_json,
    typed_text,
    unknown_field,
)
from engine.spec.strategy_kinds import BATCHING, STRATEGIES, STRATEGY_KINDS, StrategyKind

__all__ = [
    "AMOUNTS",
    "BATCHING",
    "CONVNETS",
    "DATASETS",
    "DECIDING",
    "FIELDS",
    "FITTED",
    "GROUPS",
    "METRICS",
    "NETWORKS",
    "NO_DATA",
    "N_DIMENSIONAL",
    "OBJECTIVES",
    "SAMPLINGS",
    "SCHEDULES",
    "STRATEGIES",
    "STRATEGY_KINDS",
    "TEST_FUNCTIONS",
    "UPDATES",
    "DataError",
    "Field",
    "RunSpec",
    "SpecError",
    "StrategyKind",
    "as_text",
    "check_given",
    "dataset_parts",
    "defaults",
    "fitted",
    "is_own_file",
    "is_path",
    "label",
    "near_match",
    "own_parts",
    "parse_field",
    "quoted",
    "race",
    "short_name",
    "sizes_of",
    "spec_from_fields",
    "spec_from_json",
    "typed_text",
    "unknown_field",
]
